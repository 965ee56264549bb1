#!/bin/busybox sh
# The first program of the guest: mounts the host's file system, writable for the guest alone.
export PATH=/bin
for name in insmod mount mkdir cat sed base64 switch_root; do busybox ln -s busybox /bin/$name; done
for file in /*.ko; do insmod $file; done
mount -t proc proc /proc
mount -t tmpfs -o size=75% tmpfs /upper
mkdir -p /lower/root /upper/data /upper/work
mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose root /lower/root
mount -t overlay -o lowerdir=/lower/root,upperdir=/upper/data,workdir=/upper/work overlay /root
mkdir -p /lower/modules /root/lib/modules
mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose modules /lower/modules
mount --bind /lower/modules /root/lib/modules
export COMMAND="$(sed 's/.*\bcommand=\([^ ]*\).*/\1/' /proc/cmdline | base64 -d)"
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec /bin/switch_root /root /bin/sh -c "$(cat /start)"

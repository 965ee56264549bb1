#!/bin/busybox sh
# The first program of the guest: mounts its file system, and what else the host shares.
export PATH=/bin
for name in insmod mount mkdir cat sed base64 switch_root; do busybox ln -s busybox /bin/$name; done
for file in /*.ko; do insmod $file; done
mount -t proc proc /proc
mount -t tmpfs -o size=75% tmpfs /upper
show() { # TAG DIRECTORY: what the host shares, writable for the guest alone
  mkdir -p /lower/$1 /upper/$1/data /upper/$1/work $2
  mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose $1 /lower/$1
  mount -t overlay -o lowerdir=/lower/$1,upperdir=/upper/$1/data,workdir=/upper/$1/work overlay $2
}
word() { # NAME: a word of the kernel's command line
  sed "s/.*\b$1=\([^ ]*\).*/\1/" /proc/cmdline | base64 -d
}
show root /root
[ -z "$(word share)" ] || show share /root$(word share)
mkdir -p /lower/modules /root/lib/modules
mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose modules /lower/modules
mount --bind /lower/modules /root/lib/modules
export COMMAND="$(word command)"
unset share
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec /bin/switch_root /root /bin/sh -c "$(cat /start)"

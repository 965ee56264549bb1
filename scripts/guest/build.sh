#!/bin/bash
# build.sh PACKAGE DIRECTORY ROOT OPTION...: the kernel of a Debian package, its modules, and an
# initial file system that mounts ROOT, which is the host's or one of the kernel's architecture, and
# runs a command there. The options are apt-get's. No privilege is needed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
package=$1
root=$3
cd "$2"
shift 3
apt-get "$@" download -qq "$package"
dpkg -x ./*.deb .
rm ./*.deb
version=$(ls lib/modules)
depmod -b . "$version"
mkdir -p init/bin init/proc init/lower init/upper init/root
cp "$root/bin/busybox" init/bin/busybox
ln -s busybox init/bin/sh
# In the order in which they are to be inserted; what is built in has no file.
for module in virtio_pci 9pnet_virtio 9p overlay; do
  modprobe -d . -S "$version" --show-depends "$module"
done | awk '/^insmod/ && !seen[$2]++ { print $2 }' > list
number=100
while read -r file; do
  case $file in *.xz) xz -dc "$file" ;; *) cat "$file" ;; esac > init/$((number++)).ko
done < list
cp "$here/init.sh" init/init
cp "$here/start.sh" init/start
chmod +x init/init
(cd init && find . | cpio -o -H newc --quiet | gzip -1) > initrd.partial
mv initrd.partial initrd

#!/bin/bash
# root.sh DIRECTORY: a file system of Debian for arm64, unpacked and never run on the host, made at
# the first time; prints the options that let apt-get and apt-cache see arm64's packages, which
# leave the host's apt as it is.
set -euo pipefail
root=$1
state=$root.apt
packages=(
  bash busybox-static coreutils ethtool findutils gawk gcc grep gzip hostname iproute2 iputils-ping
  kmod libc6-dev libpcap0.8 libstdc++6 mount netbase procps python3 python3-minimal sed socat strace
  tar tcpdump util-linux
)
if [ ! -e "$state/made" ]; then
  rm -rf "$root"
  mkdir -p "$root" "$state"
  mapfile -t sources < <(
    find /etc/apt/sources.list /etc/apt/sources.list.d -type f -size +1c \
      \( -name "*.list" -o -name "*.sources" \) 2>/dev/null
  )
  mmdebstrap --quiet --variant=extract --arch=arm64 \
    --include="$(IFS=,; echo "${packages[*]}")" \
    "$(. /etc/os-release; echo "$VERSION_CODENAME")" "$root" "${sources[@]}" >&2
  # What the packages' own scripts would have done.
  ln -sf bash "$root/bin/sh"
  ln -sf gawk "$root/usr/bin/awk"
  mkdir -p "$root"/run "$root"/root "$root"/tmp
  chmod 1777 "$root/tmp"
  printf 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/:/bin/false\n' \
    > "$root/etc/passwd"
  printf 'root:x:0:\nnogroup:x:65534:\n' > "$root/etc/group"
  printf '127.0.0.1 localhost\n::1 localhost ip6-localhost\n' > "$root/etc/hosts"
  touch "$state/made"
fi
options=(
  -o APT::Architecture=arm64 -o APT::Architectures::=arm64
  -o "Dir::State=$state" -o "Dir::Cache=$state" -o "Dir::State::status=$state/status"
)
if [ ! -e "$state/status" ]; then
  mkdir -p "$state/lists/partial" "$state/archives/partial"
  : > "$state/status"
  apt-get "${options[@]}" update -qq >&2
fi
echo "${options[*]}"

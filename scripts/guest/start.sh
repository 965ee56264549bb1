mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm; mount -t devpts devpts /dev/pts; mount -t tmpfs shm /dev/shm
mount -t cgroup2 cgroup /sys/fs/cgroup; mount -t tmpfs run /run
mkdir -p /dev/net; [ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
ln -s /proc/self/fd /dev/fd; stty -F /dev/console -onlcr
ip link set lo up; echo guest > /proc/sys/kernel/hostname
# What Debian does not load by itself.
modprobe -q -a tipc vsock_loopback dccp_ipv4 dccp_ipv6
setsid -w bash -c "$COMMAND" < /dev/null > /dev/console 2>&1
printf "\n<status $?>\n" > /dev/console
sync; echo o > /proc/sysrq-trigger; while :; do sleep 1; done

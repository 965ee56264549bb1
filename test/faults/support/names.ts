// By which names errors call the system calls: their own, or that of the call which made them.

/** Calls that wait: what they make on the way fails in their name. */
const WAITING = "accept|connect|recv|recvfrom|recvmsg|recvmmsg|send|sendto|sendmsg|sendmmsg|poll";
const FILES = "read|readv|write|writev";
const LISTS = "getifaddrs|if_nametoindex|if_indextoname|if_nameindex|rtnetlink RTM_GETLINK";

const names: Readonly<Record<string, RegExp>> = {
  accept4: /^accept$/,
  calloc: /^getaddrinfo$/,
  clock_gettime: new RegExp(`^(${WAITING}|${FILES})$`),
  epoll_create1: /^epoll_ctl$/,
  epoll_pwait: /^epoll_wait$/,
  fcntl: new RegExp(`^(fcntl|getaddrinfo|${WAITING}|${FILES})$`),
  getsockopt: new RegExp(`^(getsockopt|capture|${WAITING}|${FILES})$`),
  ioctl: new RegExp(`^(ioctl( [A-Z]+)?|sockatmark|ETHTOOL_\\w+|${LISTS})$`),
  malloc: /^getaddrinfo$/,
  mmap: /^mmap$/,
  openat: /^open$/,
  ppoll: new RegExp(`^(${WAITING}|${FILES})$`),
  pthread_create: /^(pthread_create|getaddrinfo)$/,
  preadv2: /^(read|readv|recv)$/,
  pwritev2: /^(write|writev|send)$/,
  readv: /^(read|readv|recv)$/,
  recvmsg: /^(recvmsg|recvmmsg)$/,
  recvfrom: new RegExp(`^(recv|recvfrom|recvmsg|${LISTS})$`),
  sendmsg: /^(sendmsg|sendmmsg|writev|write)$/,
  sendto: new RegExp(`^(send|sendto|sendmmsg|${LISTS})$`),
  setsockopt: new RegExp(`^(setsockopt|${WAITING})$`),
  socket: new RegExp(`^(socket|${LISTS})$`),
  socketpair: /^(socketpair|getaddrinfo)$/,
  writev: /^(write|writev|send)$/,
};

/** Whether an error may call a failed system call so. */
export function isNamed(call: string, syscall: string): boolean {
  return names[call]?.test(syscall) ?? call === syscall;
}

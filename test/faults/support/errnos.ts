// What each call that the library makes can fail with: the ERRORS of its page in section 2 of the
// manual, and what the pages of section 7 add for the families and devices that we use.

const socketErrors = ["EBADF", "ENOTSOCK"] as const;
const sending = [
  ...["EACCES", "EAGAIN", "EALREADY", "EBADF", "ECONNRESET", "EDESTADDRREQ", "EFAULT", "EINTR"],
  ...["EINVAL", "EISCONN", "EMSGSIZE", "ENOBUFS", "ENOMEM", "ENOTCONN", "ENOTSOCK", "EOPNOTSUPP"],
  ...["EPIPE", "EHOSTUNREACH", "ENETDOWN", "ENETUNREACH", "EPERM"],
];
const receiving = [
  ...["EAGAIN", "EBADF", "ECONNREFUSED", "EFAULT", "EINTR", "EINVAL", "ENOMEM", "ENOTCONN"],
  ...["ENOTSOCK", "ECONNRESET", "EHOSTUNREACH", "ENETDOWN", "ENOBUFS"],
];
const reading = [
  ...["EAGAIN", "EBADF", "EFAULT", "EINTR", "EINVAL", "EIO", "EISDIR", "ENOTCONN", "EOPNOTSUPP"],
  "EBADFD",
];
const writing = [
  ...["EAGAIN", "EBADF", "EDESTADDRREQ", "EDQUOT", "EFAULT", "EFBIG", "EINTR", "EINVAL", "EIO"],
  ...["ENOBUFS", "ENOSPC", "EPERM", "EPIPE", "EOPNOTSUPP"],
];
const opening = [
  ...["EACCES", "EBUSY", "EFAULT", "EFBIG", "EINTR", "EINVAL", "EISDIR", "ELOOP", "EMFILE"],
  ...["ENAMETOOLONG", "ENFILE", "ENODEV", "ENOENT", "ENOMEM", "ENOSPC", "ENOTDIR", "ENXIO"],
  ...["EOVERFLOW", "EPERM", "EROFS", "ETXTBSY", "EAGAIN"],
];
const options = ["EBADF", "EFAULT", "EINVAL", "ENOPROTOOPT", "ENOTSOCK"];

export const errnos: Readonly<Record<string, readonly string[]>> = {
  accept4: [
    ...["EAGAIN", "EBADF", "ECONNABORTED", "EFAULT", "EINTR", "EINVAL", "EMFILE", "ENFILE"],
    ...["ENOBUFS", "ENOMEM", "ENOSR", "ENOTSOCK", "EOPNOTSUPP", "EPERM", "EPROTO"],
    ...["EPROTONOSUPPORT", "ESOCKTNOSUPPORT", "ETIMEDOUT", "ENETDOWN", "ENOPROTOOPT"],
    ...["EHOSTDOWN", "ENONET", "EHOSTUNREACH", "ENETUNREACH"],
  ],
  bind: [
    ...["EACCES", "EADDRINUSE", "EADDRNOTAVAIL", "EBADF", "EFAULT", "EINVAL", "ELOOP"],
    ...["ENAMETOOLONG", "ENODEV", "ENOENT", "ENOMEM", "ENOTDIR", "ENOTSOCK", "EROFS", "EPERM"],
  ],
  clock_gettime: ["EACCES", "EFAULT", "EINVAL", "ENODEV", "ENOTSUP", "EPERM"],
  close: ["EBADF", "EDQUOT", "EINTR", "EIO", "ENOSPC"],
  connect: [
    ...["EACCES", "EADDRINUSE", "EADDRNOTAVAIL", "EAFNOSUPPORT", "EAGAIN", "EALREADY", "EBADF"],
    ...["ECONNREFUSED", "EFAULT", "EINPROGRESS", "EINTR", "EISCONN", "ENETUNREACH", "ENOTSOCK"],
    ...["EPERM", "EPROTOTYPE", "ETIMEDOUT", "EHOSTUNREACH", "ECONNABORTED", "EINVAL"],
  ],
  epoll_create1: ["EINVAL", "EMFILE", "ENFILE", "ENOMEM"],
  epoll_ctl: ["EBADF", "EEXIST", "EINVAL", "ELOOP", "ENOENT", "ENOMEM", "ENOSPC", "EPERM"],
  epoll_pwait: ["EBADF", "EFAULT", "EINTR", "EINVAL"],
  eventfd2: ["EINVAL", "EMFILE", "ENFILE", "ENODEV", "ENOMEM"],
  fcntl: ["EACCES", "EAGAIN", "EBADF", "EBUSY", "EINVAL", "EMFILE", "EPERM"],
  getpeername: [...socketErrors, "EFAULT", "EINVAL", "ENOBUFS", "ENOTCONN"],
  getsockname: [...socketErrors, "EFAULT", "EINVAL", "ENOBUFS"],
  getsockopt: options,
  ioctl: [
    ...["EBADF", "EFAULT", "EINVAL", "ENOTTY", "EBUSY", "ENODEV", "ENOMEM", "EOPNOTSUPP"],
    ...["EPERM", "EADDRNOTAVAIL"],
  ],
  listen: [...socketErrors, "EADDRINUSE", "EOPNOTSUPP"],
  mmap: [
    ...["EACCES", "EAGAIN", "EBADF", "EEXIST", "EINVAL", "ENFILE", "ENODEV", "ENOMEM"],
    ...["EOVERFLOW", "EPERM", "ETXTBSY"],
  ],
  munmap: ["EINVAL", "ENOMEM"],
  open: opening,
  openat: [...opening, "EBADF"],
  ppoll: ["EFAULT", "EINTR", "EINVAL", "ENOMEM"],
  preadv2: reading,
  pwritev2: writing,
  readlink: ["EACCES", "EFAULT", "EINVAL", "EIO", "ELOOP", "ENAMETOOLONG", "ENOENT", "ENOTDIR"],
  readlinkat: ["EACCES", "EBADF", "EFAULT", "EINVAL", "EIO", "ELOOP", "ENOENT", "ENOTDIR"],
  readv: reading,
  recvfrom: receiving,
  recvmmsg: receiving,
  recvmsg: receiving,
  rt_sigprocmask: ["EFAULT", "EINVAL"],
  sendmmsg: sending,
  sendmsg: sending,
  sendto: sending,
  setns: ["EBADF", "EINVAL", "ENOMEM", "EPERM", "ESRCH"],
  setsockopt: [...options, "ENOMEM", "ENOBUFS", "EPERM", "ENODEV", "EBUSY"],
  shutdown: [...socketErrors, "EINVAL", "ENOTCONN"],
  socket: [
    ...["EACCES", "EAFNOSUPPORT", "EINVAL", "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EPERM"],
    ...["EPROTONOSUPPORT", "ESOCKTNOSUPPORT"],
  ],
  socketpair: ["EAFNOSUPPORT", "EFAULT", "EMFILE", "ENFILE", "EOPNOTSUPP", "EPROTONOSUPPORT"],
  statx: ["EACCES", "EBADF", "EFAULT", "EINVAL", "ELOOP", "ENAMETOOLONG", "ENOENT", "ENOTDIR"],
  writev: writing,
  // Of the C library.
  calloc: ["ENOMEM"],
  malloc: ["ENOMEM"],
  pthread_create: ["EAGAIN", "EINVAL", "EPERM"],
  getaddrinfo: [
    ...["EAI_AGAIN", "EAI_BADFLAGS", "EAI_FAIL", "EAI_FAMILY", "EAI_MEMORY", "EAI_NONAME"],
    ...["EAI_SERVICE", "EAI_SOCKTYPE", "EMFILE", "ENOMEM"],
  ],
  getnameinfo: [
    ...["EAI_AGAIN", "EAI_BADFLAGS", "EAI_FAIL", "EAI_FAMILY", "EAI_MEMORY", "EAI_NONAME"],
    ...["EAI_OVERFLOW", "EMFILE", "ENOMEM"],
  ],
};

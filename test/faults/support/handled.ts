// What becomes of a fault besides its own error: what is documented, call by call, and why.

export type Handling = {
  /** The system calls. */
  readonly calls: readonly string[];
  /** Their errnos; all of them unless told. */
  readonly errnos?: readonly string[];
  /** The public calls; all unless told. */
  readonly names?: RegExp;
  /** What a fault may become, as the driver says it. */
  readonly became: RegExp;
  /** Where it happens once its own error is no answer. */
  readonly only?: true;
  readonly why: string;
};

/** The call did what it is for. */
const DONE = /^(as usual|a result)$/;
/** Or it waited, until its time was over where it had one. */
const WAITED = /^(as usual|a result|waits|another error: .* (ETIMEDOUT|EAGAIN)|TimeoutError .*)$/;
const receiving = ["recvfrom", "recvmsg", "recvmmsg", "preadv2", "readv"];
const sending = ["sendto", "sendmsg", "sendmmsg", "pwritev2", "writev"];

export const handled: readonly Handling[] = [
  {
    calls: ["close"],
    errnos: ["EINTR"],
    became: DONE,
    why: "close(2), NOTES: the descriptor is gone, so EINTR is success",
  },
  {
    calls: [...receiving, ...sending, "accept4"],
    errnos: ["EAGAIN"],
    became: WAITED,
    why: "it would have to wait, and it does",
  },
  {
    calls: ["connect"],
    errnos: ["EAGAIN"],
    names: /^openUnixSocket$|full backlog/,
    became: /^(as usual|a result|waits|another error: \w+ \w+ (ETIMEDOUT|ENOENT))$/,
    why: "unix(7): the listener's queue is full, which passes",
  },
  {
    calls: ["connect"],
    errnos: ["EAGAIN"],
    names: /^Socket#connect of TCP$/,
    became: WAITED,
    why: "called again, it says that the connection is still being made",
  },
  {
    calls: ["ppoll"],
    errnos: ["EINTR"],
    names: /^Capture#|#(connect(?!ions)|monitor|readable|writable)|^poll$/,
    became: DONE,
    only: true,
    why: "poll(2) without waiting: it is asked again",
  },
  {
    calls: ["ppoll"],
    errnos: ["EINTR"],
    names: /^Socket#(accept|connections)/,
    became: DONE,
    why: "it is asked again, unless it waits for the connection that is to be accepted",
  },
  {
    calls: ["malloc"],
    names: /^resolve/,
    became: DONE,
    why: "a thread that could not take the question ends, and another one answers it",
  },
  {
    calls: ["epoll_pwait"],
    errnos: ["EINTR"],
    became: WAITED,
    why: "nothing is ready yet",
  },
  {
    calls: ["connect"],
    errnos: ["EINTR", "EINPROGRESS", "EALREADY"],
    became:
      /^(as usual|a result|waits|another result: .*|another error: .*(EINPROGRESS|ETIMEDOUT))/s,
    why: "connect(2): the connection goes on being made",
  },
  {
    calls: ["accept4"],
    errnos: [
      ...["ECONNABORTED", "ENETDOWN", "EPROTO", "ENOPROTOOPT", "EHOSTDOWN", "ENONET"],
      ...["EHOSTUNREACH", "ENETUNREACH"],
    ],
    names: /^Socket#/,
    became: DONE,
    why: "accept(2): an error of the connection that is lost; the next one may be well",
  },
  {
    calls: ["accept4", "ppoll", "fcntl"],
    errnos: ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"],
    names: /^Socket#connections/,
    became: WAITED,
    why: "connections() waits until descriptors or memory are free",
  },
  {
    calls: ["epoll_ctl"],
    became: DONE,
    why: "what cannot be removed from the set is gone from it when its descriptor is closed",
  },
  {
    calls: ["epoll_ctl"],
    errnos: ["EEXIST", "ENOENT"],
    became: /^(as usual|another error: (\w+ epoll_ctl|by its code) (ENOENT|EEXIST))$/,
    why: "the set is told the contrary, which here is wrong",
  },
  {
    calls: ["getsockopt"],
    names: /^(?!(getsockopt|socketOption)$)/,
    became: DONE,
    why: "SO_LINGER where a socket is closed, its timeout where a call waits, its kind or options",
  },
  {
    calls: ["setsockopt"],
    errnos: ["ENOPROTOOPT", "EPERM"],
    names: /^(Netlink|Ethtool|capture|Capture)/,
    became: DONE,
    why: "options that older kernels lack, and a buffer that takes a privilege",
  },
  {
    calls: ["setsockopt", "getsockopt"],
    names: /accept|waiting|all of a stream|connect/,
    became: DONE,
    why: "a wait that a signal may not end is still a wait",
  },
  {
    calls: ["fcntl"],
    names: /waiting|all of a stream|fast open|late$/,
    became: /^(as usual|a result|another error: \w+ \w+ EAGAIN)$/,
    why: "where nobody knows whether a descriptor blocks, the call does not",
  },
  {
    calls: ["fcntl"],
    names: /^accept/,
    became: DONE,
    why: "where nobody knows whether a descriptor blocks, the call is made as it is",
  },
  {
    calls: ["connect"],
    errnos: ["ECONNREFUSED"],
    names: /refused/,
    became: DONE,
    why: "it is what the call expects",
  },
  {
    calls: ["getsockopt", "ppoll", "fcntl", "setsockopt", ...receiving],
    names: /all of a stream/,
    became: /^another result: result 4$/,
    why: "an error behind data is dropped, as the kernel does within one call",
  },
  {
    calls: ["getsockopt", "sendto", "recvfrom"],
    names: /^ifaddrs$/,
    became: /^another result: result \[\s+\[ null, null \]/,
    why: "statistics of another network namespace, or that a kernel lacks, are null",
  },
  {
    calls: ["fcntl"],
    names: /^(Socket#|Tun#|Capture#|Netlink|Ethtool)/,
    became: WAITED,
    why: "no duplicate of the set for Bun: the clock tells when to look",
  },
  {
    calls: ["recvfrom"],
    errnos: ["ENOBUFS"],
    names: /monitor/,
    became: DONE,
    why: "what was lost is told as an event",
  },
  {
    calls: ["munmap", "rt_sigprocmask"],
    became: DONE,
    why: "nothing depends on it",
  },
  {
    calls: ["clock_gettime"],
    became: WAITED,
    why: "a clock that does not go bounds nothing",
  },
  {
    calls: ["mmap"],
    names: /^(capture|Capture)/,
    became: DONE,
    why: "a ring that cannot leave at once goes with its memory",
  },
  {
    calls: ["mmap"],
    names: /^recvm?msg|^recvmmsg/,
    became: DONE,
    why: "without memory for the list nobody remembers received descriptors but the caller",
  },
  {
    calls: ["preadv2", "pwritev2"],
    errnos: ["EINVAL", "EOPNOTSUPP"],
    became: DONE,
    why: "a file that cannot tell whether it would wait is asked by poll(2)",
  },
  {
    calls: ["recvmsg", "recvmmsg", "ppoll"],
    errnos: ["EINVAL"],
    names: /msg|messages|filter|Filter/,
    became: DONE,
    why: "packet sockets refuse MSG_CMSG_CLOEXEC: it is tried without",
  },
  {
    calls: ["pwritev2"],
    errnos: ["EIO"],
    names: /^Tun#send/,
    became: DONE,
    why: "it is the device's own answer while it is down",
  },
  {
    calls: ["sendmsg"],
    errnos: ["ENOTSOCK"],
    names: /^write/,
    became: DONE,
    why: "it is another file: writev(2)",
  },
  {
    calls: ["sendto", "close"],
    names: /^resolve/,
    became: DONE,
    why: "an answer is told of by a byte, or by the end",
  },
  {
    calls: ["recvfrom"],
    names: /^resolve/,
    became: DONE,
    why: "a thread that hears of no further question ends, and another one answers it",
  },
  {
    calls: ["getaddrinfo"],
    names: /^resolve/,
    became: DONE,
    why: "what is not read as an address at once is looked up by a thread",
  },
  {
    calls: ["recvfrom", "sendto"],
    names: /^(ifaddrs|ifNameIndex|interfaces)$/,
    became: /^(as usual|a result|another error: \w+ getifaddrs EAGAIN)$/,
    why: "EINTR is made again, what was lost is asked for again, and the full list is asked for",
  },
  {
    calls: ["socket", "ioctl"],
    names: /^Sockaddr#/,
    became: /^(as usual|another result)/,
    why: "an interface is printed by its index where its name cannot be had",
  },
  {
    calls: ["ioctl"],
    names: /^(Tun#|Capture#|capture)/,
    became: DONE,
    why: "the name that was known before; an error tells less",
  },
  {
    calls: ["connect"],
    errnos: ["EISCONN"],
    names: /^Socket#connect/,
    became: DONE,
    why: "connect(2): called again, it says so that the connection stands",
  },
  {
    calls: ["ioctl"],
    errnos: ["ENODEV"],
    names: /^interfaces$/,
    became: /^(as usual|another result)/,
    why: "an interface that is gone since it was listed",
  },
  {
    calls: ["close"],
    names:
      /^(ifNameIndex|ifaddrs|interfaces|Sockaddr|openIn|hardware|setHardware)| in a namespace$/,
    became: DONE,
    why: "a descriptor of the call's own, which is gone",
  },
  {
    calls: ["setsockopt", "getsockopt", "ppoll"],
    names: /seqpacket/,
    became: /^(as usual|another result: result 1)$/,
    why: "without credentials, or poll(2), a record without bytes looks like the end",
  },
  {
    calls: ["close"],
    names: /^(Capture#(batches|Symbol\(Symbol.asyncIterator\))|capture of any interface)$/,
    became: DONE,
    why: "a timer closes it, and gets the error; a socket made before the link was known is gone",
  },
  {
    calls: ["close"],
    names: /, unread$/,
    became: DONE,
    why: "descriptors that nobody has seen are closed, and nobody is told",
  },
  {
    calls: ["recvfrom"],
    names: /^Socket#recv, all of a stream$/,
    became: /^(a result|another result: result 4)$/,
    why: "the data first; the next call gets the error",
  },
  {
    calls: ["pthread_create", "close"],
    names: /lingers$/,
    became: DONE,
    why: "a thread closes it; without one the data are sent in the background",
  },
  {
    calls: ["sendto", "recvfrom", "epoll_ctl"],
    names: /^Netlink#close while a call waits$/,
    became: DONE,
    why: "what waits ends with that",
  },
  {
    calls: ["recvfrom"],
    names: /drained$/,
    became: DONE,
    why: "errors that wait to be received are received, too",
  },
  {
    calls: ["getpeername"],
    errnos: ["ENOTCONN"],
    names: /^Socket#peerAddress$/,
    became: /^another result: result null$/,
    why: "it is not connected",
  },
  {
    calls: ["socket", "connect", "close", "getsockopt", "fcntl"],
    names: /^openUnixSocketStream$/,
    became: /^(as usual|a result|another result)/,
    why: "Node's streams tell of errors by an event",
  },
  {
    calls: ["readlink", "readlinkat", "statx"],
    became: DONE,
    why: "a namespace without a number is not told from others",
  },
];

/** These wait for ever, as a blocking call does, where a thread is not to be held up for good. */
type Blocking = Omit<Handling, "became" | "only"> & {
  /** Only where so many of the calls succeed before, or more. */
  readonly after?: number;
};
const blocking: readonly Blocking[] = [
  {
    calls: ["connect"],
    errnos: ["EAGAIN"],
    names: /^(openUnixSocket|Socket#connect to a full backlog)$/,
    why: "unix(7): a blocking socket waits while the listener's queue is full",
  },
  {
    calls: ["connect"],
    errnos: ["EALREADY", "EINPROGRESS"],
    names: /^(accept|openUnixSocket$)/,
    why: "the connection that is waited for was never begun",
  },
  {
    calls: ["getsockopt"],
    names: /^recv, late$/,
    why: "a time-out that cannot be read is none",
  },
  {
    calls: ["clock_gettime"],
    names: /^recv, late$/,
    after: 0,
    why: "a clock that falls back to its beginning makes a wait as long as it has run",
  },
];

type Case = { readonly name: string; readonly call: string; readonly errno: string };

const covers = (rule: Omit<Handling, "became">, { name, call, errno }: Case): boolean =>
  rule.calls.includes(call) &&
  (rule.errnos?.includes(errno) ?? true) &&
  (rule.names?.test(name) ?? true);

/** Whether what became of a fault is what it should. */
export function isHandled(one: Case, became: string, forEver: boolean): boolean {
  const rules = handled.filter((rule) => covers(rule, one));
  if (rules.some((rule) => rule.became.test(became))) return true;
  return /^its error[:,]/.test(became) && (forEver || !rules.some(({ only }) => only));
}

/** Whether a call would rightly never end. */
export function blocks(one: Case & { readonly from: number }, forEver: boolean): boolean {
  return blocking.some(
    (rule) =>
      covers(rule, one) &&
      one.from > (rule.after ?? -1) &&
      (forEver || !rule.errnos?.includes("EAGAIN")),
  );
}

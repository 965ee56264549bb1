// The package's entry: what api.ts lists. Importing it opens the library and makes the constants
// and the classes. A function is a stub, which loads the rest of the package and gives its place to
// the function itself: from the second call on nothing stands between.

import { rest } from "./deferred.ts";
import { lazy, stub } from "./lazy.ts";

export { convertAddress, Sockaddr } from "./address.ts";
export type * from "./api.ts";
export {
  AF,
  AI,
  ARPHRD,
  EAI,
  ERRNO,
  ETH_P,
  IFF,
  IP,
  IPPROTO,
  IPV6,
  MSG,
  NETLINK,
  NI,
  PACKET,
  SCM,
  SHUT,
  SO,
  SOCK,
  SOL,
  SOMAXCONN,
  TCP,
  UDP,
} from "./constants.ts";
export * as checksum from "./deferred-checksum.ts";
export { AddrInfoError, SocketError } from "./error.ts";
export { Message } from "./message.ts";
export { Socket } from "./socket.ts";

const api = lazy(
  (): typeof import("./api.ts") =>
    ({
      accept,
      bind,
      close,
      configdev,
      connect,
      decodeControl,
      encodeControl,
      getaddrinfo,
      getnameinfo,
      getpeername,
      getsockname,
      getsockopt,
      htonl,
      htons,
      ifaddrs,
      ifNameIndex,
      listen,
      network,
      ntohl,
      ntohs,
      openUnixSocket,
      openUnixSocketStream,
      poll,
      protocol,
      read,
      recv,
      recvfrom,
      recvmmsg,
      recvmsg,
      resolve,
      send,
      sendmmsg,
      sendmsg,
      sendto,
      service,
      setNonblocking,
      setSocketOption,
      setSocketOptions,
      setsockopt,
      shutdown,
      sockatmark,
      socket,
      socketOption,
      socketOptions,
      socketpair,
      write,
    } = rest()),
);
export let accept = stub(() => api().accept);
export let bind = stub(() => api().bind);
export let close = stub(() => api().close);
export let configdev = stub(() => api().configdev);
export let connect = stub(() => api().connect);
export let decodeControl = stub(() => api().decodeControl);
export let encodeControl = stub(() => api().encodeControl);
export let getaddrinfo = stub(() => api().getaddrinfo);
export let getnameinfo = stub(() => api().getnameinfo);
export let getpeername = stub(() => api().getpeername);
export let getsockname = stub(() => api().getsockname);
export let getsockopt = stub(() => api().getsockopt);
export let htonl = stub(() => api().htonl);
export let htons = stub(() => api().htons);
export let ifaddrs = stub(() => api().ifaddrs);
export let ifNameIndex = stub(() => api().ifNameIndex);
export let listen = stub(() => api().listen);
export let network = stub(() => api().network);
export let ntohl = stub(() => api().ntohl);
export let ntohs = stub(() => api().ntohs);
export let openUnixSocket = stub(() => api().openUnixSocket);
export let openUnixSocketStream = stub(() => api().openUnixSocketStream);
export let poll = stub(() => api().poll);
export let protocol = stub(() => api().protocol);
export let read = stub(() => api().read);
export let recv = stub(() => api().recv);
export let recvfrom = stub(() => api().recvfrom);
export let recvmmsg = stub(() => api().recvmmsg);
export let recvmsg = stub(() => api().recvmsg);
export let resolve = stub(() => api().resolve);
export let send = stub(() => api().send);
export let sendmmsg = stub(() => api().sendmmsg);
export let sendmsg = stub(() => api().sendmsg);
export let sendto = stub(() => api().sendto);
export let service = stub(() => api().service);
export let setNonblocking = stub(() => api().setNonblocking);
export let setSocketOption = stub(() => api().setSocketOption);
export let setSocketOptions = stub(() => api().setSocketOptions);
export let setsockopt = stub(() => api().setsockopt);
export let shutdown = stub(() => api().shutdown);
export let sockatmark = stub(() => api().sockatmark);
export let socket = stub(() => api().socket);
export let socketOption = stub(() => api().socketOption);
export let socketOptions = stub(() => api().socketOptions);
export let socketpair = stub(() => api().socketpair);
export let write = stub(() => api().write);

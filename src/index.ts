// The package's entry: what api.ts lists. Importing it loads core.ts alone. A function is a stub,
// which loads one of the two parts that are left, sockets.ts and further.ts, and gives its place to
// the function itself: from the second call on nothing stands between.

import * as deferred from "./deferred.ts";
import { lazy, stub } from "./lazy.ts";
import type { AddrInfoHints } from "./resolve.ts";

export type * from "./api.ts";
export * from "./core.ts";
export * as checksum from "./deferred-checksum.ts";

const sockets = lazy(
  (): typeof import("./sockets.ts") =>
    ({
      accept,
      bind,
      close,
      connect,
      convertAddress,
      decodeControl,
      encodeControl,
      getpeername,
      getsockname,
      htonl,
      htons,
      listen,
      ntohl,
      ntohs,
      poll,
      read,
      recv,
      recvfrom,
      recvmmsg,
      recvmsg,
      send,
      sendmmsg,
      sendmsg,
      sendto,
      setNonblocking,
      shutdown,
      sockatmark,
      socket,
      socketpair,
      write,
    } = deferred.sockets()),
);
export let accept = stub(() => sockets().accept);
export let bind = stub(() => sockets().bind);
export let close = stub(() => sockets().close);
export let connect = stub(() => sockets().connect);
export let convertAddress = stub(() => sockets().convertAddress);
export let decodeControl = stub(() => sockets().decodeControl);
export let encodeControl = stub(() => sockets().encodeControl);
export let getpeername = stub(() => sockets().getpeername);
export let getsockname = stub(() => sockets().getsockname);
export let htonl = stub(() => sockets().htonl);
export let htons = stub(() => sockets().htons);
export let listen = stub(() => sockets().listen);
export let ntohl = stub(() => sockets().ntohl);
export let ntohs = stub(() => sockets().ntohs);
export let poll = stub(() => sockets().poll);
export let read = stub(() => sockets().read);
export let recv = stub(() => sockets().recv);
export let recvfrom = stub(() => sockets().recvfrom);
export let recvmmsg = stub(() => sockets().recvmmsg);
export let recvmsg = stub(() => sockets().recvmsg);
export let send = stub(() => sockets().send);
export let sendmmsg = stub(() => sockets().sendmmsg);
export let sendmsg = stub(() => sockets().sendmsg);
export let sendto = stub(() => sockets().sendto);
export let setNonblocking = stub(() => sockets().setNonblocking);
export let shutdown = stub(() => sockets().shutdown);
export let sockatmark = stub(() => sockets().sockatmark);
export let socket = stub(() => sockets().socket);
export let socketpair = stub(() => sockets().socketpair);
export let write = stub(() => sockets().write);

const further = lazy(
  (): typeof import("./further.ts") =>
    ({
      configdev,
      getaddrinfo,
      getnameinfo,
      getsockopt,
      ifaddrs,
      ifNameIndex,
      network,
      openUnixSocket,
      openUnixSocketStream,
      protocol,
      resolve,
      service,
      setSocketOption,
      setSocketOptions,
      setsockopt,
      socketOption,
      socketOptions,
    } = deferred.further()),
);
export let configdev = stub(() => further().configdev);
export let getaddrinfo = stub(() => further().getaddrinfo);
export let getnameinfo = stub(() => further().getnameinfo);
export let getsockopt = stub(() => further().getsockopt);
export let ifaddrs = stub(() => further().ifaddrs);
export let ifNameIndex = stub(() => further().ifNameIndex);
export let network = stub(() => further().network);
export let openUnixSocket = stub(() => further().openUnixSocket);
export let openUnixSocketStream = stub(() => further().openUnixSocketStream);
export let protocol = stub(() => further().protocol);
// Rejects where it cannot be loaded, instead of throwing.
export let resolve = stub(() => async (hints: AddrInfoHints) => further().resolve(hints));
export let service = stub(() => further().service);
export let setSocketOption = stub(() => further().setSocketOption);
export let setSocketOptions = stub(() => further().setSocketOptions);
export let setsockopt = stub(() => further().setsockopt);
export let socketOption = stub(() => further().socketOption);
export let socketOptions = stub(() => further().socketOptions);

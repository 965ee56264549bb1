// The public interface, and the only list of it.

export { convertAddress } from "./address/convert.ts";
export { type AddressLike, Sockaddr } from "./address/sockaddr.ts";
export {
  AF,
  AI,
  ARPHRD,
  EAI,
  ERRNO,
  ETH_P,
  type Family,
  type FamilyName,
  IFF,
  IP,
  IPPROTO,
  IPV6,
  MSG,
  NETLINK,
  NI,
  PACKET,
  type Protocol,
  type ProtocolName,
  SCM,
  SHUT,
  SO,
  SOCK,
  SOL,
  SOMAXCONN,
  type SocketType,
  TCP,
  type TypeName,
  UDP,
} from "./base/constants.ts";
export type { Descriptor } from "./base/descriptor.ts";
export { AddrInfoError, SocketError } from "./base/error.ts";
export { htonl, htons, ntohl, ntohs } from "./base/order.ts";
export type { Bytes } from "./base/validate.ts";
export type { ReceiveOptions, ReceiveOptions as RecvOptions, SendOptions } from "./calls/flags.ts";
export { type PollEvent, type PollRequest, type PollResult, poll } from "./calls/poll.ts";
export {
  accept,
  bind,
  close,
  connect,
  getpeername,
  getsockname,
  listen,
  setNonblocking,
  shutdown,
  sockatmark,
  socket,
  socketpair,
} from "./calls/socket.ts";
export { read, recv, recvfrom, send, sendto, write } from "./calls/transfer.ts";
export { openUnixSocket } from "./calls/unix.ts";
export * as checksum from "./checksum/index.ts";
export {
  type ControlMessage,
  decodeControl,
  encodeControl,
  type UnknownControl,
} from "./control/control.ts";
export type { ErrorControl, ErrorOrigin } from "./control/error.ts";
export { configdev } from "./interface/configure.ts";
export {
  type InterfaceAddress,
  type InterfaceFlag,
  ifaddrs,
  ifNameIndex,
  type LinkStatistics,
} from "./interface/list.ts";
export { type BatchReceiveOptions, recvmmsg, sendmmsg } from "./message/batch.ts";
export type { MessageFlag } from "./message/flags.ts";
export { Message, type MessageInit } from "./message/message.ts";
export type { ReceivedMessage } from "./message/received.ts";
export { recvmsg, sendmsg } from "./message/single.ts";
export {
  type NetworkEntry,
  network,
  type ProtocolEntry,
  protocol,
  type ServiceEntry,
  service,
} from "./names/database.ts";
export {
  type AddrInfo,
  type AddrInfoHints,
  getaddrinfo,
  getnameinfo,
  type NameInfoOptions,
  resolve,
} from "./names/resolve.ts";
export {
  getsockopt,
  setSocketOption,
  setSocketOptions,
  setsockopt,
  socketOption,
  socketOptions,
} from "./option/option.ts";
export type {
  OptionInput,
  OptionInputs,
  OptionLevel,
  OptionName,
  OptionValue,
  OptionValues,
} from "./option/table.ts";
export type { Limits, LoopLimits } from "./socket/limits.ts";
export type { MessagesOptions } from "./socket/messages.ts";
export type { ReceiveCallOptions, ReceivedFrom, ReceiveFromOptions } from "./socket/receive.ts";
export type { SendCallOptions } from "./socket/send.ts";
export { Socket } from "./socket/socket.ts";
export { openUnixSocketStream } from "./socket/stream.ts";

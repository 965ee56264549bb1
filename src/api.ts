// The public interface.

export { type AddressLike, Sockaddr } from "./address.ts";
export { type BatchReceiveOptions, recvmmsg, sendmmsg } from "./batch.ts";
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
} from "./calls.ts";
export * as checksum from "./checksum.ts";
export { configdev } from "./configdev.ts";
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
} from "./constants.ts";
export type { ErrorControl, ErrorOrigin } from "./control/failure.ts";
export {
  type ControlMessage,
  decodeControl,
  encodeControl,
  type UnknownControl,
} from "./control.ts";
export { convertAddress } from "./convert.ts";
export type { Descriptor } from "./descriptor.ts";
export { AddrInfoError, SocketError } from "./error.ts";
export type { ReceiveOptions, ReceiveOptions as RecvOptions, SendOptions } from "./flags.ts";
export {
  type InterfaceAddress,
  type InterfaceFlag,
  ifaddrs,
  ifNameIndex,
  type LinkStatistics,
} from "./interface.ts";
export { Message, type MessageFlag, type MessageInit } from "./message.ts";
export { recvmsg, sendmsg } from "./messaging.ts";
export {
  type NetworkEntry,
  network,
  type ProtocolEntry,
  protocol,
  type ServiceEntry,
  service,
} from "./netdb.ts";
export type {
  OptionInput,
  OptionInputs,
  OptionLevel,
  OptionName,
  OptionValue,
  OptionValues,
} from "./option/table.ts";
export {
  getsockopt,
  setSocketOption,
  setSocketOptions,
  setsockopt,
  socketOption,
  socketOptions,
} from "./option.ts";
export { htonl, htons, ntohl, ntohs } from "./order.ts";
export { type PollEvent, type PollRequest, type PollResult, poll } from "./poll.ts";
export {
  type AddrInfo,
  type AddrInfoHints,
  getaddrinfo,
  getnameinfo,
  type NameInfoOptions,
  resolve,
} from "./resolve.ts";
export type { ReceivedMessage } from "./socket/kept.ts";
export type { Limits } from "./socket/limits.ts";
export type { MessagesOptions } from "./socket/messages.ts";
export type { ReceiveCallOptions, ReceivedFrom, ReceiveFromOptions } from "./socket/receive.ts";
export type { SendCallOptions } from "./socket/send.ts";
export { openUnixSocketStream } from "./socket/stream.ts";
export { Socket } from "./socket.ts";
export { read, recv, recvfrom, send, sendto, write } from "./transfer.ts";
export { openUnixSocket } from "./unix.ts";
export type { Bytes } from "./validate.ts";

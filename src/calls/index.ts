// rawsock/calls: the synchronous calls and what they take and return, for programs that do without
// the event loop's `Socket`. rawsock itself exports all of it.

export { convertAddress } from "../address/convert.ts";
export {
  type AddressInit,
  type AddressLike,
  Sockaddr,
  type SockaddrOf,
} from "../address/sockaddr.ts";
export {
  AF,
  AI,
  ARPHRD,
  EAI,
  ERRNO,
  ETH_P,
  type Family,
  type FamilyName,
  FIO,
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
  SIOC,
  SO,
  SOCK,
  SOL,
  SOMAXCONN,
  type SocketType,
  TCP,
  TP_STATUS,
  type TypeName,
  UDP,
  VMADDR,
} from "../base/constants.ts";
export type { Descriptor } from "../base/descriptor.ts";
export { AddrInfoError, SocketError } from "../base/error.ts";
export { htonl, htons, ntohl, ntohs } from "../base/order.ts";
export type { Bytes } from "../base/validate.ts";
export * as checksum from "../checksum/index.ts";
export {
  type ControlMessage,
  decodeControl,
  encodeControl,
  type UnknownControl,
} from "../control/control.ts";
export type { ErrorControl, ErrorOrigin } from "../control/error.ts";
export { configdev } from "../interface/configure.ts";
export {
  type InterfaceAddress,
  type InterfaceFlag,
  ifaddrs,
  ifNameIndex,
  type LinkStatistics,
} from "../interface/list.ts";
export {
  type HardwareTimestamps,
  type HardwareTimestampsInit,
  hardwareTimestamps,
  setHardwareTimestamps,
} from "../interface/timestamps.ts";
export { type BatchReceiveOptions, recvmmsg, sendmmsg } from "../message/batch.ts";
export type { MessageFlag } from "../message/flags.ts";
export { Message, type MessageInit } from "../message/message.ts";
export type { ReceivedMessage } from "../message/received.ts";
export { recvmsg, sendmsg } from "../message/single.ts";
export {
  type NetworkEntry,
  network,
  type ProtocolEntry,
  protocol,
  type ServiceEntry,
  service,
} from "../names/database.ts";
export {
  type AddrInfo,
  type AddrInfoHints,
  getaddrinfo,
  getnameinfo,
  type NameInfoOptions,
} from "../names/resolve.ts";
export {
  setSocketOption,
  setSocketOptions,
  socketOption,
  socketOptions,
} from "../option/option.ts";
export { getsockopt, setsockopt } from "../option/raw.ts";
export type {
  OptionInput,
  OptionInputs,
  OptionLevel,
  OptionName,
  OptionValue,
  OptionValues,
} from "../option/table.ts";
export type { ReceiveOptions, ReceiveOptions as RecvOptions, SendOptions } from "./flags.ts";
export { ioctl, unread, unsent } from "./ioctl.ts";
export { type PollEvent, type PollRequest, type PollResult, poll } from "./poll.ts";
export {
  accept,
  bind,
  close,
  connect,
  disconnect,
  getpeername,
  getsockname,
  listen,
  openIn,
  type SocketOptions,
  setNonblocking,
  shutdown,
  sockatmark,
  socket,
  socketpair,
} from "./socket.ts";
export { read, recv, recvfrom, send, sendto, write } from "./transfer.ts";
export { openUnixSocket } from "./unix.ts";

// rawsock/tun: network devices whose packets the program reads and writes.

export { SocketError } from "../base/error.ts";
export type { NetworkNamespace } from "../calls/namespace.ts";
export type { ReceivedMessage } from "../message/received.ts";
export type { TunMode, TunOptions } from "./open.ts";
export {
  Tun,
  type TunMessagesOptions,
  type TunReceiveOptions,
  type TunSendOptions,
} from "./tun.ts";
export {
  decodeVirtioHeader,
  encodeVirtioHeader,
  type VirtioHeader,
  type VirtioHeaderInit,
} from "./virtio.ts";

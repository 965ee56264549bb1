// rawsock: what it exports, and the only list of it, with that of rawsock/calls.

export * from "./calls/index.ts";
export type { LookupLimits } from "./names/lookup.ts";
export { resolve } from "./names/resolve.ts";
export type { Limits, LoopLimits } from "./socket/limits.ts";
export type { MessagesOptions } from "./socket/messages.ts";
export type { ReceiveCallOptions, ReceivedFrom, ReceiveFromOptions } from "./socket/receive.ts";
export type { SendCallOptions } from "./socket/send.ts";
export { Socket } from "./socket/socket.ts";
export { openUnixSocketStream } from "./socket/stream.ts";

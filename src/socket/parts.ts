// What a Socket is made of: loaded with the first one, not when the package is imported.

export * as calls from "../calls.ts";
export { protocolNumber } from "../protocol.ts";
export { READ, WRITE } from "../readiness.ts";
export { accept } from "./accept.ts";
export { connect } from "./connect.ts";
export { Connections } from "./connections.ts";
export { Core } from "./core.ts";
export { guard, unguard } from "./leak.ts";
export { receiveMessage, receiveMessages, sendMessage, sendMessages } from "./message.ts";
export { Messages } from "./messages.ts";
export { natureOf } from "./nature.ts";
export { ready } from "./ready.ts";
export { receive, receiveFrom } from "./receive.ts";
export { CONNECTED, send } from "./send.ts";

// rawsock/netlink: what it exports, and the only list of it.

export {
  type Attribute,
  type AttributeInit,
  decodeAttributes,
  encodeAttributes,
} from "./attribute.ts";
export { NetlinkError } from "./error.ts";
export {
  decodeMessages,
  encodeMessage,
  type NetlinkMessage,
  type NetlinkMessageInit,
} from "./message.ts";
export { Netlink, type NetlinkOptions } from "./netlink.ts";

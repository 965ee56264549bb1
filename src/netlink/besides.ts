// Sockets besides that of a Netlink, for what must not come between its requests and replies.

import { type Protocol, SIOC } from "../base/constants.ts";
import { ioctl } from "../calls/ioctl.ts";
import { native } from "../native/library.ts";
import { socketOption } from "../option/option.ts";
import type { Socket } from "../socket/socket.ts";
import { type Channel, openSocket } from "./channel.ts";

/**
 * A socket in the namespace of another one: in this thread's, unless that is another. SIOCGSKNS
 * tells it, to whom may enter it.
 */
export function besides(channel: Channel, protocol: Protocol, room: number): Socket {
  const own = openSocket(protocol, undefined, room);
  try {
    const cookie = socketOption(channel, "SO_NETNS_COOKIE");
    if (socketOption(own, "SO_NETNS_COOKIE") === cookie) return own;
  } catch (error) {
    own.close();
    throw error;
  }
  own.close();
  const request = SIOC.GSKNS;
  if (request === undefined) throw new TypeError("this platform has no SIOCGSKNS");
  const namespace = ioctl(channel, request);
  try {
    return openSocket(protocol, namespace, room);
  } finally {
    native.rawsock_close(namespace);
  }
}

// The tap of this system.

import { AF } from "../base/constants.ts";
import { openDevice } from "./device.ts";
import { openPacketSocket } from "./packet-socket.ts";
import type { Settings } from "./settings.ts";
import type { Tap } from "./tap.ts";

/** Opens a packet socket, or a device where there are none. */
export function openTap(settings: Settings): Tap {
  return AF.PACKET === undefined ? openDevice(settings) : openPacketSocket(settings);
}

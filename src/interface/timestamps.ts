// How a network card stamps packets by its own clock. Documentation/networking/timestamping.rst.

import { SIOC } from "../base/constants.ts";
import { type Descriptor, descriptor } from "../base/descriptor.ts";
import { failure, SocketError } from "../base/error.ts";
import { Keywords } from "../base/keyword.ts";
import { integer, knownKeys, U32_MAX } from "../base/validate.ts";
import { furtherConstants, native } from "../native/library.ts";
import { allocate } from "../native/memory.ts";
import { Structure } from "../native/record.ts";
import { interfaceText } from "./configure.ts";

/** Words are those of HWTSTAMP_TX_* and HWTSTAMP_FILTER_*; what has none is a number. */
export type HardwareTimestamps = {
  /** What is stamped that leaves: "off", "on", "onestep-sync", "onestep-p2p". */
  readonly transmit: string | number;
  /** What is stamped that arrives: "none", "all", "some", "ptp-v2-event", "ntp-all" … */
  readonly receive: string | number;
  readonly flags: number;
};

/** What is left out is off. */
export type HardwareTimestampsInit = Partial<HardwareTimestamps>;

const config = new Structure("hwtstamp_config");
const flagsField = config.integer("flags");
const transmitField = config.integer("tx_type");
const receiveField = config.integer("rx_filter");

const group = (name: string) => () => furtherConstants("network")[name] ?? {};
const transmits = new Keywords("transmit", group("HWTSTAMP_TX"));
const receives = new Keywords("receive", group("HWTSTAMP_FILTER"));
const KEYS: ReadonlySet<string> = new Set(["transmit", "receive", "flags"]);
const ROOM = 64;

/**
 * What a card stamps: SIOCGHWTSTAMP. `fd` is any socket. SocketError EOPNOTSUPP: it has no clock.
 */
export function hardwareTimestamps(fd: Descriptor, interface_: string): HardwareTimestamps {
  return decode(request(fd, "GHWTSTAMP", interface_, allocate(ROOM)));
}

/**
 * Has a card stamp packets, and returns what it made of that: it may stamp more than was asked for.
 * SocketError ERANGE: it cannot stamp these. Needs CAP_NET_ADMIN. SIOCSHWTSTAMP; what is stamped
 * comes with SO_TIMESTAMPING.
 */
export function setHardwareTimestamps(
  fd: Descriptor,
  interface_: string,
  init: HardwareTimestampsInit,
): HardwareTimestamps {
  knownKeys(init, KEYS);
  const bytes = allocate(ROOM);
  flagsField.set(bytes, integer(init.flags ?? 0, "flags", 0, U32_MAX));
  transmitField.set(bytes, integer(transmits.number(init.transmit), "transmit", 0, U32_MAX));
  receiveField.set(bytes, integer(receives.number(init.receive), "receive", 0, U32_MAX));
  return decode(request(fd, "SHWTSTAMP", interface_, bytes));
}

function decode(bytes: Uint8Array): HardwareTimestamps {
  return {
    transmit: transmits.name(transmitField.get(bytes)),
    receive: receives.name(receiveField.get(bytes)),
    flags: flagsField.get(bytes),
  };
}

const REMEDIES: ReadonlyMap<string, string> = new Map([
  ["EPERM", "setting it needs CAP_NET_ADMIN: run with sudo"],
  ["EOPNOTSUPP", "this interface stamps no packets"],
]);

function request(fd: Descriptor, name: string, interface_: string, bytes: Uint8Array): Uint8Array {
  const number = descriptor(fd, "ioctl");
  const text = interfaceText(interface_);
  const code = SIOC[name];
  if (code === undefined) throw new TypeError(`this platform has no SIOC${name}`);
  const status = native.rawsock_interface_request(number, code, text, bytes);
  if (status >= 0) return bytes;
  const remedy = REMEDIES.get(failure(status, "ioctl").code);
  const context = { fd: number, subject: interface_, remedy };
  throw new SocketError(-status, `ioctl SIOC${name}`, context);
}

// What only ioctl(2) tells of a network card: its driver, and the driver's own counters.
// SIOCETHTOOL, <linux/ethtool.h>.

import { SIOC } from "../../base/constants.ts";
import { SocketError } from "../../base/error.ts";
import { interfaceText } from "../../interface/configure.ts";
import { native } from "../../native/library.ts";
import { allocate, decodeText } from "../../native/memory.ts";
import { Structure } from "../../native/record.ts";
import type { Socket } from "../../socket/socket.ts";
import { u64At } from "../codec.ts";
import { constant } from "../constants.ts";

export type Driver = {
  readonly driver: string;
  readonly version: string;
  readonly firmware: string;
  /** Where the card is: a PCI address for example. */
  readonly bus: string;
};

const driver = new Structure("ethtool_drvinfo");
const statistics = new Structure("ethtool_stats");
const command = driver.integer("cmd");
const count = statistics.integer("n_stats");

function ask(socket: Socket, name: "GDRVINFO" | "GSTATS", interface_: string, bytes: Uint8Array) {
  command.set(bytes, constant("ETHTOOL", name));
  const text = interfaceText(interface_);
  const status = native.rawsock_interface_request(socket.fd, SIOC.ETHTOOL ?? 0, text, bytes);
  if (status < 0) throw new SocketError(-status, `ETHTOOL_${name}`, { subject: interface_ });
}

export function driverOf(socket: Socket, interface_: string): Driver {
  const bytes = allocate(driver.size);
  ask(socket, "GDRVINFO", interface_, bytes);
  const text = (name: string) => {
    const [offset, size] = driver.field(name);
    const whole = bytes.subarray(offset, offset + size);
    const end = whole.indexOf(0);
    return decodeText(end < 0 ? whole : whole.subarray(0, end));
  };
  return {
    driver: text("driver"),
    version: text("version"),
    firmware: text("fw_version"),
    bus: text("bus_info"),
  };
}

/** The driver's counters by their names, which ETH_SS_STATS are. */
export function countersOf(
  socket: Socket,
  interface_: string,
  names: readonly string[],
): Record<string, number | bigint> {
  // Room for those that a driver has meanwhile.
  const bytes = allocate(statistics.size + (names.length + 64) * 8);
  count.set(bytes, names.length);
  ask(socket, "GSTATS", interface_, bytes);
  const values = names.map((name, index) => [name, u64At(bytes, statistics.size + index * 8)]);
  return Object.fromEntries(values) as Record<string, number | bigint>;
}

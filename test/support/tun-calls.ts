// A call of everything that is public in rawsock/tun, as test/support/calls.ts has them of rawsock.
// They make devices: the process should be in a network namespace of its own.

import { closeSync, fstatSync } from "node:fs";
import type * as tun from "../../src/tun/index.ts";
import { strict } from "./strict.ts";

export type TunApi = typeof tun;
type Call = (api: TunApi) => unknown;

/** What an unprivileged process, or a machine without the device, is refused with. */
const REFUSALS: ReadonlySet<string> = new Set(
  strict ? [] : ["EPERM", "EACCES", "ENOENT", "ENODEV", "ENXIO"],
);

/** What `use` does with a device; nothing where this process may have none. */
const withTun =
  (use: (tun: tun.Tun, api: TunApi) => unknown, options: tun.TunOptions = {}): Call =>
  async (api) => {
    let device: tun.Tun;
    try {
      device = api.Tun.open(options);
    } catch (error) {
      if (error instanceof api.SocketError && REFUSALS.has(error.code)) return undefined;
      throw error;
    }
    try {
      return await use(device, api);
    } finally {
      device.close();
    }
  };

/** A descriptor that nobody took is the caller's. */
const readopted = withTun((device, { Tun }) => {
  const fd = device.detach();
  try {
    Tun.adopt(fd).close();
  } catch (error) {
    if (isOpen(fd)) closeSync(fd);
    throw error;
  }
});

function isOpen(fd: number): boolean {
  try {
    return fstatSync(fd) !== undefined;
  } catch {
    return false;
  }
}

const field = (name: keyof tun.Tun): Call => withTun((device) => device[name]);
const late = (call: Promise<unknown>) => call.catch(({ code }) => code);

export const tunCalls: Readonly<Record<string, Call>> = {
  "new Tun": ({ Tun }) => new (Tun as unknown as new () => tun.Tun)(),
  "Tun.open": withTun(() => undefined),
  "Tun.adopt": readopted,
  "Tun#fd": field("fd"),
  "Tun#closed": field("closed"),
  "Tun#name": field("name"),
  "Tun#mode": field("mode"),
  "Tun#multiQueue": field("multiQueue"),
  "Tun#headerSize": field("headerSize"),
  "Tun#recv": withTun((device) => late(device.recv(new Uint8Array(9), { timeout: 5 }))),
  "Tun#send": withTun((device) => late(device.send(Uint8Array.of(0x45)))),
  "Tun#sendmmsg": withTun((device) => late(device.sendmmsg([Uint8Array.of(0x45)]))),
  "Tun#readable": withTun((device) => late(device.readable({ timeout: 5 }))),
  "Tun#writable": withTun((device) => late(device.writable({ timeout: 5 }))),
  "Tun#messages": withTun((device) => late(device.messages({ timeout: 5 }).next())),
  "Tun#setOwner": withTun((device) => device.setOwner(0)),
  "Tun#setGroup": withTun((device) => device.setGroup(0)),
  "Tun#setPersist": withTun((device) => device.setPersist(true).setPersist(false)),
  "Tun#setOffload": withTun((device) => device.setOffload(["csum"]), { virtioHeader: true }),
  "Tun#attachQueue": withTun((device) => device.detachQueue().attachQueue(), { multiQueue: true }),
  "Tun#detachQueue": withTun((device) => device.detachQueue(), { multiQueue: true }),
  "Tun#setCarrier": withTun((device) => device.setCarrier(true)),
  "Tun#sendBuffer": withTun((device) => device.sendBuffer),
  "Tun#setSendBuffer": withTun((device) => device.setSendBuffer(10_000)),
  "Tun#ref": withTun((device) => device.ref()),
  "Tun#unref": withTun((device) => device.unref()),
  "Tun#detach": readopted,
  "Tun#close": withTun((device) => device.close()),
  "Tun#Symbol(Symbol.dispose)": withTun((device) => device[Symbol.dispose]()),
  "Tun#Symbol(Symbol.asyncDispose)": withTun((device) => device[Symbol.asyncDispose]()),
  "Tun#Symbol(nodejs.util.inspect.custom)": withTun((device) => Bun.inspect(device)),
  "new SocketError": ({ SocketError }) => new SocketError(1, "read"),
  encodeVirtioHeader: ({ encodeVirtioHeader }) => encodeVirtioHeader({ segmentation: "tcpv4" }),
  decodeVirtioHeader: ({ decodeVirtioHeader }) => decodeVirtioHeader(new Uint8Array(10)),
};

// Options of packet sockets on a real interface.

import { expect } from "bun:test";
import {
  bind,
  close,
  getsockopt,
  type OptionName,
  PACKET,
  send,
  setSocketOption,
  socket,
  socketOption,
} from "../../src/index.ts";
import { VethPair } from "../support/namespace.ts";
import { namespaces, testWith } from "../support/requirements.ts";

const set = setSocketOption as (fd: number, name: OptionName, value: unknown) => void;

/** A packet socket bound to one end of a veth pair, inside its namespace. */
function withPacketSocket(body: (fd: number, pair: VethPair) => void): void {
  using pair = new VethPair();
  pair.a.enter(() => {
    const fd = socket("packet", "raw", "all");
    bind(fd, { family: "packet", interface: pair.interface, protocol: "all" });
    try {
      body(fd, pair);
    } finally {
      close(fd);
    }
  });
}

const link = (pair: VethPair) =>
  JSON.parse(pair.a.ip("-j", "-d", "link", "show", pair.interface))[0];

testWith(namespaces)("an interface is made promiscuous and gets hardware addresses", () => {
  withPacketSocket((fd, pair) => {
    const place = { interface: pair.interface };
    for (const [type, field] of [
      ["promisc", "promiscuity"],
      ["allmulti", "allmulti"],
    ] as const) {
      expect(link(pair)[field]).toBe(0);
      set(fd, "PACKET_ADD_MEMBERSHIP", { ...place, type });
      expect(link(pair)[field]).toBe(1);
      set(fd, "PACKET_DROP_MEMBERSHIP", { ...place, type });
      expect(link(pair)[field]).toBe(0);
    }
    const multicast = { ...place, type: "multicast", address: "01:00:5e:7f:00:01" };
    set(fd, "PACKET_ADD_MEMBERSHIP", multicast);
    expect(pair.a.ip("maddr", "show", "dev", pair.interface)).toContain("01:00:5e:7f:00:01");
    set(fd, "PACKET_DROP_MEMBERSHIP", multicast);
    expect(pair.a.ip("maddr", "show", "dev", pair.interface)).not.toContain("01:00:5e:7f:00:01");

    expect(() => set(fd, "PACKET_ADD_MEMBERSHIP", { ...place, type: "all" })).toThrow(TypeError);
    expect(() => set(fd, "PACKET_ADD_MEMBERSHIP", { type: "promisc" })).toThrow(TypeError);
    expect(() => set(fd, "PACKET_ADD_MEMBERSHIP", { ...place, type: "unicast" })).toThrow(
      TypeError,
    );
  });
});

testWith(namespaces)("PACKET_STATISTICS counts afresh after each reading", () => {
  withPacketSocket((fd, pair) => {
    const sender = socket("packet", "raw");
    bind(sender, { family: "packet", interface: pair.interface });
    const frame = new Uint8Array(64).fill(0xff, 0, 6);
    for (let sent = 0; sent < 5; sent++) send(sender, frame);
    const { packets, drops } = socketOption(fd, "PACKET_STATISTICS");
    expect(packets).toBeGreaterThanOrEqual(5);
    expect(drops).toBe(0);
    expect(socketOption(fd, "PACKET_STATISTICS").packets).toBeLessThan(5);
    close(sender);
  });
});

testWith(namespaces)("PACKET_HDRLEN is of the version that getsockopt gives it", () => {
  withPacketSocket((fd) => {
    const length = (version: number) => {
      const bytes = getsockopt(fd, "packet", PACKET.HDRLEN ?? 0, new Int32Array([version]));
      return new DataView(bytes.buffer).getInt32(0, true);
    };
    expect(socketOption(fd, "PACKET_HDRLEN")).toBe(length(0));
    expect([length(0), length(1), length(2)]).toEqual([32, 32, 48]);
    expect(() => length(3)).toThrow(/EINVAL/);
  });
});

testWith(namespaces)("a fan-out group has a number, a mode and statistics", () => {
  withPacketSocket((fd) => {
    const none = { group: 0, mode: "hash", flags: [] };
    expect(socketOption(fd, "PACKET_FANOUT")).toEqual(none);
    expect(() => socketOption(fd, "PACKET_ROLLOVER_STATS")).toThrow(/EINVAL/);
    const group = { group: 77, mode: "rollover", flags: [] };
    setSocketOption(fd, "PACKET_FANOUT", group);
    expect(socketOption(fd, "PACKET_FANOUT")).toEqual(group);
    expect(socketOption(fd, "PACKET_ROLLOVER_STATS")).toEqual({ all: 0, huge: 0, failed: 0 });
  });
  withPacketSocket((fd) => {
    const program = 6 << 16;
    setSocketOption(fd, "PACKET_FANOUT", 78 | program);
    expect(socketOption(fd, "PACKET_FANOUT")).toEqual({ group: 78, mode: "cbpf", flags: [] });
    setSocketOption(fd, "PACKET_FANOUT_DATA", [{ code: 6, jt: 0, jf: 0, k: 0 }]);
    expect(() => setSocketOption(fd, "PACKET_FANOUT_DATA", [])).toThrow(RangeError);
  });
});

testWith(namespaces)("a fan-out group's flags are words, too, and what is none is refused", () => {
  withPacketSocket((fd) => {
    setSocketOption(fd, "PACKET_FANOUT", { group: 79, flags: ["rollover", "defrag"] });
    const group = { group: 79, mode: "hash", flags: ["rollover", "defrag"] };
    expect(socketOption(fd, "PACKET_FANOUT")).toEqual(group);
    for (const wrong of [
      { group: 1, mode: "roundrobin" },
      { group: 1, mode: "data" },
      { group: 1, flags: ["nonsense"] },
      { mode: "hash" },
    ]) {
      expect(() => setSocketOption(fd, "PACKET_FANOUT", wrong as never)).toThrow(TypeError);
    }
    expect(() => setSocketOption(fd, "PACKET_FANOUT", { group: 65_536 })).toThrow(RangeError);
  });
});

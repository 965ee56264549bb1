// Packets taken apart and put together, beside the same work in C (wire.c), and beside dpkt and
// scapy where python3 has them.

import { dlopen } from "bun:ffi";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, dissect, type Layer } from "../src/wire/index.ts";
import { type Case, compile, type Suite, type Timer } from "./harness.ts";
import { Peer } from "./peer.ts";

function library() {
  return dlopen(compile("wire.c"), {
    time_decode: { args: ["buffer", "buffer", "u32", "u32", "u32"], returns: "f64" },
    decoded_ports: { args: ["buffer", "u32"], returns: "u32" },
    time_syn: { args: ["u32"], returns: "f64" },
    time_datagram: { args: ["buffer", "u32", "u32"], returns: "f64" },
    built_syn: { args: ["buffer", "u32"], returns: "u32" },
    built_datagram: { args: ["buffer", "u32", "buffer", "u32"], returns: "u32" },
  }).symbols;
}

const MACS = { destination: "02:00:00:00:00:02", source: "02:00:00:00:00:01" };
const DATA = new Uint8Array(100);

function syn(identification: number): Uint8Array {
  return build([
    { kind: "ethernet", ...MACS },
    { kind: "ipv4", source: "192.0.2.1", destination: "198.51.100.7", ttl: 64, identification },
    {
      kind: "tcp",
      sourcePort: 1234,
      destinationPort: 80,
      sequence: 1_000_000_000,
      flags: ["syn"],
      window: 65_535,
      options: [{ kind: "mss", value: 1460 }],
    },
  ]);
}

function datagram(sourcePort: number): Uint8Array {
  return build(
    [
      { kind: "ethernet", ...MACS },
      { kind: "vlan", id: 7 },
      { kind: "ipv6", source: "2001:db8::1", destination: "2001:db8:1:2:3:4:5:6", hopLimit: 64 },
      { kind: "udp", sourcePort, destinationPort: 53 },
    ],
    DATA,
  );
}

/** Hosts of a network, of which each frame has another one. */
const HOSTS = 64;

function host(index: number): string {
  return (index % HOSTS).toString(16).padStart(2, "0");
}

/** Of a connection: data and timestamps. */
function segment(index: number): Uint8Array {
  return build(
    [
      { kind: "ethernet", destination: MACS.destination, source: `02:00:00:00:01:${host(index)}` },
      {
        kind: "ipv4",
        source: `192.0.2.${index % HOSTS}`,
        destination: "198.51.100.7",
        ttl: 64,
        identification: index,
        dontFragment: true,
      },
      {
        kind: "tcp",
        sourcePort: 40_000 + index,
        destinationPort: 443,
        sequence: index * 1000,
        acknowledgment: index,
        flags: ["psh", "ack"],
        window: 501,
        options: [{ kind: "nop" }, { kind: "nop" }, { kind: "timestamps", value: index, echo: 7 }],
      },
    ],
    DATA,
  );
}

function tagged(index: number): Uint8Array {
  return build(
    [
      { kind: "ethernet", destination: MACS.destination, source: `02:00:00:00:01:${host(index)}` },
      { kind: "vlan", id: 7 },
      {
        kind: "ipv6",
        source: `2001:db8::${host(index)}`,
        destination: "2001:db8:1:2:3:4:5:6",
        hopLimit: 64,
      },
      { kind: "udp", sourcePort: 40_000 + index, destinationPort: 5000 },
    ],
    DATA,
  );
}

/** From an address that no other frame is from: the worst for texts that are kept. */
function spoofed(index: number): Uint8Array {
  const frame = segment(index);
  const mixed = Math.imul(index + 1, 0x9e37_79b1);
  new DataView(frame.buffer).setUint32(26, mixed);
  new DataView(frame.buffer).setUint32(8, mixed);
  return frame;
}

type Frames = {
  readonly name: string;
  readonly work: string;
  readonly list: readonly Uint8Array[];
};

const COUNT = 256;
const make = (maker: (index: number) => Uint8Array) =>
  Array.from({ length: COUNT }, (_, i) => maker(i));

const kinds: readonly Frames[] = [
  { name: "Ethernet/IPv4/TCP, timestamps", work: "tcp", list: make(segment) },
  { name: "Ethernet/VLAN/IPv6/UDP", work: "udp", list: make(tagged) },
  {
    name: "a mixed capture",
    work: "mixed",
    list: make((index) => [segment, tagged, segment, () => syn(index)][index % 4]?.(index) ?? DATA),
  },
];
const flood: Frames = { name: "a flood of spoofed TCP", work: "flood", list: make(spoofed) };

/** Every result ends here, so that none is optimised away. */
let sink = 0;

/** Reads all fields, and looks into every text so that it is really there. */
function readAll(layers: readonly Layer[]): void {
  for (const layer of layers) {
    if ("source" in layer) sink ^= layer.source.charCodeAt(3) ^ layer.destination.charCodeAt(3);
  }
}

const all = (frame: Uint8Array): void => {
  const packet = dissect(frame);
  readAll(packet.layers);
  sink ^= packet.payload.length;
};

/** The transport header alone, whose fields are numbers, but for TCP's flags and options. */
const transports: readonly ((frame: Uint8Array) => void)[] = [
  (frame) => {
    sink ^= dissect(frame).get("tcp")?.destinationPort ?? 0;
  },
  (frame) => {
    sink ^= dissect(frame).get("udp")?.destinationPort ?? 0;
  },
];

function over(list: readonly Uint8Array[], work: (frame: Uint8Array) => void): Timer {
  // Compiled for this work alone, as a program's own loop is.
  const loop = new Function(
    "list",
    "work",
    "calls",
    "for (let call = 0; call < calls; call++) work(list[call & (list.length - 1)]);",
  );
  return (calls) => {
    const begin = Bun.nanoseconds();
    loop(list, work, calls);
    return (Bun.nanoseconds() - begin) / calls;
  };
}

function building(work: (index: number) => Uint8Array): Timer {
  return (calls) => {
    const begin = Bun.nanoseconds();
    for (let call = 0; call < calls; call++) sink ^= work(call & 0xff).length;
    return (Bun.nanoseconds() - begin) / calls;
  };
}

/** What both decode and build must be the same. */
function agree(c: ReturnType<typeof library>): void {
  for (const { list, name } of kinds) {
    for (const frame of list) {
      const packet = dissect(frame);
      const tcp = packet.get("tcp")?.destinationPort ?? 0;
      const udp = packet.get("udp")?.destinationPort ?? 0;
      if (c.decoded_ports(frame, frame.length) !== ((udp << 16) | tcp) >>> 0) {
        throw new Error(`${name}: C decodes another port`);
      }
    }
  }
  const room = new Uint8Array(2048);
  const theirs = room.subarray(0, c.built_syn(room, 7)).toHex();
  if (theirs !== syn(7).toHex()) throw new Error("C builds another SYN");
  const size = c.built_datagram(room, 7, DATA, DATA.length);
  if (room.subarray(0, size).toHex() !== datagram(7).toHex()) {
    throw new Error("C builds another datagram");
  }
}

function native(c: ReturnType<typeof library>, list: readonly Uint8Array[], text: boolean): Timer {
  const ends = new Uint32Array(list.length);
  let end = 0;
  list.forEach((frame, index) => {
    end += frame.length;
    ends[index] = end;
  });
  const frames = new Uint8Array(end);
  list.forEach((frame, index) => {
    frames.set(frame, (ends[index] ?? 0) - frame.length);
  });
  return (calls) => c.time_decode(frames, ends, list.length, calls, text ? 1 : 0);
}

/** dpkt and scapy, as far as a python3 has them: Debian's own, which has its packages. */
function peers(shared: DisposableStack): [name: string, peer: Peer][] {
  const directory = mkdtempSync(join(tmpdir(), "rawsock-wire-"));
  shared.defer(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, "frames");
  const lines = kinds.flatMap(({ work, list }) =>
    list.map((frame) => `${work} ${frame.toHex()}\n`),
  );
  writeFileSync(path, lines.join(""));
  const found: [string, Peer][] = [];
  for (const library of ["dpkt", "scapy"]) {
    const python = ["/usr/bin/python3", "python3"].find((name) => {
      if (Bun.which(name) === null) return false;
      return Bun.spawnSync([name, "-c", `import ${library}`]).exitCode === 0;
    });
    if (python === undefined)
      console.log(`(${library} left out: apt-get install python3-${library})`);
    else {
      const command = [python, join(import.meta.dir, "wire.py"), library, path];
      found.push([library, shared.use(new Peer(command))]);
    }
  }
  return found;
}

/** How much faster than each. */
const GOALS: Readonly<Record<string, number>> = { dpkt: 0.1, scapy: 0.01 };

export const wire: Suite = {
  title: "Packets: rawsock/wire",
  cases(shared) {
    const c = library();
    agree(c);
    const cases: Case[] = [];
    for (const { name, list } of [...kinds, flood]) {
      cases.push({
        name: `dissect, all with text: ${name}`,
        ...(list === flood.list ? {} : { goal: { ratio: 3 } }),
        ours: over(list, all),
        native: native(c, list, true),
        end: () => {
          if (sink === 0.5) throw new Error("no result has a fraction");
        },
      });
    }
    transports.forEach((transport, index) => {
      const { name = "", list = [] } = kinds[index] ?? {};
      cases.push({
        name: `dissect, numbers alone: ${name}`,
        // 150 ns, where C takes 4.
        goal: { extraNanoseconds: 146 },
        ours: over(list, transport),
        native: native(c, list, false),
      });
      cases.push({
        name: `dissect, one field: ${name}`,
        goal: { ratio: 1 },
        ours: over(list, transport),
        native: over(list, all),
        against: "reading all",
      });
    });
    cases.push({
      name: "build a SYN",
      goal: { ratio: 3 },
      ours: building(syn),
      native: (calls) => c.time_syn(calls),
    });
    cases.push({
      name: "build a datagram, VLAN and IPv6",
      goal: { ratio: 3 },
      ours: building(datagram),
      native: (calls) => c.time_datagram(DATA, DATA.length, calls),
    });
    for (const [against, peer] of peers(shared)) {
      const goal = { ratio: GOALS[against] ?? 1 };
      for (const { name, work, list } of kinds) {
        const ours = over(list, all);
        cases.push({ name: `dissect: ${name}`, goal, against, ours, native: peer.timer(work) });
      }
      cases.push({
        name: "build a SYN",
        goal,
        against,
        ours: building(syn),
        native: peer.timer("syn"),
      });
      const [ours, native] = [building(datagram), peer.timer("datagram")];
      cases.push({ name: "build a datagram, VLAN and IPv6", goal, against, ours, native });
    }
    return cases;
  },
};

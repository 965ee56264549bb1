// The kernel as the judge: packets sent raw over a veth pair are accepted where verify calls them
// valid, and counted as corrupt where it does not.

import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { checksum, close, Sockaddr, sendto, socket } from "../../src/index.ts";
import { ipv4, ipv6, type Parts, Random, segment, type Transport } from "../support/frame.ts";
import { VethPair } from "../support/namespace.ts";
import { namespaces, testWith } from "../support/requirements.ts";

/** What the receiving kernel counts: packets it took, and those with a wrong checksum. */
const COUNTERS = {
  "inet udp": ["Udp:NoPorts", "Udp:InCsumErrors"],
  "inet tcp": ["Tcp:OutRsts", "Tcp:InCsumErrors"],
  "inet icmp": ["Icmp:OutEchoReps", "Icmp:InCsumErrors"],
  "inet6 udp": ["Udp6NoPorts", "Udp6InCsumErrors"],
  "inet6 tcp": ["Tcp:OutRsts", "Tcp:InCsumErrors"],
  "inet6 icmp": ["Icmp6OutEchoReplies", "Icmp6InCsumErrors"],
} as const;
type Kind = keyof typeof COUNTERS;
const HEADER = ["Icmp:OutEchoReps", "IpExt:InCsumErrors"] as const;

/** The counters of the namespace this thread is in. */
function counters(): Map<string, number> {
  const all = new Map<string, number>();
  for (const file of ["snmp", "netstat"]) {
    const lines = readFileSync(`/proc/thread-self/net/${file}`, "utf8").trim().split("\n");
    for (let at = 0; at + 1 < lines.length; at += 2) {
      const [prefix, ...names] = (lines[at] as string).split(" ");
      const values = (lines[at + 1] as string).split(" ").slice(1);
      for (const [index, name] of names.entries()) {
        all.set(`${prefix}${name}`, Number(values[index]));
      }
    }
  }
  for (const line of readFileSync("/proc/thread-self/net/snmp6", "utf8").trim().split("\n")) {
    const [name, value] = line.split(/\s+/);
    all.set(name as string, Number(value));
  }
  return all;
}

const address6 = (host: number) => [0xfd, 0x77, ...new Array<number>(13).fill(0), host];

/** A packet from a to b that a kernel without listeners answers, its checksums right. */
function packet(kind: Kind, random: Random): Uint8Array {
  const [family, transport] = kind.split(" ") as ["inet" | "inet6", Transport];
  const body = segment(transport, random.bytes(random.below(60)), random);
  if (transport === "icmp" && family === "inet6") body[0] = 128;
  // SYN, to a port nobody listens on; the data offset without options.
  if (transport === "tcp") body.set([0x50, 0x02], 12);
  if (transport !== "icmp") body.set([0xc0, random.below(256), 0xd0, random.below(256)], 0);
  const four: Parts = { source: [10, 77, 0, 1], destination: [10, 77, 0, 2] };
  const padding = Uint8Array.of(
    transport === "icmp" ? 58 : transport === "tcp" ? 6 : 17,
    0,
    1,
    4,
    0,
    0,
    0,
    0,
  );
  const options = random.below(2) === 0 ? { options: padding, protocol: 60 } : {};
  const frame =
    family === "inet"
      ? ipv4(transport, body, four)
      : ipv6(transport, body, { source: address6(1), destination: address6(2), ...options });
  if (family === "inet") checksum.ip(frame);
  checksum[transport](frame);
  return frame;
}

testWith(namespaces)("the kernel takes what is valid and drops what is not", async () => {
  using pair = new VethPair();
  pair.a.ip("link", "set", "veth0", "address", "02:00:00:00:00:01");
  pair.b.ip("link", "set", "veth0", "address", "02:00:00:00:00:02");
  // b answers without asking for a's address first.
  pair.b.ip("neigh", "replace", "10.77.0.1", "lladdr", "02:00:00:00:00:01", "dev", "veth0");
  pair.b.ip("neigh", "replace", "fd77::1", "lladdr", "02:00:00:00:00:01", "dev", "veth0");
  const fd = pair.a.enter(() => socket("packet", "raw"));
  const to = pair.a.enter(() => Sockaddr.packet({ interface: "veth0", protocol: "all" }));
  const random = new Random((Math.random() * 2 ** 32) >>> 0);
  try {
    for (const kind of Object.keys(COUNTERS) as Kind[]) {
      const verdicts = [true, false, false];
      const frames: Uint8Array[] = [];
      for (let count = 0; count < 30; count++) {
        const frame = packet(kind, random);
        if (count >= 10) spoil(frame, kind, count >= 20, random);
        frames.push(frame);
      }
      expect(frames.map((frame) => checksum.verify(frame).every(({ valid }) => valid))).toEqual(
        verdicts.flatMap((valid) => new Array<boolean>(10).fill(valid)),
      );
      expect(await judged(frames, COUNTERS[kind])).toEqual([10, 20]);
    }
    const headers = Array.from({ length: 20 }, (_, count) => {
      const frame = packet("inet icmp", random);
      if (count >= 10) frame[24] = (frame[24] as number) ^ (1 + random.below(255));
      expect(checksum.verify(frame)[0]?.valid).toBe(count < 10);
      return frame;
    });
    expect(await judged(headers, HEADER)).toEqual([10, 10]);

    // Corners: no UDP checksum at all, and a zero written the other way.
    const absent = (kind: Kind, at: number) => {
      const frame = packet(kind, random);
      frame.set([0, 0], frame[20] === 60 ? at + 8 : at);
      return frame;
    };
    const absent4 = absent("inet udp", 40);
    const absent6 = absent("inet6 udp", 60);
    expect(checksum.verify(absent4).at(-1)).toMatchObject({ valid: true, actual: 0 });
    expect(checksum.verify(absent6).at(-1)).toMatchObject({ valid: false, actual: 0 });
    expect(await judged([absent4], COUNTERS["inet udp"])).toEqual([1, 0]);
    expect(await judged([absent6], COUNTERS["inet6 udp"])).toEqual([0, 1]);
    const zero = otherZero(random);
    expect(checksum.verify(zero).at(-1)).toMatchObject({
      valid: true,
      expected: 0,
      actual: 0xffff,
    });
    expect(await judged([zero], COUNTERS["inet tcp"])).toEqual([1, 0]);
  } finally {
    close(fd);
  }

  /** Sends the frames; how much both counters grew. */
  async function judged(frames: Uint8Array[], names: readonly [string, string]) {
    const grown = () => {
      const now = pair.b.enter(counters);
      return names.map((name, index) => (now.get(name) ?? Number.NaN) - (before[index] ?? 0));
    };
    let before: number[] = [];
    before = grown();
    for (const frame of frames) sendto(fd, frame, to);
    const deadline = Date.now() + 3000;
    const sum = () => grown().reduce((a, b) => a + b);
    while (sum() < frames.length && Date.now() < deadline) await Bun.sleep(2);
    return grown();
  }
});

/** Changes the checksum field, or one of the bytes it covers. */
function spoil(frame: Uint8Array, kind: Kind, field: boolean, random: Random): void {
  const fields = { udp: 6, tcp: 16, icmp: 2 };
  const [family, transport] = kind.split(" ") as [string, Transport];
  const header = family === "inet" ? 20 : frame[20] === 60 ? 48 : 40;
  const at = 14 + header + fields[transport];
  const place = field ? at + random.below(2) : transport === "icmp" ? at + 3 : at - 5;
  do frame[place] = (frame[place] as number) ^ (1 + random.below(255));
  while (
    checksum.verify(frame).every(({ valid }) => valid) ||
    (frame[at] === 0 && frame[at + 1] === 0)
  );
}

/** A SYN whose sum is zero, stored as 0xffff. */
function otherZero(random: Random): Uint8Array {
  const frame = packet("inet tcp", random);
  frame.set([0, 0], 48); // the window makes up for the rest
  const value = checksum.tcp(frame);
  frame.set([value >> 8, value & 0xff], 48);
  expect(checksum.tcp(frame)).toBe(0);
  frame.set([0xff, 0xff], 50);
  return frame;
}

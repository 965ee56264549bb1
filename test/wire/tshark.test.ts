import { expect } from "bun:test";
import fc from "fast-check";
import { build, dissect, type Packet } from "../../src/wire/index.ts";
import { program, testWith } from "../support/requirements.ts";
import { golden } from "./support/golden.ts";
import { type Difference, judge } from "./support/judge.ts";
import { core } from "./support/rows.ts";
import { frame } from "./support/stack.ts";
import { tshark } from "./support/tshark.ts";

/** RAWSOCK_TEST_RUNS=n for more than a test run should take. */
const numRuns = Number(process.env.RAWSOCK_TEST_RUNS ?? 1000);

/** Why tshark may read a field in another way than we do. */
const explanations: readonly {
  readonly reason: string;
  explains(difference: Difference, packet: Packet): boolean;
}[] = [
  {
    reason: "of the TCP or ICMP that an ICMP error quotes, tshark shows the first bytes alone",
    explains: ({ field, theirs, ours }, packet) =>
      /^(tcp|icmp)\./.test(field) && quotes(packet) && theirs.length < ours.length,
  },
  {
    reason: "tshark's destination is the end of a source route",
    explains: ({ name }, packet) =>
      name === "ip.dst" && (packet.get("ipv4")?.options.length ?? 0) > 0,
  },
  {
    reason: "tshark reads the packet in NDP's redirected header, which is an option's data here",
    explains: (_, packet) => packet.get("icmpv6")?.type === 137,
  },
  {
    reason: "UDP-Lite has no length; tshark shows what it would be",
    explains: ({ name }, packet) => name === "udp.length" && packet.get("udplite") !== undefined,
  },
];

function quotes({ layers }: Packet): boolean {
  const error = layers.findIndex(({ kind }) => kind === "icmp");
  return error >= 0 && error < layers.length - 1;
}

const names = [...new Set(core.map(({ name }) => name))];

/** Every field of every frame: those that differ have an explanation, and are few. */
function agree(frames: readonly Uint8Array[], link = 1): void {
  const { compared, differences } = judge(frames, tshark(frames, names, { link }), core, link);
  const unexplained = differences.filter((difference) => {
    const packet = dissect(frames[difference.frame] as Uint8Array, { link });
    return !explanations.some(({ explains }) => explains(difference, packet));
  });
  const shown = unexplained.map((one) => ({ ...one, bytes: frames[one.frame]?.toHex() }));
  expect(shown.slice(0, 3)).toEqual([]);
  expect(1 - differences.length / compared).toBeGreaterThan(0.998);
  if (process.env.RAWSOCK_TEST_RUNS !== undefined) {
    console.log(`link ${link}: ${compared} fields, ${differences.length} differ`);
  }
}

const made = (link: number) =>
  golden.filter((frame) => frame.link === link).map(({ bytes }) => bytes);

testWith(program("tshark"))("scapy's frames and ours, tshark reads field by field as we do", () => {
  const stacks = fc.sample(frame, { numRuns, seed: 1 });
  agree([...made(1), ...stacks.map(({ layers, payload }) => build(layers, payload))]);
});

testWith(program("tshark"))("frames of other links, tshark reads as we do", () => {
  const links = new Set(golden.map(({ link }) => link));
  for (const link of links) if (link !== 1) agree(made(link), link);
});

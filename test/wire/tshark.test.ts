import { expect } from "bun:test";
import fc from "fast-check";
import { build, dissect, type Packet } from "../../src/wire/index.ts";
import { program, testWith } from "../support/requirements.ts";
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
];

function quotes({ layers }: Packet): boolean {
  const error = layers.findIndex(({ kind }) => kind === "icmp");
  return error >= 0 && error < layers.length - 1;
}

testWith(program("tshark"))("frames that were built, tshark reads field by field as we do", () => {
  const frames = fc
    .sample(frame, { numRuns, seed: 1 })
    .map(({ layers, payload }) => build(layers, payload));
  const names = [...new Set(core.map(({ name }) => name))];
  const { compared, differences } = judge(frames, tshark(frames, names), core);
  const unexplained = differences.filter((difference) => {
    const packet = dissect(frames[difference.frame] as Uint8Array);
    return !explanations.some(({ explains }) => explains(difference, packet));
  });
  console.log(
    compared,
    differences.length,
    unexplained
      .slice(0, 20)
      .map((d) => JSON.stringify(d) + frames[d.frame]?.toHex())
      .join("\n"),
  );
  expect(unexplained).toEqual([]);
  expect(1 - differences.length / compared).toBeGreaterThan(0.998);
});

// A bad wire between two interfaces, run in a namespace of its own: bun wire.ts left right '{…}'.
// It passes every frame on, but what it does to ICMP echo requests its plan says.

import { bind, poll, recv, send, setSocketOption, socket } from "../../src/index.ts";
import { dissect } from "../../src/wire/index.ts";

/** Lists of the sequence numbers of echo requests. */
export type Plan = {
  readonly drop?: readonly number[];
  /** Drops each whose number this divides. */
  readonly every?: number;
  readonly duplicate?: readonly number[];
  /** Kept back until another has passed. */
  readonly late?: readonly number[];
  /** The first byte of the data behind the eighth is changed in the reply. */
  readonly corrupt?: readonly number[];
};

const [left = "", right = "", text = "{}"] = process.argv.slice(2);
const plan: Plan = JSON.parse(text);

function open(name: string): number {
  const fd = socket("packet", "raw", "all");
  bind(fd, { family: "packet", interface: name, protocol: "all" });
  setSocketOption(fd, "PACKET_IGNORE_OUTGOING", true);
  return fd;
}

const fds = { left: open(left), right: open(right) };
const other = new Map([
  [fds.left, fds.right],
  [fds.right, fds.left],
]);
const buffer = new Uint8Array(65_536);
const kept: { frame: Uint8Array; to: number }[] = [];
/** ICMP header and eight bytes. */
const DATA = 16;

function pass(frame: Uint8Array, to: number): void {
  const packet = dissect(frame);
  const icmp = packet.get("icmp");
  const number = icmp !== undefined && "sequence" in icmp ? icmp.sequence : undefined;
  const is = (list: readonly number[] = []) => number !== undefined && list.includes(number);
  if (icmp?.type === 0 && is(plan.corrupt)) {
    // The checksum stays right: a bit more here, a bit less there.
    const at = (packet.span("icmp")?.start ?? 0) + DATA;
    frame[at] = (frame[at] as number) + 1;
    frame[at + 2] = (frame[at + 2] as number) - 1;
  }
  if (icmp?.type !== 8 || number === undefined) {
    send(to, frame);
    return;
  }
  if (is(plan.drop) || (plan.every !== undefined && number % plan.every === 0)) return;
  if (is(plan.late)) {
    kept.push({ frame: frame.slice(), to });
    return;
  }
  send(to, frame);
  if (is(plan.duplicate)) send(to, frame);
  for (const late of kept.splice(0)) send(late.to, late.frame);
}

console.log("ready");
for (;;) {
  const ready = poll([
    { fd: fds.left, events: ["in"] },
    { fd: fds.right, events: ["in"] },
  ]);
  for (const { fd } of ready) {
    const length = recv(fd, buffer, { dontwait: true });
    pass(buffer.subarray(0, length), other.get(fd) as number);
  }
}

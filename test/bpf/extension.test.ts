// What the kernel knows about packets that pass an interface, beside what run() is told of them.

import { describe, expect } from "bun:test";
import { assemble } from "../../src/bpf/assemble.ts";
import { EXTENSION, type ExtensionName } from "../../src/bpf/instruction.ts";
import { run } from "../../src/bpf/machine.ts";
import type { PacketMetadata } from "../../src/bpf/metadata.ts";
import { realise } from "../../src/bpf/realise.ts";
import {
  bind,
  close,
  PACKET,
  poll,
  recvfrom,
  sendto,
  setSocketOption,
  socket,
} from "../../src/index.ts";
import { Namespace } from "../support/namespace.ts";
import { namespaces, testWith } from "../support/requirements.ts";
import { frameOf } from "./frames.ts";
import { Random } from "./programs.ts";

const rootTest = testWith(namespaces);
const OUTGOING = Number(PACKET.OUTGOING);
const OTHERHOST = Number(PACKET.OTHERHOST);
const MARK = 0xa1b2_c3d4;
const LOOPBACK = { index: 1, hatype: 772 } as const;

/** A packet that the filter let through. */
type Seen = { readonly kept: number; readonly pkttype: number; readonly protocol: number };

/** The loopback interface of a namespace, with a filter in front of the reader. */
class Wire implements Disposable {
  readonly #namespace = new Namespace();
  readonly #sender: number;
  readonly #reader: number;
  readonly #buffer = new Uint8Array(2048);

  constructor() {
    [this.#sender, this.#reader] = this.#namespace.enter(
      () => [socket("packet", "raw"), socket("packet", "raw")] as const,
    );
    bind(this.#reader, { family: "packet", ifindex: LOOPBACK.index, protocol: "all" });
  }

  mark(value: number): void {
    setSocketOption(this.#sender, "SO_MARK", value);
  }

  /** Sends a frame; how the reader sees it on its way out and on its way in. */
  pass(source: string, frame: Uint8Array): Seen[] {
    setSocketOption(this.#reader, "SO_ATTACH_FILTER", assemble(source));
    const protocol = (Number(frame[12]) << 8) | Number(frame[13]);
    sendto(this.#sender, frame, { family: "packet", ifindex: LOOPBACK.index, protocol });
    return [this.#read(), this.#read()];
  }

  #read(): Seen {
    const [ready] = poll([{ fd: this.#reader, events: ["in"] }], 2000);
    if (ready === undefined) throw new Error("the packet did not come");
    const { length, address } = recvfrom(this.#reader, this.#buffer, { trunc: true });
    if (address?.family !== "packet") throw new Error("no packet address");
    const { pkttype, protocol } = address;
    return { kept: length, pkttype: Number(pkttype), protocol: Number(protocol) };
  }

  [Symbol.dispose](): void {
    close(this.#sender);
    close(this.#reader);
    this.#namespace[Symbol.dispose]();
  }
}

/** Keeps one byte more than a byte of what was loaded says: never none, of a packet of 300. */
const telling = (load: string, shift: number) => `${load}\nrsh #${shift}\nand #0xff\nadd #1\nret a`;

/** For somebody else, so that no network stack answers. */
function frame(type: number, size = 300): Uint8Array {
  const bytes = new Random(type).bytes(size);
  bytes.set([2, 1, 2, 3, 4, 5, 2, 6, 7, 8, 9, 10, type >> 8, type & 0xff]);
  return bytes;
}

function verdicts(source: string, bytes: Uint8Array, metadata: PacketMetadata) {
  const program = assemble(source);
  const fast = realise(program)(bytes, undefined, metadata);
  return [run(program, bytes, metadata), fast] as const;
}

describe("extensions", () => {
  rootTest("tell of a packet on its way out and in what run() is told", () => {
    using wire = new Wire();
    wire.mark(MARK);
    const names: ExtensionName[] = ["PROTOCOL", "PKTTYPE", "IFINDEX", "MARK", "QUEUE", "HATYPE"];
    names.push("VLAN_TAG", "VLAN_TAG_PRESENT", "VLAN_TPID", "ALU_XOR_X");
    const bytes = frame(0x88b5);
    for (const name of names) {
      for (const shift of [0, 8, 16, 24]) {
        const source = `ldx #0x1234567\nld #0x89abcdef\n${telling(`ld [${EXTENSION[name] | 0}]`, shift)}`;
        const seen = wire.pass(source, bytes);
        expect(seen.map(({ pkttype }) => pkttype)).toEqual([OUTGOING, OTHERHOST]);
        for (const { kept, pkttype } of seen) {
          const { index: ifindex, hatype } = LOOPBACK;
          const metadata = { ifindex, hatype, pkttype, mark: MARK };
          const [machine, fast] = verdicts(source, bytes, metadata);
          expect({ name, shift, machine, fast }).toEqual({
            name,
            shift,
            machine: kept,
            fast: kept,
          });
        }
      }
    }
  });

  rootTest("tell of a tag that the kernel took out of the frame", () => {
    using wire = new Wire();
    for (const tpid of [0x8100, 0x88a8]) {
      const inner = frame(0x88b6);
      const tag = [tpid >> 8, tpid & 0xff, 0x63, 0x21];
      const tagged = Uint8Array.from([...inner.subarray(0, 12), ...tag, ...inner.subarray(12)]);
      for (const name of ["vlan_tci", "vlan_pr", "vlan_tpid", "proto", "len"]) {
        for (const shift of [0, 8]) {
          const source = telling(`ld ${name}`, shift);
          const [, incoming] = wire.pass(source, tagged);
          const told = verdicts(source, inner, { vlan: { tci: 0x6321, tpid } });
          expect([name, ...told]).toEqual([name, Number(incoming?.kept), Number(incoming?.kept)]);
        }
      }
    }
  });

  rootTest("of chance and of the processor are in their range", () => {
    using wire = new Wire();
    const bytes = frame(0x88b7);
    const kept = Array.from({ length: 8 }, () => wire.pass(telling("ld rand", 0), bytes)[0]?.kept);
    expect(new Set(kept).size).toBeGreaterThan(1);
    const random = assemble("ld rand\nret a");
    expect(new Set(Array.from({ length: 8 }, () => run(random, bytes))).size).toBeGreaterThan(1);
    expect(verdicts("ld cpu\nret a", bytes, { cpu: 3 })).toEqual([3, 3]);
    expect(Number(wire.pass(telling("ld cpu", 0), bytes)[0]?.kept)).toBeLessThan(256);
  });
});

rootTest("offsets from the network and the link header lead to the same bytes", () => {
  using wire = new Wire();
  const bytes = frame(0x88b8);
  const loads = [0, 1, 5, 40, 280, 285, 286, 300, 1000].flatMap((offset) =>
    [-0x100000, -0x200000].flatMap((base) => [
      `ldb [${base + offset}]`,
      `ldh [${base + offset}]`,
      `ld [${base + offset}]`,
      `ldx #${offset}\nldh [x + ${base}]`,
      `ldxb 4*([${base + offset}]&0xf)\ntxa`,
    ]),
  );
  for (const load of loads) {
    // What lies outside ends the program with 0: the kernel drops it, so ask for the verdict alone.
    const [first, second] = verdicts(telling(load, 0), bytes, {});
    expect(second).toBe(Number(first));
    if (first === 0) continue;
    for (const { kept } of wire.pass(telling(load, 0), bytes))
      expect([load, kept]).toEqual([load, Number(first)]);
  }
});

/** A frame as it comes in, where the kernel takes the first tag out. */
function incoming(frame: Uint8Array): [Uint8Array, PacketMetadata] {
  const words = new DataView(frame.buffer, frame.byteOffset);
  const tpid = words.getUint16(12);
  if (tpid !== 0x8100 && tpid !== 0x88a8) return [frame, {}];
  const rest = Uint8Array.from([...frame.subarray(0, 12), ...frame.subarray(16)]);
  return [rest, { vlan: { tci: words.getUint16(14), tpid } }];
}

rootTest("the payload is found where the kernel finds it", () => {
  using wire = new Wire();
  let found = 0;
  for (let seed = 0; seed < 3000; seed++) {
    const bytes = frameOf(new Random(seed));
    const source = "ld poff\nadd #1\nret a";
    for (const { kept, pkttype } of wire.pass(source, bytes)) {
      const [seen, metadata] = pkttype === OUTGOING ? [bytes, {}] : incoming(bytes);
      const [machine, fast] = verdicts(source, seen, metadata);
      if (Math.min(machine, seen.length) !== kept || machine !== fast) {
        const about = `kernel ${kept}, machine ${machine}, pkttype ${pkttype}, ${bytes.toHex()}`;
        throw new Error(`seed ${seed}: ${about}`);
      }
      if (kept > 15 && kept < seen.length) found++;
    }
  }
  expect(found).toBeGreaterThan(2000);
});

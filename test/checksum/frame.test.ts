// Frames from outside: made by scapy, or random ones against GNU CLISP's own sums.

import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checksum } from "../../src/index.ts";
import frames from "../fixtures/frames.json";
import { removeDirectory } from "../support/directory.ts";
import { ipv4, Random, segment, type Transport } from "../support/frame.ts";
import { run } from "../support/namespace.ts";
import { program, testWith } from "../support/requirements.ts";
import { zig } from "../support/zig.ts";

const FIELDS = { icmp: 2, icmpv6: 2, tcp: 16, udp: 6 } as const;
type Layer = keyof typeof FIELDS;

test.each(frames)("scapy's $name", ({ hex, layer }) => {
  const frame = Uint8Array.fromHex(hex);
  const verdicts = checksum.verify(frame);
  const verdict = verdicts.at(-1);
  expect(verdict).toEqual({
    layer: layer as Layer,
    valid: true,
    expected: verdict?.actual as number,
    actual: verdict?.actual as number,
  });
  expect(verdicts.every(({ valid }) => valid)).toBe(true);
  expect(frame.toHex()).toBe(hex);

  // Whatever lies in the field, the same is stored again.
  const compute = checksum[layer === "icmpv6" ? "icmp" : (layer as "tcp" | "udp" | "icmp")];
  const stored = verdict?.actual as number;
  const changed = corrupt(frame, stored, layer as Layer);
  expect(checksum.verify(changed).at(-1)).toMatchObject({ valid: false, expected: stored });
  expect(compute(changed)).toBe(stored);
  expect(changed.toHex()).toBe(hex);

  // The IP packet alone, in the middle of a buffer.
  const network = Math.max(hex.indexOf("080045"), hex.indexOf("080046"), hex.indexOf("080048"));
  const start = (network >= 0 ? network + 4 : hex.indexOf("86dd60") + 4) / 2;
  const buffer = new Uint8Array(frame.length + 9).fill(0xa5);
  buffer.set(frame.subarray(start), 4);
  const options = { link: "none", start: 4, end: 4 + frame.length - start } as const;
  expect(checksum.verify(buffer, options)).toEqual(verdicts);
  expect(compute(buffer, options)).toBe(stored);
});

/** A copy with another value in the checksum field, which holds `stored`. */
function corrupt(frame: Uint8Array, stored: number, layer: Layer): Uint8Array {
  for (let at = frame.length - 2; at >= 34; at--) {
    const copy = frame.slice();
    if (((copy[at] as number) << 8) + (copy[at + 1] as number) !== stored) continue;
    copy[at] = (copy[at] as number) ^ 0x5a;
    const verdict = checksum.verify(copy).at(-1);
    if (verdict?.layer === layer && verdict.actual !== stored) return copy;
  }
  throw new Error("the field was not found");
}

const LAYERS = ["ip", "icmp", "tcp", "udp"] as const;

/** Calls CLISP's function for each frame: a byte for it, two for the length, the frame. */
const LISP = `
(require "rawsock")
(defun run (from to)
  (with-open-file (in from :element-type '(unsigned-byte 8))
    (with-open-file (out to :direction :output :element-type '(unsigned-byte 8))
      (loop for kind = (read-byte in nil) while kind do
        (let* ((size (+ (* 256 (read-byte in)) (read-byte in)))
               (frame (make-array size :element-type '(unsigned-byte 8))))
          (read-sequence frame in)
          (ecase kind (0 (rawsock:ipcsum frame)) (1 (rawsock:icmpcsum frame))
                      (2 (rawsock:tcpcsum frame)) (3 (rawsock:udpcsum frame)))
          (write-sequence frame out))))))
`;

testWith(program("clisp"))("GNU CLISP stores the same in 6,000 random IPv4 frames", () => {
  const seed = (Math.random() * 2 ** 32) >>> 0;
  const random = new Random(seed);
  const directory = mkdtempSync(join(tmpdir(), "rawsock-clisp-"));
  try {
    const input: Uint8Array[] = [];
    const ours: Uint8Array[] = [];
    for (let count = 0; count < 6000; count++) {
      const layer = random.pick(LAYERS);
      const frame = randomFrame(
        layer === "ip" ? random.pick(["icmp", "tcp", "udp"]) : layer,
        random,
      );
      const kind = LAYERS.indexOf(layer);
      const mine = frame.slice();
      const value = checksum[layer](mine);
      // CLISP stores the zero that says there is no checksum.
      if (layer === "udp" && value === 0xffff) continue;
      input.push(Uint8Array.of(kind, frame.length >> 8, frame.length & 0xff), frame);
      ours.push(mine);
    }
    writeFileSync(join(directory, "in"), Buffer.concat(input));
    writeFileSync(join(directory, "run.lisp"), `${LISP}(run "${directory}/in" "${directory}/out")`);
    // Debian's module wants a name that its own library should have brought.
    const source = "int ioctl(int, unsigned long, ...);\n";
    const stub = "int rpl_ioctl(int fd, unsigned long r, void *p) { return ioctl(fd, r, p); }\n";
    writeFileSync(join(directory, "stub.c"), source + stub);
    const library = join(directory, "stub.so");
    // For the machine's clisp, whatever this Bun is made for. Without a C library's stubs, which
    // the compiler would make first.
    const flags = ["-shared", "-nostdlib", "-fno-sanitize=all"];
    run(zig, "cc", ...flags, "-o", library, join(directory, "stub.c"));
    // In its directory: a path with a space would be two in LD_PRELOAD.
    const inside = 'cd "$0" && LD_PRELOAD=./stub.so exec clisp -q -norc run.lisp';
    run("sh", "-c", inside, directory);
    const theirs = readFileSync(join(directory, "out"));
    let at = 0;
    for (const mine of ours) {
      const same = theirs.subarray(at, at + mine.length);
      if (!same.equals(mine)) expect([seed, mine.toHex()]).toEqual([seed, same.toString("hex")]);
      at += mine.length;
    }
    expect(at).toBe(theirs.length);
    expect(ours.length).toBeGreaterThan(5000);
  } finally {
    removeDirectory(directory);
  }
});

function randomFrame(transport: Transport, random: Random): Uint8Array {
  const payload = random.bytes(random.below(random.below(10) === 0 ? 1400 : 80));
  const content = segment(transport, payload, random);
  // What lies in the field before does not matter.
  content.set(random.bytes(2), FIELDS[transport]);
  const frame = ipv4(transport, content, {
    source: [...random.bytes(4)],
    destination: [...random.bytes(4)],
    // No operation: random options could hold a source route, which CLISP does not follow.
    options: new Uint8Array(random.below(3) === 0 ? random.below(11) * 4 : 0).fill(1),
  });
  frame.set(random.bytes(2), 24);
  frame.set([random.below(256)], 22);
  return frame;
}

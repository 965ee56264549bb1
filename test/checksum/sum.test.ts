import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { checksum } from "../../src/index.ts";
import { native } from "../../src/native/library.ts";
import { Random } from "../support/frame.ts";

const bytes = new Random(1071).bytes(6000);

/** RFC 1071 word by word. */
function naive(data: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < data.length; index += 2) {
    sum += ((data[index] as number) << 8) | (data[index + 1] ?? 0);
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return sum;
}

describe("the kernels", () => {
  const fastest = native.rawsock_checksum_kernel();

  test("the choice is one that /proc/cpuinfo bears out", async () => {
    if (process.arch !== "x64" || process.platform !== "linux") return;
    const flags = new Set((await Bun.file("/proc/cpuinfo").text()).split(/\s+/));
    expect(fastest).toBe(flags.has("avx512_vbmi2") ? 2 : flags.has("avx2") ? 1 : 0);
  });

  for (let kernel = 0; kernel <= fastest; kernel++) {
    for (const [name, data] of [
      ["random", bytes],
      ["all ones", new Uint8Array(5003).fill(0xff)],
      ["zero", new Uint8Array(5003)],
    ] as const) {
      test(`kernel ${kernel}, ${name}: lengths 0 to 5,000 at three alignments`, () => {
        for (const alignment of [0, 1, 3]) {
          for (let length = 0; length <= 5000; length++) {
            const sum = native.rawsock_checksum_partial(data, alignment, length, 0, kernel);
            const expected = naive(data.subarray(alignment, alignment + length));
            if (sum !== expected)
              expect([alignment, length, sum]).toEqual([alignment, length, expected]);
          }
        }
      });
    }

    test(`kernel ${kernel}: 16 MiB of ones, of 0x8000 and of random bytes`, () => {
      const large = new Uint8Array(16 * 1024 * 1024);
      const words = new Uint16Array(large.buffer);
      for (const fill of [0xffff, 0x0080, 0x7fff]) {
        words.fill(fill);
        for (const length of [large.length, large.length - 1]) {
          const sum = native.rawsock_checksum_partial(large, 0, length, 0, kernel);
          expect(sum).toBe(naive(large.subarray(0, length)));
        }
      }
      for (let at = 0; at < large.length; at += bytes.length) {
        large.set(bytes.subarray(0, Math.min(bytes.length, large.length - at)), at);
      }
      const sum = native.rawsock_checksum_partial(large, 0, large.length, 0, kernel);
      expect(sum).toBe(naive(large));
    });
  }
});

describe("sums", () => {
  test("the example of RFC 1071, section 3", () => {
    const data = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
    expect(checksum.partial(data)).toBe(0xddf2);
    expect(checksum.internet(data)).toBe(0x220d);
  });

  test("nothing sums to zero, and a folded sum stays as it is", () => {
    expect(checksum.internet(new Uint8Array())).toBe(0xffff);
    expect(checksum.partial(new Uint8Array(), 0xffff)).toBe(0xffff);
    expect(checksum.partial(new Uint8Array(), 0x1fffe)).toBe(0xffff);
  });

  test("every kind of bytes, and a part by start and end", () => {
    const data = bytes.slice(0, 101);
    const expected = checksum.partial(data.slice(3, 98));
    const options = { start: 3, end: 98 };
    expect(expected).toBe(naive(data.subarray(3, 98)));
    for (const kind of [data, Buffer.from(data), data.buffer, new DataView(data.buffer)]) {
      expect(checksum.partial(kind, 0, options)).toBe(expected);
      expect(checksum.internet(kind, options)).toBe(expected ^ 0xffff);
    }
    const shared = new SharedArrayBuffer(101);
    new Uint8Array(shared).set(data);
    expect(checksum.partial(shared, 0, options)).toBe(expected);
    expect(checksum.partial(new Uint16Array(data.buffer.slice(0, 8)))).toBe(
      naive(data.subarray(0, 8)),
    );
  });

  test("random splits, odd ones too, combine to the whole", () => {
    const cuts = fc.array(fc.nat(5000), { maxLength: 8 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), cuts, (data, places) => {
        const bounds = [0, ...places.filter((at) => at <= data.length), data.length];
        bounds.sort((a, b) => a - b);
        let sum = 0;
        for (let part = 1; part < bounds.length; part++) {
          const [start, end] = [bounds[part - 1] as number, bounds[part] as number];
          sum = checksum.combine(sum, checksum.partial(data.subarray(start, end)), start);
        }
        expect(sum).toBe(naive(data));
      }),
    );
  });

  test("even parts compose through partial's sum", () => {
    const first = checksum.partial(bytes.subarray(0, 1234));
    expect(checksum.partial(bytes.subarray(1234), first)).toBe(naive(bytes));
  });

  test("fold takes sums beyond 32 bits", () => {
    expect(checksum.fold(0)).toBe(0);
    expect(checksum.fold(0x10000)).toBe(1);
    expect(checksum.fold(Number.MAX_SAFE_INTEGER)).toBe(Number(BigInt(2 ** 53 - 1) % 0xffffn));
  });

  test("wrong arguments", () => {
    const data = new Uint8Array(4);
    expect(() => checksum.internet("text" as never)).toThrow(TypeError);
    expect(() => checksum.internet([1, 2] as never)).toThrow(TypeError);
    expect(() => checksum.internet(data, { start: 5 })).toThrow(RangeError);
    expect(() => checksum.internet(data, { end: 5 })).toThrow(RangeError);
    expect(() => checksum.internet(data, { start: 3, end: 2 })).toThrow(RangeError);
    expect(() => checksum.internet(data, { start: 1.5 })).toThrow(RangeError);
    expect(() => checksum.internet(data, { begin: 1 } as never)).toThrow(/begin.*start, end/);
    expect(() => checksum.internet(data, 3 as never)).toThrow(TypeError);
    expect(() => checksum.partial(data, -1)).toThrow(RangeError);
    expect(() => checksum.partial(data, 0.5)).toThrow(RangeError);
    expect(() => checksum.partial(data, "1" as never)).toThrow(TypeError);
    expect(() => checksum.combine(1, 1, -1)).toThrow(RangeError);
    expect(() => checksum.fold(Number.NaN)).toThrow(RangeError);
  });

  test("a getter that takes the buffer away leaves nothing to sum", () => {
    const data = new Uint8Array(64);
    const options = {
      get end(): number {
        structuredClone(data.buffer, { transfer: [data.buffer] });
        return 64;
      },
    };
    expect(() => checksum.internet(data, options)).toThrow(RangeError);
  });
});

describe("pseudoHeader", () => {
  const v4 = [192, 0, 2, 1, 198, 51, 100, 7, 0, 6, 0x12, 0x35];

  test("IPv4 and IPv6, text and bytes, name and number", () => {
    const expected = naive(Uint8Array.from(v4));
    expect(checksum.pseudoHeader("192.0.2.1", "198.51.100.7", "tcp", 0x1235)).toBe(expected);
    const [from, to] = [Uint8Array.from(v4.slice(0, 4)), Uint8Array.from(v4.slice(4, 8))];
    expect(checksum.pseudoHeader(from, to, 6, 0x1235)).toBe(expected);
    const [six, other] = [bytes.slice(0, 16), bytes.slice(16, 32)];
    const whole = Uint8Array.of(...six, ...other, 0, 1, 0x23, 0x45, 0, 0, 0, 58);
    expect(checksum.pseudoHeader(six, other, "icmpv6", 0x12345)).toBe(naive(whole));
    expect(checksum.pseudoHeader("fe80::1", "::1", 58, 0)).toBe(checksum.fold(0xfe80 + 1 + 1 + 58));
  });

  test("goes before a segment as the kernel's sums do", () => {
    const sum = checksum.pseudoHeader("127.0.0.1", "127.0.0.2", "udp", 12);
    expect(sum).toBe(checksum.fold(0x7f00 + 1 + 0x7f00 + 2 + 17 + 12));
  });

  test("wrong arguments", () => {
    const { pseudoHeader } = checksum;
    expect(() => pseudoHeader("1.2.3", "1.2.3.4", 6, 0)).toThrow(TypeError);
    expect(() => pseudoHeader("1.2.3.4", "::1", 6, 0)).toThrow(TypeError);
    expect(() => pseudoHeader(new Uint8Array(5), "1.2.3.4", 6, 0)).toThrow(RangeError);
    expect(() => pseudoHeader("1.2.3.4", "1.2.3.4", "nonsense", 0)).toThrow(TypeError);
    expect(() => pseudoHeader("1.2.3.4", "1.2.3.4", 256, 0)).toThrow(RangeError);
    expect(() => pseudoHeader("1.2.3.4", "1.2.3.4", 6, 0x10000)).toThrow(RangeError);
    expect(() => pseudoHeader("::1", "::1", 6, 2 ** 32)).toThrow(RangeError);
    expect(() => pseudoHeader(4 as never, "1.2.3.4", 6, 0)).toThrow(TypeError);
  });
});

describe("update", () => {
  const pair = (value: number) => Uint8Array.of(value >> 8, value & 0xff);

  test("the example of RFC 1624, section 4: 0x0000, not 0xffff", () => {
    expect(checksum.update(0xdd2f, pair(0x5555), pair(0x3285))).toBe(0x0000);
  });

  test("equals the sum made anew, for fields of any even length", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 8, maxLength: 64 }),
        fc.uint8Array({ minLength: 0, maxLength: 8 }),
        fc.nat(100),
        (content, field, place) => {
          const to = field.subarray(0, field.length & ~1);
          // The version of IPv4 keeps the packet from being all zero.
          const packet = Uint8Array.of(0x45, 0, ...content);
          const at = 2 + (place % 4) * 2;
          if (at + to.length > packet.length) return;
          const from = packet.slice(at, at + to.length);
          const stored = checksum.internet(packet);
          packet.set(to, at);
          expect(checksum.update(stored, from, to)).toBe(checksum.internet(packet));
        },
      ),
    );
  });

  test("every value of a word, from and to the corners", () => {
    const packet = Uint8Array.of(0x45, 0, 0, 0);
    for (const start of [0x0000, 0x0001, 0xbaff, 0xbb00, 0xfffe, 0xffff]) {
      packet.set(pair(start), 2);
      const stored = checksum.internet(packet);
      for (let value = 0; value <= 0xffff; value++) {
        packet.set(pair(value), 2);
        const updated = checksum.update(stored, pair(start), pair(value));
        if (updated !== checksum.internet(packet)) expect([start, value]).toEqual([]);
      }
    }
  });

  test("wrong arguments", () => {
    expect(() => checksum.update(0x10000, pair(0), pair(0))).toThrow(RangeError);
    expect(() => checksum.update(0, new Uint8Array(3), pair(0))).toThrow(RangeError);
    expect(() => checksum.update(0, pair(0), new Uint8Array(1))).toThrow(RangeError);
    expect(() => checksum.update(0, 1 as never, pair(0))).toThrow(TypeError);
  });
});

// Packets of a ring, which tell the writers where they lie.

import { expect, setDefaultTimeout, test } from "bun:test";
import { PcapngWriter, PcapWriter } from "../../../src/capture/file/index.ts";
import type { CapturedPacket } from "../../../src/capture/packet.ts";
import { PLACE, type Place, type Placed } from "../../../src/capture/place.ts";
import { Folder, frame } from "./support.ts";

/** Machines do other things as well. */
setDefaultTimeout(60_000);

const memory = new ArrayBuffer(1 << 20);
const bytes = new Uint8Array(memory);
const halves = new Uint16Array(memory);

/** A packet whose bytes are read only through its place. */
class Lying implements Placed {
  readonly packet: CapturedPacket;
  readonly start: number;
  asked = 0;

  constructor(packet: CapturedPacket, start: number) {
    this.packet = packet;
    this.start = start;
    bytes.set(packet.data, start);
  }

  get data(): Uint8Array {
    this.asked++;
    return this.packet.data;
  }

  [PLACE](place: Place): void {
    const {
      data,
      length,
      timestamp,
      direction,
      dropped = 0,
    } = this.packet as CapturedPacket & {
      dropped?: number;
    };
    Object.assign(place, { bytes, halves, start: this.start, kept: data.length, length, dropped });
    place.seconds = Number(timestamp / 1_000_000_000n);
    place.nanoseconds = Number(timestamp % 1_000_000_000n);
    place.interface = this.packet.interface;
    place.outgoing = direction === "out";
  }
}

const SIZES = [0, 1, 2, 3, 4, 5, 60, 61, 62, 63, 191, 192, 193, 1000, 65_535];
const PACKETS = SIZES.flatMap((size, row) =>
  [0, 1, 2, 3].map((shift) => {
    const number = 4 * row + shift;
    const packet = {
      data: frame(number, 70_000).slice(0, size),
      length: 70_000 + number,
      timestamp: 1_700_000_000_000_000_000n + BigInt(number) * 999_999_937_000n,
      interface: number % 3,
      direction: number % 2 === 0 ? "in" : "out",
      checksum: "unknown",
      ...(number % 5 === 0 ? { dropped: number + 1 } : {}),
    } as const;
    return new Lying(packet, 70_000 * (number % 7) + shift);
  }),
);

for (const Writer of [PcapWriter, PcapngWriter]) {
  for (const resolution of ["ns", "us"] as const) {
    test(`${Writer.name} in ${resolution}: the same bytes as of plain packets`, async () => {
      using folder = new Folder();
      const [plain, lying] = [folder.at("plain"), folder.at("lying")];
      const options = { resolution, snaplen: 100_000 };
      const [one, other] = [Writer.create(plain, options), Writer.create(lying, options)];
      for (const each of PACKETS) {
        bytes.set(each.packet.data, each.start);
        one.write(each.packet);
        other.write(each as unknown as CapturedPacket);
        // And in between, where no state of the one is the other's.
        if (each.packet.length % 3 === 0) for (const both of [one, other]) both.write(each.packet);
      }
      await one.close();
      await other.close();
      const written = await Bun.file(lying).bytes();
      expect(written.length).toBeGreaterThan(200_000);
      expect(Buffer.compare(written, await Bun.file(plain).bytes())).toBe(0);
      expect(PACKETS.every(({ asked }) => asked === 0)).toBe(true);
    });
  }

  test(`${Writer.name}: what is refused, and rotation by time`, async () => {
    using folder = new Folder();
    const [first] = PACKETS.slice(-1) as [Lying];
    const write = (writer: PcapWriter | PcapngWriter, packet: Lying) =>
      writer.write(packet as unknown as CapturedPacket);
    using small = Writer.create(folder.at("small"), { snaplen: 100 });
    expect(() => write(small, first)).toThrow("more than the snaplen of 100");
    using coarse = Writer.create(folder.at("coarse"), { resolution: "us" });
    const fine = new Lying({ ...first.packet, timestamp: 1_000_000_001n }, 0);
    expect(() => write(coarse, fine)).toThrow("timestamp 1000000001 would lose nanoseconds");
    const rotate = { interval: 1_500_000 };
    await using rotating = Writer.create(folder.at("trace"), { rotate });
    for (const each of PACKETS.slice(0, 5)) write(rotating, each);
    expect(rotating.path).toEndWith("trace_00003");
  });
}

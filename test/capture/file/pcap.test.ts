import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { CaptureFileError, readPackets } from "../../../src/capture/file/index.ts";
import { testWith } from "../../support/requirements.ts";
import {
  bytesOf,
  editcap,
  Folder,
  frame,
  pcap,
  readAll,
  run,
  seen,
  tshark,
  tsharkPackets,
} from "./support.ts";

/** Machines do other things as well. */
setDefaultTimeout(60_000);

const SECOND = 1_700_000_000;
const NS = 1_000_000_000n;
const [one, two] = [frame(1), frame(2, 61)];

for (const little of [true, false]) {
  describe(`pcap in ${little ? "little" : "big"} endian`, () => {
    test("microseconds", async () => {
      const file = pcap({ little }, [SECOND, 999_999, 60, 60, one], [SECOND + 1, 1, 61, 1500, two]);
      const { reader, packets } = await readAll(file);
      expect(packets).toEqual([
        {
          data: one,
          length: 60,
          timestamp: BigInt(SECOND) * NS + 999_999_000n,
          interface: 0,
          link: "ethernet",
        },
        {
          data: two,
          length: 1500,
          timestamp: BigInt(SECOND + 1) * NS + 1000n,
          interface: 0,
          link: "ethernet",
        },
      ]);
      expect(reader.format).toBe("pcap");
      expect(reader.byteOrder).toBe(little ? "little" : "big");
      expect(reader.truncated).toBe(false);
      expect(reader.interfaces).toEqual([{ link: "ethernet", snaplen: 65_535, resolution: 1e6 }]);
    });

    test("nanoseconds, up to the last second that there is", async () => {
      const last = 2 ** 32 - 1;
      const init = { little, magic: 0xa1b23c4d };
      const file = pcap(init, [SECOND, 123_456_789, 60, 60, one], [last, 999_999_999, 0, 60]);
      const { reader, packets } = await readAll(file);
      expect(packets.map(({ timestamp }) => timestamp)).toEqual([
        BigInt(SECOND) * NS + 123_456_789n,
        BigInt(last) * NS + 999_999_999n,
      ]);
      expect(reader.interfaces[0]?.resolution).toBe(1e9);
    });

    test("Kuznetzov's records have an interface and a direction", async () => {
      const more = (index: number, type: number) =>
        bytesOf(little, index, Uint8Array.of(8, 0, type, 0));
      const file = pcap(
        { little, magic: 0xa1b2cd34 },
        [SECOND, 5, 60, 60, more(3, 4), one],
        [SECOND, 6, 61, 61, more(3, 0), two],
        [SECOND, 7, 60, 60, more(0, 0), one],
      );
      const { packets } = await readAll(file);
      expect(packets.map(({ direction }) => direction)).toEqual(["out", "in", undefined]);
      expect(packets.map(({ data }) => data)).toEqual([one, two, one]);
      expect("direction" in (packets[2] as object)).toBe(false);
    });

    test("before version 2.3 the lengths stand in the other order; in 2.3 where it shows", async () => {
      const old = pcap({ little, version: [2, 2] }, [1, 2, 1500, 60, one], [1, 3, 61, 61, two]);
      const mixed = pcap({ little, version: [2, 3] }, [1, 2, 1500, 60, one], [1, 3, 61, 99, two]);
      const dgux = pcap({ little, version: [543, 0] }, [1, 2, 1500, 60, one]);
      const lengths = async (file: Uint8Array) =>
        (await readAll(file)).packets.map(({ data, length }) => [data.length, length]);
      expect(await lengths(old)).toEqual([
        [60, 1500],
        [61, 61],
      ]);
      expect(await lengths(mixed)).toEqual([
        [60, 1500],
        [61, 99],
      ]);
      expect(await lengths(dgux)).toEqual([[60, 1500]]);
    });

    test("the link's field may have the length of a frame check sequence", async () => {
      const file = pcap({ little, network: 0x2400_0001 }, [1, 0, 60, 60, one]);
      const { reader, packets } = await readAll(file);
      expect(packets[0]?.link).toBe("ethernet");
      expect(reader.interfaces[0]).toMatchObject({ link: "ethernet", fcsLength: 4 });
    });

    test("a snaplen of 0, and one that is less than a packet", async () => {
      for (const snaplen of [0, 10]) {
        const { packets } = await readAll(pcap({ little, snaplen }, [1, 0, 60, 60, one]));
        expect(packets[0]?.data).toEqual(one);
      }
    });

    test("what no file has is an error that says where", async () => {
      const refused = async (file: Uint8Array) => {
        const reader = readPackets(file);
        let count = 0;
        try {
          for await (const _ of reader) count++;
        } catch (error) {
          expect(error).toBeInstanceOf(CaptureFileError);
          expect(error).toBeInstanceOf(RangeError);
          return [count, (error as CaptureFileError).offset, (error as Error).message];
        }
        return [count];
      };
      expect(await refused(pcap({ little, version: [3, 0] }))).toEqual([
        0,
        4,
        "a pcap file of the unknown version 3.0 at byte 4",
      ]);
      expect(await refused(pcap({ little }, [1, 0, 60, 60, one], [2, 0, 0xffff_ffff, 60]))).toEqual(
        [1, 100, "a packet of 4294967295 bytes, where `maximum` allows 16777216, at byte 100"],
      );
    });
  });
}

test("links have names, or numbers where they have none", async () => {
  const links = [0, 1, 9, 12, 14, 101, 105, 108, 113, 276];
  const named = await Promise.all(
    links.map(async (network) => (await readAll(pcap({ network }))).reader.interfaces[0]?.link),
  );
  expect(named).toEqual([
    "null",
    "ethernet",
    "ppp",
    "raw",
    "raw",
    "raw",
    105,
    "loop",
    "linux-sll",
    "linux-sll2",
  ]);
});

test("`maximum` says what a packet may have", async () => {
  const file = pcap({}, [1, 0, 70_000, 70_000, frame(1, 70_000)]);
  expect((await readAll(file)).packets[0]?.data.length).toBe(70_000);
  await expect(readAll(file, { maximum: 65_536 })).rejects.toThrow("a packet of 70000 bytes");
  expect(() => readPackets(file, { maximum: 10 })).toThrow(RangeError);
  expect(() => readPackets(file, { maximal: 10 } as object)).toThrow("did you mean maximum?");
});

testWith(editcap, tshark)(
  "every kind of pcap that editcap makes is read as tshark does",
  async () => {
    using folder = new Folder();
    const records = Array.from(
      { length: 20 },
      (_, index) =>
        [SECOND + index, 1000 * index, 60 + index, 100, frame(index, 60 + index)] as const,
    );
    const original = folder.write("original", pcap({}, ...records));
    for (const kind of ["pcap", "nsecpcap", "modpcap", "nokiapcap", "rh6_1pcap", "suse6_3pcap"]) {
      const file = folder.at(kind);
      run("editcap", "-F", kind, original, file);
      const { packets, reader } = await readAll(file);
      expect([kind, packets.map(seen)]).toEqual([kind, tsharkPackets(file)]);
      expect([packets.length, reader.truncated]).toEqual([20, false]);
    }
  },
);

testWith(editcap, tshark)("what text2pcap and mergecap write is read as tshark does", async () => {
  using folder = new Folder();
  const dump = Array.from({ length: 5 }, (_, index) => {
    const bytes = [...frame(index, 64 + index)];
    return `000000 ${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ")}\n`;
  });
  const hex = folder.write("hex", dump.join("\n"));
  run("text2pcap", "-q", "-F", "pcap", hex, folder.at("a.pcap"));
  run("text2pcap", "-q", "-F", "pcapng", "-l", "101", hex, folder.at("b.pcapng"));
  for (const kind of ["pcapng", "nsecpcap"]) {
    const sources = kind === "pcapng" ? ["a.pcap", "b.pcapng"] : ["a.pcap", "a.pcap"];
    run("mergecap", "-F", kind, "-w", folder.at(kind), ...sources.map((name) => folder.at(name)));
  }
  for (const name of ["a.pcap", "b.pcapng", "pcapng", "nsecpcap"]) {
    const { packets } = await readAll(folder.at(name));
    expect([name, packets.map(seen)]).toEqual([name, tsharkPackets(folder.at(name))]);
    expect(packets.length).toBe(name.includes(".") ? 5 : 10);
  }
});

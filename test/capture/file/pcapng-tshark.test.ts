// pcapng files of other programs, and what they read of files made by hand.

import { expect } from "bun:test";
import { testWith } from "../../support/requirements.ts";
import {
  block,
  concat,
  description,
  editcap,
  enhanced,
  Folder,
  frame,
  option,
  pair,
  pcap,
  readAll,
  run,
  section,
  seen,
  tshark,
  tsharkPackets,
} from "./support.ts";

const one = frame(1);
const SECOND = 1_700_000_000n;
const NS = 1_000_000_000n;

testWith(editcap, tshark)(
  "what editcap writes, with comments and cuts, is read alike",
  async () => {
    using folder = new Folder();
    const records = Array.from(
      { length: 10 },
      (_, index) => [1000 + index, 1000 * index, 60, 100, frame(index)] as const,
    );
    const original = folder.write("original", pcap({}, ...records));
    const [commented, cut] = [folder.at("commented"), folder.at("cut")];
    run("editcap", "-F", "pcapng", "-a", "2:of the second", original, commented);
    run("editcap", "-F", "pcapng", "-s", "33", "-t", "0.123456789", commented, cut);
    for (const file of [commented, cut]) {
      const { packets, reader } = await readAll(file);
      expect(packets.map(seen)).toEqual(tsharkPackets(file));
      expect(packets.map(({ comment }) => comment)[1]).toBe("of the second");
      expect(reader.section.application).toContain("Wireshark");
    }
  },
);

testWith(tshark)("what was made by hand is read as tshark does", async () => {
  using folder = new Folder();
  for (const little of [true, false]) {
    const file = concat(
      section(little),
      description(little),
      description(little, { link: 101 }, option(little, 9, Uint8Array.of(9))),
      enhanced(little, one, { ticks: SECOND * 1_000_000n + 3n, length: 61 }),
      enhanced(little, frame(3, 61).slice(14), { id: 1, ticks: SECOND * NS + 5n }),
      block(little, 2, pair(little, 1, 3), 0, 77, 47, 47, frame(4, 61).slice(14)),
      section(!little),
      description(!little),
      enhanced(!little, one, { ticks: SECOND * 1_000_000n + 4n }),
    );
    const path = folder.write("file", file);
    const { packets } = await readAll(path);
    const shown = tsharkPackets(path);
    // tshark counts interfaces through all sections.
    expect(packets.map(seen).map(({ interface: _, ...rest }) => rest)).toEqual(
      shown.map(({ interface: _, ...rest }) => rest),
    );
    expect(packets.length).toBe(4);
  }
});

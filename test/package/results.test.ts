// What was run where: docs/platforms.md has the table of test/results.json.

import { expect, test } from "bun:test";
import { join } from "node:path";
import {
  guestLine,
  page,
  parseGuestLine,
  type Results,
  read,
  recording,
  table,
} from "../../scripts/results.ts";

const platforms = join(import.meta.dir, "../../docs/platforms.md");

test("the table of docs/platforms.md is that of test/results.json: npm run docs", async () => {
  const text = await Bun.file(platforms).text();
  expect(page(text, read())).toBe(text);
});

const one = { passed: 1, failed: 0, skipped: 0 };
const results: Results = {
  "npm test": {
    kernel: "Linux 6.18",
    architecture: "x64",
    bun: "1.4.5",
    date: "2026-01-31",
    rooms: { socket: { passed: 7, failed: 2, skipped: 3 }, wire: one },
  },
  "npm run test:musl": {
    kernel: "Linux 6.18",
    architecture: "x64",
    bun: "1.4.5",
    libc: "musl",
    emulated: true,
    date: "2026-01-31",
    rooms: { wire: one },
  },
};

test("the table says where each command ran, and what of each directory passed", () => {
  const text = table(results);
  expect(text).toContain(
    "| A | `npm test` | Linux 6.18, x64, glibc, Bun 1.4.5 | 2026-01-31 |" +
      " 8, **2 failed**, 3 skipped |",
  );
  expect(text).toContain("| Linux 6.18, x64 emulated, musl, Bun 1.4.5 |");
  expect(text).toContain("| socket | 7, **2 failed**, 3 skipped |  |");
  expect(text).toContain("| wire | 1 | 1 |");
});

test("without results it says so", () => {
  expect(table({})).toBe("Nothing is recorded.");
});

test("a page without a place for the table is an error", () => {
  expect(() => page("# Platforms\n", results)).toThrow("no place");
});

test("what a guest prints is told from its counts", () => {
  const { rooms } = results["npm test"] ?? { rooms: {} };
  const found = { kernel: "Linux 6.1", architecture: "arm64", bun: "1.4.5", rooms };
  expect(parseGuestLine(`${guestLine(found)}\r\n`)).toEqual(found);
  for (const line of ["", "1 passed, 0 failed, 0 skipped", "<results", "<results {"]) {
    expect(parseGuestLine(line)).toBeUndefined();
  }
});

test("chosen files are not kept for the whole", () => {
  const words = ["6.1", "--record"];
  expect([recording(words), words]).toEqual([true, ["6.1"]]);
  expect(recording(["6.1"])).toBe(false);
  expect(() => recording(["--record", "test/socket/load.test.ts"])).toThrow("whole directories");
});

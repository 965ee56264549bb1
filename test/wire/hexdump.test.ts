import { expect, test } from "bun:test";
import { hexdump } from "../../src/wire/index.ts";
import { Random } from "../support/frame.ts";
import { program, testWith } from "../support/requirements.ts";
import { Folder } from "./support/pcap.ts";

test("bytes are shown by sixteens, with their ASCII", () => {
  expect(hexdump(new TextEncoder().encode("Packets, as plain\nobjects"))).toBe(
    [
      "00000000  50 61 63 6b 65 74 73 2c  20 61 73 20 70 6c 61 69  |Packets, as plai|",
      "00000010  6e 0a 6f 62 6a 65 63 74  73                       |n.objects|",
      "00000019",
    ].join("\n"),
  );
  expect(hexdump(new Uint8Array(0))).toBe("");
  expect(() => hexdump("text" as never)).toThrow(TypeError);
});

testWith(program("hexdump", "bsdextrautils"))("bytes are shown as hexdump -Cv does", () => {
  using folder = new Folder();
  const random = new Random(7);
  for (const length of [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 300]) {
    const bytes = random.bytes(length);
    const { stdout } = Bun.spawnSync(["hexdump", "-Cv", folder.write("bytes", bytes)]);
    expect(hexdump(bytes)).toBe(String(stdout).trimEnd());
  }
});

// The code of docs/capture-files.md does what is said beside it; so does the example.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { end } from "../../support/program.ts";
import { testWith } from "../../support/requirements.ts";
import { bytesOf, Folder, frame, pcap, readAll, tcpdump, tcpdumpPackets } from "./support.ts";

/** Machines do other things as well. */
setDefaultTimeout(60_000);

const repository = join(import.meta.dir, "../../..");
const guide = await Bun.file(join(repository, "docs/capture-files.md")).text();
const blocks = [...guide.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code as string);

/** A block, with the modules' names made those of the sources. */
function source(block: string): string {
  return block.replaceAll(/"rawsock\/(\w+)"/g, (_, name) =>
    JSON.stringify(join(repository, `src/${name}/index.ts`)),
  );
}

describe("the guide's blocks print what is behind their //", () => {
  expect(blocks.length).toBeGreaterThan(4);
  for (const [index, block] of blocks.entries()) {
    test(`block ${index + 1}`, async () => {
      using folder = new Folder();
      const script = folder.write("block.ts", source(block));
      const child = Bun.spawnSync([process.execPath, script], { cwd: folder.path });
      const told = [...block.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
      expect(String(child.stderr)).toBe("");
      expect(told.length).toBeGreaterThan(0);
      expect(String(child.stdout).trimEnd().split("\n")).toEqual(told as string[]);
    });
  }
});

test("the files that the guide links to exist", () => {
  for (const [, path] of guide.matchAll(/\]\((?!http)([^)]+)\)/g)) {
    expect(`${path} ${existsSync(join(repository, "docs", path as string))}`).toBe(`${path} true`);
  }
});

const example = (...words: string[]) => [
  process.execPath,
  join(repository, "examples/extract.ts"),
  ...words,
];

/** Frames of IPv4's protocols 17 and 253 in turn. */
function mixed(): Uint8Array {
  const records = Array.from({ length: 20 }, (_, number) => {
    const bytes = frame(number, 60);
    if (number % 2 === 0) bytes[23] = 17;
    return [1000 + number, number, 60, 60, bytes] as const;
  });
  return pcap({ little: false }, ...records);
}

testWith(tcpdump)("the example keeps what its filter lets through, as tcpdump does", async () => {
  using folder = new Folder();
  const from = folder.write("from", gzipSync(mixed()));
  const plain = folder.write("plain", mixed());
  const [to, theirs] = [folder.at("to"), folder.at("theirs")];
  expect(await end(example(from, to, "udp or", "arp"))).toMatchObject({
    stdout: "",
    stderr: "10 of 20 packets\n",
    exitCode: 0,
  });
  await end(["tcpdump", "-r", plain, "-w", theirs, "udp or arp"]);
  expect(tcpdumpPackets(to)).toEqual(tcpdumpPackets(theirs));
  expect((await readAll(to)).reader.section.comment).toBe(`of ${from}: udp or arp`);
});

test("the example tells of mistakes, of cuts and of nonsense", async () => {
  using folder = new Folder();
  const [from, to] = [folder.write("from", mixed().subarray(0, 1000)), folder.at("to")];
  const mistake = await end(example(from, to, "tcp porf 80"));
  expect(mistake.exitCode).toBe(1);
  expect(mistake.stderr).toStartWith('unexpected "porf" at 4: ');
  expect(existsSync(to)).toBe(false);
  const cut = await end(example(from, to, "udp"));
  expect(cut.stderr).toBe("6 of 12 packets; the file is cut off\n");
  const nonsense = folder.write("nonsense", bytesOf(true, 1, 2, 3));
  const refused = await end(example(nonsense, to, "udp"));
  expect([refused.exitCode, refused.stderr]).toEqual([1, "no capture file at byte 0\n"]);
});

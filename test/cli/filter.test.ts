// `rawsock filter` beside tcpdump, `rawsock checksum` beside tcpdump -vv.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PcapngWriter } from "../../src/capture/index.ts";
import { build } from "../../src/wire/index.ts";
import { removeDirectory } from "../support/directory.ts";
import { end } from "../support/program.ts";
import { program, testWith } from "../support/requirements.ts";
import { command, objects, quoted, rawsock } from "./support.ts";

const tcpdump = program("tcpdump");
let directory: string;
let file: string;

const IPV4 = { kind: "ipv4", source: "10.0.0.1", destination: "10.0.0.2", ttl: 64 } as const;
const IPV6 = { kind: "ipv6", source: "fd00::1", destination: "fd00::2" } as const;
const ETHERNET = {
  kind: "ethernet",
  source: "02:00:00:00:00:01",
  destination: "02:00:00:00:00:02",
} as const;
const DATA = new TextEncoder().encode("data");
const UDP = { kind: "udp", sourcePort: 1000, destinationPort: 2000 } as const;
const TCP = { kind: "tcp", sourcePort: 1000, destinationPort: 80, flags: ["syn"] } as const;
/** Right ones, and two wrong sums in each of two. */
const FRAMES = [
  build([ETHERNET, IPV4, UDP], DATA),
  build([ETHERNET, { ...IPV4, checksum: 1 }, { ...UDP, checksum: 2 }], DATA),
  build([ETHERNET, IPV6, { ...TCP, checksum: 3 }]),
  build([ETHERNET, IPV6, { kind: "icmpv6", type: 128, checksum: 4 }], DATA),
  build([ETHERNET, { kind: "arp", operation: "request", targetAddress: "10.0.0.9" }]),
];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "rawsock-filter-"));
  file = join(directory, "frames.pcapng");
  await using writer = PcapngWriter.create(file);
  for (const [index, data] of FRAMES.entries()) {
    const timestamp = 1_700_000_000_000_000_000n + BigInt(index);
    await writer.write({ data, length: data.length, timestamp, interface: 0, link: "ethernet" });
  }
});
afterAll(() => removeDirectory(directory));

const EXPRESSION = "tcp port 80 or (udp and src net 10.0.0.0/8) or icmp6";

testWith(tcpdump)("the program is tcpdump's, in each of its forms", async () => {
  await Promise.all(
    ["-d", "-dd", "-ddd"].map(async (form) => {
      const [ours, theirs] = await Promise.all([
        command(["filter", form, "tcp port 443 and not arp"]),
        end(["tcpdump", "-y", "EN10MB", form, "tcp port 443 and not arp"]),
      ]);
      expect(ours.stdout).toBe(theirs.stdout);
      expect(ours.exitCode).toBe(0);
    }),
  );
});

test("every line of a program is explained", async () => {
  const [text, json, raw] = await Promise.all([
    command(["filter", "tcp", "port", "80"]),
    command(["filter", "--json", "tcp port 80"]),
    command(["filter", "-y", "raw", "src host 10.0.0.1"]),
  ]);
  expect(text.stdout).toContain("A = EtherType\n");
  expect(text.stdout).toContain("if it is 0x86dd (IPv6): go on, else go to");
  expect(text.stdout).toContain("if it is 0x50 (80): a match, else ");
  const instructions = objects(json.stdout);
  expect(instructions).toHaveLength(text.stdout.trimEnd().split("\n").length);
  for (const { explanation } of instructions) expect(explanation).not.toMatch(/^$|unknown/);
  expect(raw.stdout).toContain("if it is 0xa000001 (10.0.0.1): a match, else no match");
});

testWith(tcpdump)("a run over a file counts and writes what tcpdump does", async () => {
  const target = join(directory, "matches.pcapng");
  const { stdout } = await command(["filter", "--json", "-r", file, "-w", target, EXPRESSION]);
  expect(objects(stdout)).toMatchObject([{ packets: 5, matched: 4 }]);
  const [ours, theirs] = await Promise.all([
    end(["tcpdump", "-n", "-r", target]),
    end(["tcpdump", "-n", "-r", file, EXPRESSION]),
  ]);
  expect(ours.stdout).toBe(theirs.stdout);
});

test("a program is read back, and tried on a packet", async () => {
  const [made, read] = [rawsock("filter", "-ddd", "arp"), rawsock("filter", "-p", "-")];
  const pipe = `${quoted(made)} | ${quoted(read)}`;
  const hex = FRAMES.map((frame) => frame.toHex());
  const [told, yes, no, wrong] = await Promise.all([
    end(["sh", "-c", pipe]),
    command(["filter", "-x", hex[4] as string, "arp"]),
    command(["filter", "-x", hex[0] as string, "arp"]),
    command(["filter", "tcp", "prot", "80"]),
  ]);
  expect(told.stdout).toContain("if it is 0x806 (ARP): a match, else no match");
  expect([yes.stdout, yes.exitCode]).toEqual(["a match: 262144 bytes are kept\n", 0]);
  expect([no.stdout, no.exitCode]).toEqual(["no match\n", 1]);
  expect(wrong.stderr).toMatch(/^rawsock filter: unexpected "prot" at 4: .*\n$/);
});

testWith(tcpdump)("wrong checksums are found, and mended for tcpdump", async () => {
  const mended = join(directory, "mended.pcapng");
  const before = await command(["checksum", file]);
  expect(before.stdout.replaceAll(/ {2}IP.*/g, "")).toMatch(
    /^2: ip 0x0001 should be 0x\w{4}\n2: udp 0x0002 should be .*\n3: tcp .*\n4: icmpv6 .*\n5 packets: 2 checksums right, 4 wrong, 1 packets not judged\n$/,
  );
  expect(before.exitCode).toBe(1);
  const write = await command(["checksum", "-w", mended, file]);
  expect(write.stdout).toContain("4 mended");
  expect(write.exitCode).toBe(0);
  const { stdout } = await end(["tcpdump", "-vv", "-n", "-r", mended]);
  expect(stdout).not.toMatch(/bad|incorrect|wrong/);
  expect((await end(["tcpdump", "-vv", "-n", "-r", file])).stdout).toMatch(/bad.*cksum/);
  const after = await command(["checksum", "--json", mended]);
  expect(objects(after.stdout)).toMatchObject([
    { event: "summary", right: 6, wrong: 0, unjudged: 1 },
  ]);
});

test("bytes in hexadecimal are judged, mended and summed", async () => {
  const frame = FRAMES[1] as Uint8Array;
  const packet = frame.subarray(14).toHex();
  const [judged, mended, sum, nonsense] = await Promise.all([
    command(["checksum", "--hex", packet]),
    command(["checksum", "--mend", "--hex", frame.toHex()]),
    command(["checksum", "--sum", "--hex", "00 01 f2 03 f4 f5 f6 f7"]),
    command(["checksum", "--hex", "12 3"]),
  ]);
  expect(judged.stdout).toContain("1: ip 0x0001 should be ");
  expect(judged.exitCode).toBe(1);
  expect(mended.stdout).toBe(`${(FRAMES[0] as Uint8Array).toHex()}\n`);
  // The example of RFC 1071.
  expect(sum.stdout).toBe("0x220d\n");
  expect(nonsense.exitCode).toBe(2);
});

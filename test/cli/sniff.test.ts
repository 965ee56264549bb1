// `rawsock sniff` beside tcpdump.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AUTHORITATIVE_ANSWER,
  type Packet as DnsPacket,
  encode,
  type Question,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from "dns-packet";
import { PcapWriter } from "../../src/capture/index.ts";
import { build } from "../../src/wire/index.ts";
import { removeDirectory } from "../support/directory.ts";
import { end, unprivileged } from "../support/program.ts";
import { namespaces, program, setpriv, testWith } from "../support/requirements.ts";
import { command, MAIN, objects, quoted, Row, Running, rawsock, start } from "./support.ts";

const tcpdump = program("tcpdump");
const socat = program("socat");
const needs = [namespaces, tcpdump, socat, program("ping", "iputils-ping")] as const;
let row: Row;
let directory: string;
let mixed: string;

beforeAll(async () => {
  if (!needs.every(({ met }) => met)) return;
  directory = mkdtempSync(join(tmpdir(), "rawsock-sniff-"));
  mixed = join(directory, "mixed.pcap");
  row = new Row();
  await record();
}, 60_000);
afterAll(() => {
  row?.[Symbol.dispose]();
  if (directory !== undefined) removeDirectory(directory);
});

/** A question to a name server: the A record of example.org. */
const QUESTION = "04d201000001000000000000076578616d706c65036f72670000010001";

/** TCP, UDP, DNS, ICMP, ARP and neighbour discovery, in IPv4 and IPv6. */
async function traffic(): Promise<void> {
  const { a, b } = row;
  const shell = (text: string) => end(a.command("sh", "-c", text));
  await using server = new Running(
    ["socat", "-T2", "TCP6-LISTEN:7000,fork,reuseaddr", "EXEC:cat"],
    b,
  );
  await Bun.sleep(300);
  await Promise.all([
    shell("ping -c2 -i0.2 10.78.2.2; ping -c2 -i0.2 fd78:2::2"),
    shell("printf hello | socat -t1 - TCP:10.78.2.2:7000"),
    shell("printf hello | socat -t1 - 'TCP:[fd78:2::2]:7000'"),
    shell("printf x | socat -u - UDP:10.78.2.2:9; printf xy | socat -u - 'UDP:[fd78:2::2]:9'"),
    shell("socat -u OPEN:/dev/null TCP:10.78.2.2:1"),
  ]);
  const question = join(directory, "question");
  await Bun.write(question, Buffer.from(QUESTION, "hex"));
  await shell(`socat -u OPEN:${question} UDP:10.78.2.2:53`);
  await server.end("SIGTERM");
}

let ours: string;

async function record(): Promise<void> {
  ours = join(directory, "ours.pcapng");
  const words = [
    "-i",
    "left",
    "-U",
    "--immediate-mode",
    "-w",
    mixed,
    "not (icmp6 and ip6[40] >= 143)",
  ];
  await using theirs = new Running(["tcpdump", ...words], row.router);
  await using sniff = start(["sniff", "-i", "left", "-w", ours, ...words.slice(6)], row.router);
  await Promise.all([theirs.until("listening on"), sniff.until("listening on")]);
  await traffic();
  // Either takes its time.
  const last = "10.78.2.2 udp port 53 unreachable";
  for (const file of [mixed, ours]) {
    for (let tries = 0; tries < 50; tries++) {
      if ((await end(["tcpdump", "-n", "-r", file])).stdout.includes(last)) break;
      await Bun.sleep(100);
    }
  }
  const ended = await sniff.end("SIGINT");
  await theirs.end("SIGINT");
  expect([ended.stdout, ended.exitCode]).toEqual(["", 0]);
  expect(ended.stderr).toMatch(/^listening on left, link-type ethernet\n\d+ packets captured\n/);
}

/** What a line says of addresses and ports, flags, lengths. */
function gist(line: string) {
  const [, addresses = line.replace(/^\S+ /, "")] = /^\S+ (\S+ \S+ > [^ ]+):/.exec(line) ?? [];
  const flags = /Flags \[\S+\]/.exec(line)?.[0];
  const length = /length (\d+)|\((\d+)\)$/.exec(line)?.slice(1).find(Boolean);
  return { addresses, flags, length };
}

const lines = (text: string) => text.trimEnd().split("\n");

testWith(...needs)("a mixed capture is told as tcpdump -n tells it", async () => {
  const [told, theirs] = await Promise.all([
    command(["sniff", "-n", "-r", mixed]),
    end(["tcpdump", "-n", "-S", "-r", mixed]),
  ]);
  const expected = lines(theirs.stdout);
  expect(expected.length).toBeGreaterThan(30);
  expect(lines(told.stdout).map(gist)).toEqual(expected.map(gist));
  // Times, too, and every word of most lines.
  const same = lines(told.stdout).filter((line, index) => line === expected[index]);
  expect(same.length).toBeGreaterThan(expected.length * 0.9);
  const dns = lines(told.stdout).find((line) => line.includes("A? example.org."));
  expect(dns).toMatch(/> 10\.78\.2\.2\.53: 1234\+ A\? example\.org\. \(29\)$/);
  expect(told.stderr).toBe("");
});

testWith(...needs)("what was recorded is what tcpdump recorded", async () => {
  const words = ["tcpdump", "-n", "-S", "-e", "-t", "-r"];
  const [left, right] = await Promise.all([end([...words, ours]), end([...words, mixed])]);
  // They were not begun at the same moment; the hosts talk to groups when they like.
  const both = [left, right].map(({ stdout }) =>
    lines(stdout).filter((line) => !/ff02::/.test(line)),
  );
  expect(both[0]?.length).toBeGreaterThan(30);
  expect(both[0]?.sort()).toEqual(both[1]?.sort() as string[]);
});

testWith(...needs)(
  "expressions, counts, times, hardware addresses and bytes are as there",
  async () => {
    for (const words of [
      ["-t", "-x", "icmp"],
      ["-tt", "-e", "-c3", "tcp port 7000"],
      ["-tttt", "-X", "udp"],
      ["-ttttt", "arp"],
      ["-t", "-xx", "-c1", "arp"],
    ]) {
      const [told, theirs] = await Promise.all([
        command(["sniff", "-r", mixed, ...words]),
        end(["tcpdump", "-n", "-S", "-r", mixed, ...words]),
      ]);
      expect(told.stdout).not.toBe("");
      const fold = (text: string) =>
        text
          .replaceAll(/ +$/gm, "")
          .replaceAll(/ {2,}/g, "  ")
          .replaceAll(
            /ethertype (IPv4 |IPv6 |ARP )?\(?(0x\w+)\)?, length (\d+): (IP6? |ARP, )?/g,
            "$2 $3 ",
          );
      expect(fold(told.stdout)).toBe(fold(theirs.stdout));
    }
  },
);

testWith(...needs)("objects have the layers", async () => {
  const { stdout } = await command(["sniff", "--json", "-r", mixed, "-c1", "icmp"]);
  const [packet, summary] = objects(stdout);
  expect(packet.layers.map(({ kind }: { kind: string }) => kind)).toEqual([
    "ethernet",
    "ipv4",
    "icmp",
  ]);
  expect(packet.line).toContain("10.78.1.1 > 10.78.2.2: ICMP echo request");
  expect(BigInt(packet.timestamp) > 10n ** 18n).toBe(true);
  expect(summary).toEqual({ event: "summary", packets: 1 });
});

testWith(...needs)(
  "any interface is told, with direction, until the count is reached",
  async () => {
    await using sniff = start(["sniff", "-i", "any", "-c4", "icmp and icmp[0] == 8"], row.router);
    await sniff.until("listening on any, link-type linux-sll2");
    await end(row.a.command("ping", "-c2", "-i0.2", "10.78.2.2"));
    const { stdout, exitCode } = await sniff.end();
    const ways = lines(stdout).map((line) => line.split(" ").slice(1, 3).join(" "));
    expect(ways).toEqual(["left In", "right Out", "left In", "right Out"]);
    expect(exitCode).toBe(0);
  },
);

testWith(...needs)("files rotate, and each is whole", async () => {
  const path = join(directory, "turn.pcapng");
  await using sniff = start(
    ["sniff", "-i", "left", "-w", path, "-G", "0.5", "-W", "2"],
    row.router,
  );
  await sniff.until("listening on");
  await end(row.a.command("ping", "-q", "-c16", "-i0.1", "10.78.2.2"));
  await sniff.end("SIGINT");
  const files = readdirSync(directory).filter((name) => name.startsWith("turn"));
  expect(files).toHaveLength(2);
  for (const name of files) {
    const { stdout, exitCode } = await end(["tcpdump", "-n", "-r", join(directory, name)]);
    expect(stdout).toContain("ICMP echo");
    expect(exitCode).toBe(0);
  }
});

testWith(...needs)("what the kernel dropped is told", async () => {
  const words = ["sniff", "-i", "left", "-B", "64", "-w", join(directory, "flood.pcapng"), "udp"];
  await using sniff = start(words, row.router);
  await sniff.until("listening on");
  sniff.child.kill("SIGSTOP");
  await end(
    row.a.command(
      "sh",
      "-c",
      "head -c 8000000 /dev/zero | socat -b1400 -u - UDP4-SENDTO:10.78.2.2:9",
    ),
  );
  sniff.child.kill("SIGCONT");
  await Bun.sleep(500);
  const { stderr } = await sniff.end("SIGINT");
  expect(Number(/(\d+) packets dropped by the kernel\n$/.exec(stderr)?.[1])).toBeGreaterThan(100);
});

testWith(...needs)("standard output takes a recording", async () => {
  const pipe = `${quoted(rawsock("sniff", "-r", mixed, "-w", "-", "icmp"))} | tcpdump -n -r -`;
  const { stdout } = await end(["sh", "-c", pipe]);
  const theirs = await end(["tcpdump", "-n", "-r", mixed, "icmp"]);
  expect(stdout).toBe(theirs.stdout);
});

testWith(tcpdump)("messages of DNS are told as tcpdump tells them", async () => {
  const name = "www.example.org";
  const questions: Question[] = [{ name, type: "A" }];
  const asked: DnsPacket = { type: "query", id: 7, questions };
  const answered: DnsPacket = { type: "response", id: 7, questions };
  const usual = RECURSION_DESIRED | RECURSION_AVAILABLE;
  const messages: DnsPacket[] = [
    { ...asked, flags: RECURSION_DESIRED },
    { ...asked, questions: [{ name, type: "AAAA" }] },
    {
      ...asked,
      questions: [{ name: "1.0.0.10.in-addr.arpa", type: "PTR" }],
      flags: RECURSION_DESIRED,
    },
    {
      ...answered,
      flags: usual | AUTHORITATIVE_ANSWER,
      answers: [
        { name, type: "CNAME", data: "example.org", ttl: 60 },
        { name: "example.org", type: "A", data: "192.0.2.1", ttl: 60 },
      ],
    },
    { ...answered, flags: usual, answers: [{ name, type: "AAAA", data: "2001:db8::1", ttl: 60 }] },
    {
      ...answered,
      flags: RECURSION_DESIRED,
      answers: [
        { name, type: "MX", data: { exchange: "mail.example.org", preference: 10 }, ttl: 60 },
        {
          name,
          type: "SRV",
          data: { target: "a.example.org", port: 5060, priority: 1, weight: 2 },
          ttl: 60,
        },
        { name, type: "TXT", data: ["v=spf1", "-all"], ttl: 60 },
      ],
    },
    { ...answered, flags: usual | 3 },
    { ...answered, flags: usual | 2 | TRUNCATED_RESPONSE },
  ];
  const file = join(tmpdir(), `rawsock-dns-${process.pid}.pcap`);
  await using writer = PcapWriter.create(file);
  for (const [index, message] of messages.entries()) {
    const ports = message.type === "query" ? [40_000, 53] : [53, 40_000];
    const [sourcePort, destinationPort] = ports as [number, number];
    const data = build(
      [
        { kind: "ethernet", source: "02:00:00:00:00:01", destination: "02:00:00:00:00:02" },
        { kind: "ipv4", source: "10.0.0.1", destination: "10.0.0.2" },
        { kind: "udp", sourcePort, destinationPort },
      ],
      encode(message),
    );
    const timestamp = 1_700_000_000_000_000_000n + BigInt(index);
    await writer.write({ data, length: data.length, timestamp, interface: 0, link: "ethernet" });
  }
  await writer.close();
  try {
    const [told, theirs] = await Promise.all([
      command(["sniff", "-t", "-r", file]),
      end(["tcpdump", "-n", "-t", "-r", file]),
    ]);
    expect(lines(told.stdout)).toEqual(lines(theirs.stdout));
  } finally {
    rmSync(file);
  }
});

testWith(...needs)("a recording without packets is a file, too", async () => {
  const empty = join(directory, "empty.pcapng");
  await command(["sniff", "-r", mixed, "-w", empty, "port 12345"]);
  const { stdout, exitCode } = await end(["tcpdump", "-n", "-r", empty]);
  expect([stdout, exitCode]).toEqual(["", 0]);
});

testWith(setpriv)("nobody is told what it takes", async () => {
  const words = unprivileged([process.execPath, MAIN, "sniff", "-i", "lo"]);
  const { stderr, exitCode } = await end(words);
  expect(stderr).toMatch(/^rawsock sniff: .*EPERM.*CAP_NET_RAW.*\n$/);
  expect(exitCode).toBe(1);
});

test("what cannot be is an error of one line", async () => {
  const cases = [
    [["-i", "no-such-thing"], 1, /^rawsock sniff: .*ENODEV.*no-such-thing.*\n$/],
    [["-r", "/no/such/file"], 1, /^rawsock sniff: ENOENT.*\n$/],
    [["-r", import.meta.path], 1, /^rawsock sniff: no capture file.*\n$/],
    [["-i", "lo", "tcp", "prot", "80"], 1, /^rawsock sniff: unexpected "prot".*\n$/],
    [["-i", "lo", "-C", "5"], 2, /^rawsock sniff: -C and -G go with -w\nTry .*\n$/],
  ] as const;
  await Promise.all(
    cases.map(async ([words, status, text]) => {
      const { stderr, exitCode } = await command(["sniff", ...words]);
      expect(stderr).toMatch(text);
      expect(exitCode).toBe(status);
    }),
  );
});

// `rawsock ping` beside iputils' ping, over a router, a bad wire, and nothing at all.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { Namespace } from "../support/namespace.ts";
import { end, NOBODY, unprivileged } from "../support/program.ts";
import { namespaces, program, setpriv, testWith } from "../support/requirements.ts";
import { command, MAIN, objects, Row, Running, start, sysctl } from "./support.ts";
import type { Plan } from "./wire.ts";

const ping = program("ping", "iputils-ping");
const needs = [namespaces, ping] as const;
let row: Row;

beforeAll(() => {
  if (needs.every(({ met }) => met)) row = new Row();
});
afterAll(() => row?.[Symbol.dispose]());

/** What ping(8) and we say of the same, without times. */
async function both(
  ...words: string[]
): Promise<[ours: string, theirs: string, status: unknown[]]> {
  const [ours, theirs] = await Promise.all([
    command(["ping", ...words], row.a),
    end(row.a.command("ping", ...words)),
  ]);
  return [same(ours.stdout), same(theirs.stdout), [ours.exitCode, theirs.exitCode]];
}

function same(text: string): string {
  return text
    .replaceAll(/time[= ][\d.]+ ?ms/g, "time")
    .replaceAll(/= [\d.]+\/[\d.]+\/[\d.]+\/[\d.]+ ms(, pipe \d+)?/g, "= times")
    .replaceAll(/^(PING \S+) ?\(/gm, "$1 (")
    .replaceAll(/\n+$/g, "");
}

testWith(...needs)("replies, of IPv4 and IPv6, are told as ping tells them", async () => {
  const cases = [
    ["-c3", "-i0.05", "10.78.2.2"],
    ["-c2", "-i0.05", "-s", "1000", "-t", "9", "10.78.2.2"],
    ["-c2", "-i0.05", "-s", "24", "-q", "10.78.1.2"],
    ["-c2", "-i0.05", "fd78:2::2"],
    ["-c1", "-I", "right", "10.78.1.2"],
    ["-c1", "-I", "10.78.1.1", "10.78.2.2"],
  ];
  for (const [ours, theirs, status] of await Promise.all(cases.map((words) => both(...words)))) {
    // The address that it sends from is told by ping alone.
    expect(ours).toBe(theirs.replace(/ from \S+ \w*:/, ""));
    expect(status).toEqual([0, 0]);
  }
});

testWith(...needs)("errors from routers are told as ping tells them", async () => {
  sysctl(row.router, "net.ipv4.neigh.right.retrans_time_ms=100");
  row.router.ip("route", "add", "prohibit", "10.79.0.0/16");
  row.router.ip("-6", "route", "add", "prohibit", "fd79::/64");
  const cases = [
    ["-c1", "-t1", "10.78.2.2"],
    ["-c1", "-t1", "fd78:2::2"],
    ["-c1", "fd79::1"],
    ["-c1", "10.78.2.99"],
  ];
  for (const [ours, theirs, status] of await Promise.all(cases.map((words) => both(...words)))) {
    expect(ours).toBe(theirs);
    expect(status).toEqual([1, 1]);
  }
  // The kernel says so not every time.
  const { stdout } = await command(["ping", "-c5", "-i0.3", "-W0.3", "10.79.0.1"], row.a);
  expect(stdout).toMatch(/^From 10\.78\.1\.2 icmp_seq=\d Packet filtered$/m);
});

testWith(...needs)("a smaller MTU on the way is told, with the number", async () => {
  row.router.ip("link", "set", "right", "mtu", "1400");
  try {
    const said = {
      "10.78.2.2": "From 10.78.1.2 icmp_seq=1 Frag needed and DF set (mtu = 1400)\n",
      "fd78:2::2": "From fd78:1::2 icmp_seq=1 Packet too big: mtu=1400\n",
    };
    for (const [host, text] of Object.entries(said)) {
      const words = ["-c1", "-M", "do", "-s", "1440", host];
      const { stdout, exitCode } = await command(["ping", ...words], row.a);
      expect(stdout).toContain(text);
      expect(exitCode).toBe(1);
      // Now the kernel knows, so that ping(8) is refused here.
      const theirs = await end(row.a.command("ping", ...words));
      expect(theirs.stdout + theirs.stderr).toMatch(/mtu[=:] ?1400/);
    }
    const json = await command(["ping", "--json", "-c1", "-M", "do", "-s2000", "10.78.2.2"], row.a);
    expect(objects(json.stdout)[1]).toMatchObject({ event: "error", mtu: expect.any(Number) });
    // Larger than the first link's: refused here, without a packet.
    const { stderr } = await command(["ping", "-c1", "-M", "do", "-s2000", "10.78.1.2"], row.a);
    expect(stderr).toBe("rawsock ping: local error: message too long, mtu=1500\n");
  } finally {
    row.router.ip("link", "set", "right", "mtu", "1500");
  }
});

/** Two namespaces that a bad wire joins: 10.78.3.1 and 10.78.3.2. */
class BadWire implements AsyncDisposable {
  readonly a = new Namespace();
  readonly middle = new Namespace();
  readonly b = new Namespace();
  readonly #wire: Running;

  constructor(plan: Plan) {
    for (const [namespace, name, address] of [
      [this.a, "left", "10.78.3.1/24"],
      [this.b, "right", "10.78.3.2/24"],
    ] as const) {
      const peer = ["peer", "name", name, "netns", this.middle.name];
      namespace.ip("link", "add", "wire", "type", "veth", ...peer);
      namespace.ip("addr", "add", address, "dev", "wire");
      namespace.ip("link", "set", "wire", "up");
      this.middle.ip("link", "set", name, "up");
    }
    sysctl(this.a, "net.ipv4.ping_group_range=0 2147483647");
    const script = join(import.meta.dir, "wire.ts");
    const words = [process.execPath, script, "left", "right", JSON.stringify(plan)];
    this.#wire = new Running(words, this.middle);
  }

  ready(): Promise<void> {
    return this.#wire.until("ready");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#wire[Symbol.asyncDispose]();
    for (const namespace of [this.a, this.middle, this.b]) namespace[Symbol.dispose]();
  }
}

testWith(...needs)("loss is counted as ping counts it", async () => {
  await using wire = new BadWire({ every: 4 });
  await wire.ready();
  const words = ["-c20", "-i0.02", "-q", "10.78.3.2"];
  const [ours, theirs] = await Promise.all([
    command(["ping", ...words], wire.a),
    end(wire.a.command("ping", ...words)),
  ]);
  const counts = "20 packets transmitted, 15 received, 25% packet loss";
  expect(ours.stdout).toContain(counts);
  expect(theirs.stdout).toContain(counts);
  expect([ours.exitCode, theirs.exitCode]).toEqual([0, 0]);
});

testWith(...needs)("duplicates, late ones, wrong data and lost ones are told", async () => {
  await using wire = new BadWire({ duplicate: [2], late: [3], corrupt: [5], drop: [7] });
  await wire.ready();
  const words = ["ping", "-O", "-c8", "-i0.15", "-W0.5", "10.78.3.2"];
  const { stdout, exitCode } = await command(words, wire.a);
  expect(stdout).toMatch(/icmp_seq=2 ttl=64 time=\S+ ms \(DUP!\)\n/);
  expect(stdout).toMatch(/icmp_seq=4 .*\n(.*\n)?.*icmp_seq=3 ttl=64 time=\S+ ms \(OUT OF ORDER\)/);
  expect(stdout).toContain("wrong data byte #8 should be 0x8 but was 0x9\n");
  expect(stdout).toContain("no answer yet for icmp_seq=7\n");
  expect(stdout).toContain(
    "8 packets transmitted, 7 received, +1 duplicates, +1 corrupted, 1 out of order, 12.5% packet loss",
  );
  expect(exitCode).toBe(0);
});

testWith(...needs)("objects tell the same", async () => {
  const { stdout } = await command(["ping", "--json", "-c2", "-i0.01", "10.78.2.2"], row.a);
  const [begin, first, second, summary] = objects(stdout);
  expect(begin).toEqual({
    event: "start",
    host: "10.78.2.2",
    address: "10.78.2.2",
    size: 56,
    type: "dgram",
  });
  const reply = {
    event: "reply",
    address: "10.78.2.2",
    bytes: 64,
    ttl: 63,
    time: expect.any(Number),
  };
  expect(first).toEqual({ ...reply, sequence: 1 });
  expect(second).toEqual({ ...reply, sequence: 2 });
  expect(summary).toMatchObject({ event: "summary", transmitted: 2, received: 2, loss: 0 });
  const { min, avg, max } = summary.rtt;
  expect(min <= avg && avg <= max && min > 0).toBe(true);
});

testWith(...needs)("Ctrl-C prints the summary; a deadline ends it", async () => {
  await using running = start(["ping", "-i0.05", "10.78.2.2"], row.a);
  await running.until("icmp_seq=3");
  const { stdout, stderr, exitCode } = await running.end("SIGINT");
  expect(stdout).toMatch(
    /--- 10\.78\.2\.2 ping statistics ---\n\d+ packets transmitted, \d+ received/,
  );
  expect([stderr, exitCode]).toEqual(["", 0]);
  const late = await command(["ping", "-w1", "-c1000", "-i0.3", "-q", "10.78.2.2"], row.a);
  expect(late.exitCode).toBe(1);
  expect(late.stdout).toMatch(/[234] packets transmitted, [234] received, 0% packet loss/);
});

testWith(...needs)("a flood writes a dot for each and takes it back", async () => {
  const words = ["ping", "-f", "-c200", "10.78.2.2"];
  const { stdout, exitCode } = await command(words, row.a);
  expect(stdout).toContain("200 packets transmitted, 200 received, 0% packet loss");
  expect(stdout.split(".\b \b").length).toBeGreaterThan(150);
  expect(exitCode).toBe(0);
});

testWith(...needs, setpriv)("nobody pings by datagrams, or is told what to do", async () => {
  const words = unprivileged([process.execPath, MAIN, "ping", "-c1", "10.78.2.2"]);
  const allowed = await end(row.a.command(...words));
  expect(allowed.stdout).toContain("64 bytes from 10.78.2.2");
  using none = new Namespace();
  sysctl(none, "net.ipv4.ping_group_range=1 0");
  const denied = await end(
    none.command(...unprivileged([process.execPath, MAIN, "ping", "127.0.0.1"])),
  );
  expect(denied.stderr).toMatch(/^rawsock ping: socket EACCES: .*ping_group_range.*\n$/);
  expect([denied.stdout, denied.exitCode]).toEqual(["", 2]);
  expect(NOBODY).toBeGreaterThan(0);
});

testWith(...needs)(
  "what cannot be reached or found is an error of one line, status 2",
  async () => {
    using none = new Namespace();
    const [unreachable, unknown] = await Promise.all([
      command(["ping", "-c1", "10.1.2.3"], none),
      command(["ping", "-c1", "no-such-host.invalid"], none),
    ]);
    expect(unreachable.stderr).toMatch(/^rawsock ping: sendmsg ENETUNREACH 10\.1\.2\.3.*\n$/);
    expect(unknown.stderr).toMatch(
      /^rawsock ping: getaddrinfo EAI_\w+ no-such-host\.invalid: .*\n$/,
    );
    expect([unreachable.exitCode, unknown.exitCode]).toEqual([2, 2]);
  },
);

testWith(...needs)("lost packets take no memory", async () => {
  using nowhere = new Namespace();
  // Nobody answers there.
  nowhere.ip("route", "add", "10.9.0.0/16", "dev", "lo");
  const peak = async (count: number) => {
    const words = ["ping", "-f", "-q", "-i", "0", "-W", "0.1", "-c", String(count), "10.9.9.9"];
    await using running = start(words, nowhere);
    const { stdout, exitCode } = await running.end();
    expect(stdout).toContain(`${count} packets transmitted, 0 received, 100% packet loss`);
    expect(exitCode).toBe(1);
    return running.child.resourceUsage()?.maxRSS ?? Number.NaN;
  };
  const [few, many] = await Promise.all([peak(100), peak(20_000)]);
  expect(many).toBeLessThan(few + 32 * 1024 * 1024);
});

test("the size, the count and the interval are numbers", async () => {
  for (const words of [
    ["-c", "0"],
    ["-s", "70000"],
    ["-i", "x"],
    ["-t", "256"],
    ["-M", "maybe"],
  ]) {
    const { stderr, exitCode } = await command(["ping", ...words, "127.0.0.1"]);
    expect(stderr).toMatch(/^rawsock ping: --\w+ must be .*\nTry rawsock ping --help\n$/);
    expect(exitCode).toBe(2);
  }
});

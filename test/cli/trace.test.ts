// `rawsock trace` beside traceroute over a router.

import { afterAll, beforeAll, expect } from "bun:test";
import { end, unprivileged } from "../support/program.ts";
import { namespaces, program, setpriv, testWith } from "../support/requirements.ts";
import { command, MAIN, objects, Row, start, sysctl } from "./support.ts";

const needs = [namespaces, program("traceroute")] as const;
let row: Row;

beforeAll(() => {
  if (needs.every(({ met }) => met)) row = new Row();
});
afterAll(() => row?.[Symbol.dispose]());

const METHODS = { UDP: [], ICMP: ["-I"], "TCP SYN": ["-T"] } as const;

/** The addresses of the hops. */
function hops(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => /^ ?\d/.test(line))
    .map((line) =>
      line
        .replaceAll(/ [\d.]+ ms/g, "")
        .replaceAll(/ +/g, " ")
        .trim(),
    );
}

for (const [method, words] of Object.entries(METHODS)) {
  testWith(...needs)(`the hops of ${method} are those of traceroute`, async () => {
    for (const host of ["10.78.2.2", "fd78:2::2"]) {
      const [ours, theirs] = await Promise.all([
        command(["trace", "-n", ...words, host], row.a),
        end(row.a.command("traceroute", "-n", ...words, host)),
      ]);
      const near = host.includes(":") ? "fd78:1::2" : "10.78.1.2";
      expect(hops(ours.stdout)).toEqual([`1 ${near}`, `2 ${host}`]);
      // Traceroute itself takes probes for lost now and then.
      for (const hop of hops(theirs.stdout)) expect(hop).toMatch(/^(1 \S+|2 \S+|\d+ \*)/);
      expect([ours.stderr, ours.exitCode]).toEqual(["", 0]);
      expect(ours.stdout.match(/\d+\.\d{3} ms/g)).toHaveLength(6);
    }
  });
}

testWith(...needs)("where the way ends is marked as traceroute marks it", async () => {
  row.router.ip("-6", "route", "add", "prohibit", "fd79::/64");
  sysctl(row.router, "net.ipv4.neigh.right.retrans_time_ms=50");
  const [prohibited, absent] = await Promise.all([
    command(["trace", "-n", "-q1", "fd79::1"], row.a),
    command(["trace", "-n", "-q1", "-w2", "-m4", "10.78.2.99"], row.a),
  ]);
  expect(hops(prohibited.stdout)).toEqual(["1 fd78:1::2 !X"]);
  expect(hops(absent.stdout)).toEqual(["1 10.78.1.2", "2 10.78.1.2 !H"]);
});

testWith(...needs)("the path's MTU is found, and where it shrinks", async () => {
  row.router.ip("link", "set", "right", "mtu", "1400");
  for (const host of ["10.78.2.2", "fd78:2::2"]) {
    const { stdout } = await command(["trace", "--mtu", "-n", host], row.a);
    const near = host.includes(":") ? "fd78:1::2" : "10.78.1.2";
    expect(hops(stdout)).toEqual([`1 ${near} F=1500`, `2 ${host} F=1400`]);
    expect(stdout).toEndWith("path MTU 1400\n");
  }
  const json = await command(["trace", "--mtu", "-n", "--json", "10.78.2.2"], row.a);
  expect(objects(json.stdout).at(-1)).toEqual({
    event: "summary",
    reached: true,
    hops: 2,
    mtu: 1400,
  });
  row.router.ip("link", "set", "right", "mtu", "1500");
});

testWith(...needs)("objects tell every probe", async () => {
  const { stdout } = await command(["trace", "-n", "--json", "10.78.2.2"], row.a);
  const [begin, first, second, summary] = objects(stdout);
  expect(begin).toMatchObject({ event: "start", address: "10.78.2.2", method: "udp" });
  const probe = { address: "10.78.1.2", kind: "expired", time: expect.any(Number) };
  expect(first).toEqual({ event: "hop", hop: 1, probes: [probe, probe, probe] });
  expect(second.probes[0]).toMatchObject({ address: "10.78.2.2", kind: "reached" });
  expect(summary).toEqual({ event: "summary", reached: true, hops: 2 });
});

testWith(...needs, setpriv)("nobody traces by UDP and TCP", async () => {
  for (const words of [["-n"], ["-n", "-T"]]) {
    const trace = unprivileged([process.execPath, MAIN, "trace", ...words, "10.78.2.2"]);
    const { stdout, exitCode } = await end(row.a.command(...trace));
    expect(hops(stdout)).toEqual(["1 10.78.1.2", "2 10.78.2.2"]);
    expect(exitCode).toBe(0);
  }
});

testWith(...needs)("Ctrl-C ends it", async () => {
  row.router.ip("route", "add", "blackhole", "10.82.0.0/16");
  await using running = start(["trace", "-n", "-w5", "10.82.0.1"], row.a);
  await running.until("trace to");
  await Bun.sleep(300);
  const { stderr, exitCode } = await running.end("SIGINT");
  expect([stderr, exitCode]).toEqual(["", 0]);
});

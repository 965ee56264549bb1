// What really passes an interface, as tcpdump kept it and tshark reads it.

import { expect } from "bun:test";
import { join } from "node:path";
import { build, dissect } from "../../src/wire/index.ts";
import { run, VethPair } from "../support/namespace.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";
import { judge } from "./support/judge.ts";
import { Folder, frames as framesOf } from "./support/pcap.ts";
import { core } from "./support/rows.ts";
import { tshark } from "./support/tshark.ts";

/** Pings of both families, with fragments, a TCP connection, datagrams to nobody. */
const TRAFFIC = `
  ping -c 2 -i 0.2 10.77.0.2; ping -c 2 -i 0.2 fd77::2
  ping -c 1 -s 4000 10.77.0.2; ping -c 1 -s 4000 fd77::2
  ping -c 1 -R 10.77.0.2; ping -c 1 -T tsonly 10.77.0.2
  echo nobody >/dev/udp/10.77.0.2/9; echo nobody >/dev/udp/fd77::2/9
  (echo >/dev/tcp/10.77.0.2/9) 2>/dev/null; (echo >/dev/tcp/fd77::2/9) 2>/dev/null
  for host in 10.77.0.2 fd77::2; do
    exec 3<>/dev/tcp/$host/7000; head -c 20000 /dev/zero >&3; exec 3>&-
  done
  ping -c 1 -W 1 10.77.0.99
  true
`;

const SERVER = `
  for (const hostname of ["10.77.0.2", "fd77::2"]) {
    Bun.listen({ hostname, port: 7000, socket: { data() {}, close() {} } });
  }
  console.log("listening"); setTimeout(() => {}, 60_000);
`;

testWith(
  namespaces,
  program("tcpdump"),
  program("tshark"),
  program("ping", "iputils-ping"),
)("captured traffic is read as tshark does, and built again byte by byte", async () => {
  using pair = new VethPair();
  using folder = new Folder();
  const file = join(folder.path, "traffic.pcap");
  await using server = Bun.spawn(pair.b.command(process.execPath, "-e", SERVER), {
    stdout: "pipe",
  });
  await server.stdout[Symbol.asyncIterator]().next();
  await using tcpdump = Bun.spawn(
    pair.a.command("tcpdump", "-i", pair.interface, "-U", "-Z", "root", "-w", file),
    { stderr: "pipe" },
  );
  // "listening on veth0": from then on nothing is missed.
  await tcpdump.stderr[Symbol.asyncIterator]().next();
  run(...pair.a.command("bash", "-c", TRAFFIC));
  tcpdump.kill("SIGINT");
  await tcpdump.exited;

  const frames = framesOf(new Uint8Array(await Bun.file(file).arrayBuffer()));
  const kinds = new Set<string>();
  for (const frame of frames) {
    const { layers, payload, trailer, problem } = dissect(frame);
    expect(problem).toBeNull();
    for (const { kind } of layers) kinds.add(kind);
    expect([...build([...layers, payload]), ...trailer]).toEqual([...frame]);
  }
  for (const kind of ["arp", "ipv4", "ipv6", "fragment", "icmp", "icmpv6", "tcp", "udp"]) {
    expect([...kinds]).toContain(kind);
  }
  const fields = tshark(frames, [...new Set(core.map(({ name }) => name))]);
  const { compared, differences } = judge(frames, fields, core);
  expect(differences).toEqual([]);
  expect(compared).toBeGreaterThan(40 * 20);
});

// `rawsock trace`: traceroute(8).

import { MSG } from "../base/constants.ts";
import { Clock } from "./shared/clock.ts";
import { command } from "./shared/execute.ts";
import { Failure, UsageError } from "./shared/failure.ts";
import { familyOf, findHost, type Host } from "./shared/host.ts";
import { seconds, whole } from "./shared/number.ts";
import { EchoProber } from "./trace/echo.ts";
import type { Prober } from "./trace/probe.ts";
import { Route } from "./trace/route.ts";
import { TcpProber } from "./trace/tcp.ts";
import { UDP_HEADERS, UdpProber } from "./trace/udp.ts";

const HOPS_MAX = 255;
const PORTS = { udp: 33_434, icmp: 0, tcp: 80 } as const;
const SIZES = { inet: 60, inet6: 80 } as const;
/** Of an IP packet. */
const SIZE_MAX = 65_000;

/** The kernel begins to stamp what arrives a moment after it was asked to. */
const STAMPING_MS = 10;

type Method = keyof typeof PORTS;
type Common = {
  readonly port: number;
  readonly size: number;
  readonly interface: string | undefined;
  readonly source: string | undefined;
  readonly discover: boolean;
};

function prober(method: Method, { address, family }: Host, options: Common): Prober {
  if (MSG.ERRQUEUE === undefined) {
    throw new Failure("this system does not tell what routers answer: IP_RECVERR is Linux's");
  }
  const clock = new Clock();
  if (method === "icmp") return new EchoProber(address, family, clock, options);
  if (method === "tcp") return new TcpProber(address, family, clock, options);
  return new UdpProber(address, family, clock, options);
}

export default command({
  name: "trace",
  summary: "Find the routers on the way to a host.",
  usage: ["[options] <host>"],
  options: {
    icmp: { type: "boolean", short: "I", help: "probe by ICMP echo requests instead of UDP" },
    tcp: { type: "boolean", short: "T", help: "probe by TCP SYN, to port 80 unless told" },
    port: { type: "string", short: "p", value: "port", help: "of TCP, or the first of UDP, 33434" },
    first: { type: "string", short: "f", value: "n", help: "the hop to begin with, 1" },
    hops: { type: "string", short: "m", value: "n", help: "the most hops, 30" },
    queries: { type: "string", short: "q", value: "n", help: "probes for each hop, 3" },
    parallel: { type: "string", short: "N", value: "n", help: "probes on their way at once, 16" },
    wait: { type: "string", short: "w", value: "seconds", help: "for an answer, 5" },
    mtu: { type: "boolean", help: "find out how large packets may be, by UDP" },
    size: { type: "string", value: "bytes", help: "of a packet, 60, or 80 of IPv6" },
    numeric: { type: "boolean", short: "n", help: "addresses, no names" },
    ipv4: { type: "boolean", short: "4", help: "IPv4 only" },
    ipv6: { type: "boolean", short: "6", help: "IPv6 only" },
    interface: { type: "string", short: "i", value: "name", help: "to send by" },
    source: { type: "string", short: "s", value: "address", help: "to send from" },
    json: { type: "boolean", help: "objects instead of text, one in a line" },
  },
  about: `
Needs no privilege for UDP and TCP; ICMP as rawsock ping does. Behind a time stands why the
way ends there: !H host, !N network, !P protocol unreachable, !X prohibited, !F-n needs
fragmentation to n bytes. A star is a probe that nobody answered. With --mtu, F=n tells the largest
packet that gets so far.`,
  examples: [
    ["example.org", "the way there, with names"],
    ["-n -T -p 443 example.org", "as TCP to port 443 goes, addresses only"],
    ["-I -q 1 10.9.9.9", "one ICMP probe for each hop"],
    ["--mtu 10.9.9.9", "and where packets have to become smaller"],
    ["--json ::1", "an object for each hop, and one for the summary"],
  ],
  async run({ values, positionals, output, interruption }) {
    const [name, ...rest] = positionals;
    if (name === undefined) throw new UsageError("which host?");
    if (rest.length > 0) throw new UsageError(`one host at a time, not ${rest.join(" ")} as well`);
    if (values.icmp === true && values.tcp === true)
      throw new UsageError("give -I or -T, not both");
    const method = values.icmp === true ? "icmp" : values.tcp === true ? "tcp" : "udp";
    const mtu = values.mtu === true;
    if (mtu && method !== "udp") throw new UsageError("--mtu is for UDP");
    const first = whole(values.first, "first", 1, { least: 1, most: HOPS_MAX });
    const last = whole(values.hops, "hops", 30, { least: first, most: HOPS_MAX });
    const host = findHost(name, familyOf(values));
    const least = UDP_HEADERS[host.family];
    const size = whole(values.size, "size", mtu ? SIZE_MAX : SIZES[host.family], {
      least,
      most: SIZE_MAX,
    });
    const port = whole(values.port, "port", PORTS[method], { least: 1, most: 65_535 });
    const common = { port, size, interface: values.interface, source: values.source };
    const options = {
      first,
      last,
      queries: whole(values.queries, "queries", mtu ? 1 : 3, { least: 1, most: 10 }),
      parallel: mtu ? 1 : whole(values.parallel, "parallel", 16, { least: 1, most: 64 }),
      patience: seconds(values.wait, "wait", 5000),
      size,
      mtu,
      numeric: values.numeric === true,
      json: values.json === true,
    };
    const address = host.address.address ?? "";
    if (options.json) {
      output.json({ event: "start", host: name, address, hops: last, method, size });
    } else {
      const bytes = method === "tcp" || mtu ? "" : `, ${size} byte packets`;
      output.line(`trace to ${name} (${address}), ${last} hops max${bytes}`);
    }
    const probing = prober(method, host, { ...common, discover: mtu });
    await Bun.sleep(STAMPING_MS);
    const route = new Route(probing, options, output);
    await route.run(interruption);
    route.conclude();
    return 0;
  },
});

// `rawsock ping`: ping(8).

import { SO, SOL } from "../base/constants.ts";
import { Session } from "./ping/session.ts";
import { announce } from "./ping/words.ts";
import { EchoSocket } from "./shared/echo.ts";
import { command } from "./shared/execute.ts";
import { UsageError } from "./shared/failure.ts";
import {
  bindTo,
  discoverPath,
  limitGroupHops,
  limitHops,
  PATH_WORDS,
  set,
} from "./shared/flags.ts";
import { familyOf, findHost } from "./shared/host.ts";
import { choice, seconds, whole } from "./shared/number.ts";

/** What fits into an IPv4 packet behind both headers. */
const SIZE_MAX = 65_507;
const FLOOD_INTERVAL_MS = 10;

export default command({
  name: "ping",
  summary: "Send ICMP echo requests to a host and measure how long the replies take.",
  usage: ["[options] <host>"],
  options: {
    count: { type: "string", short: "c", value: "n", help: "stop after so many requests" },
    interval: { type: "string", short: "i", value: "seconds", help: "between requests, 1" },
    size: { type: "string", short: "s", value: "bytes", help: "of data in a request, 56" },
    ttl: { type: "string", short: "t", value: "n", help: "time to live, or hop limit" },
    timeout: {
      type: "string",
      short: "W",
      value: "seconds",
      help: "to wait for the last replies where none has come, 10",
    },
    deadline: { type: "string", short: "w", value: "seconds", help: "end after that time" },
    numeric: { type: "boolean", short: "n", help: "addresses, no names" },
    quiet: { type: "boolean", short: "q", help: "nothing but the summary" },
    timestamps: { type: "boolean", short: "D", help: "the time before each line" },
    outstanding: { type: "boolean", short: "O", help: "tell of each request without a reply" },
    flood: {
      type: "boolean",
      short: "f",
      help: "the next as soon as a reply comes, at least 100 a second; a dot for each lost one",
    },
    ipv4: { type: "boolean", short: "4", help: "IPv4 only" },
    ipv6: { type: "boolean", short: "6", help: "IPv6 only" },
    interface: { type: "string", short: "I", value: "name", help: "or the address, to send from" },
    pmtudisc: {
      type: "string",
      short: "M",
      value: "do|dont|want|probe",
      help: "may be fragmented?",
    },
    broadcast: { type: "boolean", short: "b", help: "allow a broadcast address" },
    json: { type: "boolean", help: "objects instead of text, one in a line" },
  },
  about: `
Needs no privilege where the sysctl net.ipv4.ping_group_range names the user's group, else
CAP_NET_RAW. Times are the kernel's. Ends with status 0 where there was a reply, 1 where there was
none, 2 for an error. Ctrl-C prints the summary.`,
  examples: [
    ["-c 3 example.org", "three requests, a second apart"],
    ["-c 100 -i 0.01 -q 10.0.0.1", "a hundred in a second, only the summary"],
    ["-M do -s 1472 10.0.0.1", "do packets of 1,500 bytes get there in one piece?"],
    ["-t 3 10.9.9.9", "which router is the third?"],
    ["-c 5 --json ::1", "an object for each reply, and one for the summary"],
  ],
  failureStatus: 2,
  async run({ values, positionals, output, interruption }) {
    const [name, ...rest] = positionals;
    if (name === undefined) throw new UsageError("which host?");
    if (rest.length > 0) throw new UsageError(`one host at a time, not ${rest.join(" ")} as well`);
    const flood = values.flood === true;
    const options = {
      count: whole(values.count, "count", Number.POSITIVE_INFINITY, { least: 1 }),
      interval: seconds(values.interval, "interval", flood ? FLOOD_INTERVAL_MS : 1000),
      timeout: seconds(values.timeout, "timeout", 10_000),
      deadline: seconds(values.deadline, "deadline", Number.POSITIVE_INFINITY),
      hasDeadline: values.deadline !== undefined,
      flood,
      numeric: values.numeric === true,
      quiet: values.quiet === true,
      timestamps: values.timestamps === true,
      outstanding: values.outstanding === true,
      json: values.json === true,
    };
    const size = whole(values.size, "size", 56, { most: SIZE_MAX });
    const ttl = whole(values.ttl, "ttl", undefined, { least: 1, most: 255 });
    const discovery = choice(values.pmtudisc, "pmtudisc", PATH_WORDS, undefined);
    const host = findHost(name, familyOf(values), { status: 2 });
    const payload = payloadOf(size);
    const socket = new EchoSocket(host.family, payload);
    if (ttl !== undefined) {
      limitHops(socket.fd, host.family, ttl);
      limitGroupHops(socket.fd, host.family, ttl);
    }
    if (values.broadcast === true) set(socket.fd, SOL.SOCKET, SO.BROADCAST, 1);
    if (discovery !== undefined) discoverPath(socket.fd, host.family, discovery);
    if (values.interface !== undefined) bindTo(socket.fd, host.family, values.interface);
    const { json } = options;
    const { type } = socket;
    if (!json) output.line(announce(host, size));
    else output.json({ event: "start", host: name, address: host.address.address, size, type });
    const session = new Session(socket, host, payload, options, output);
    await session.run(interruption);
    return session.conclude();
  },
});

/** A random start, by which replies to others are told apart, and bytes that count up. */
function payloadOf(size: number): Uint8Array {
  const payload = Uint8Array.from({ length: size }, (_, index) => index);
  for (let index = 0; index < Math.min(8, size); index++) payload[index] = Math.random() * 256;
  return payload;
}

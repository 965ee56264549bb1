// `rawsock resolve`: getaddrinfo(3) and getnameinfo(3).

import type { Sockaddr } from "../address/sockaddr.ts";
import { families, types } from "../base/constants.ts";
import { protocol } from "../names/database.ts";
import { type AddrInfo, type AddrInfoHints, getnameinfo, resolve } from "../names/resolve.ts";
import { command } from "./shared/execute.ts";
import { Failure, UsageError } from "./shared/failure.ts";
import { familyOf, findHost } from "./shared/host.ts";
import { seconds, whole } from "./shared/number.ts";
import type { Output } from "./shared/output.ts";

function row({ family, type, protocol: number, address, canonname }: AddrInfo) {
  const name = number === 0 ? "any" : (protocol(number)?.name ?? number);
  return { family, type: type === 0 ? "any" : type, protocol: name, address, canonname };
}

function print(list: readonly AddrInfo[], output: Output, json: boolean): void {
  for (const { family, type, protocol, address, canonname } of list.map(row)) {
    const { address: text, port = 0, scopeId = 0 } = address;
    if (json) {
      const scope = scopeId === 0 ? {} : { scopeId };
      const name = canonname === null ? {} : { canonname };
      output.json({ family, type, protocol, address: text, port, ...scope, ...name });
      continue;
    }
    if (canonname !== null) output.line(`canonical name ${canonname}`);
    const shown = port === 0 ? shownHost(address) : String(address);
    const columns = [String(family).padEnd(6), String(type).padEnd(9), String(protocol).padEnd(9)];
    output.line(`${columns.join(" ")} ${shown}`);
  }
}

function shownHost(address: Sockaddr): string {
  const text = String(address);
  return address.family === "inet6"
    ? text.slice(1, text.lastIndexOf("]"))
    : (address.address ?? "");
}

/** The name of an address, and that of the service on a port. */
function reverse(
  name: string,
  port: number,
  options: { readonly numeric: boolean; readonly dgram: boolean },
): { address: string; name: string; service: string | null } {
  const { address } = findHost(name, null, { port });
  const { node, service } = getnameinfo(address, {
    namereqd: !options.numeric,
    numerichost: options.numeric,
    dgram: options.dgram,
  });
  return { address: address.address ?? "", name: node, service: port === 0 ? null : service };
}

/** A family or a type by its keyword or number. */
function keyword(text: string | undefined, option: string): string | number | null {
  if (text === undefined) return null;
  if (/^\d+$/.test(text)) return whole(text, option, 0, { most: 0x7fff_ffff });
  const known = option === "family" ? families : types;
  if (known.find(text) === undefined && option !== "protocol") {
    throw new UsageError(`--${option} "${text}" is none of ${[...known.keywords()].join(", ")}`);
  }
  return text;
}

export default command({
  name: "resolve",
  summary: "Look up names and services, and the names of addresses.",
  usage: ["[options] <host> [<service>]", "[options] --passive <service>", "-x <address> [<port>]"],
  options: {
    reverse: { type: "boolean", short: "x", help: "the name of an address" },
    family: { type: "string", short: "f", value: "family", help: "inet, inet6, …" },
    type: { type: "string", short: "t", value: "type", help: "stream, dgram, raw, …" },
    protocol: { type: "string", short: "p", value: "protocol", help: "tcp, udp, icmp, …" },
    ipv4: { type: "boolean", short: "4", help: "the same as -f inet" },
    ipv6: { type: "boolean", short: "6", help: "the same as -f inet6" },
    passive: { type: "boolean", help: "addresses to listen on: AI_PASSIVE" },
    canonname: { type: "boolean", short: "c", help: "the canonical name, too: AI_CANONNAME" },
    numeric: { type: "boolean", short: "n", help: "ask no name server: AI_NUMERICHOST" },
    v4mapped: { type: "boolean", help: "IPv4 addresses as IPv6 ones: AI_V4MAPPED" },
    all: { type: "boolean", help: "with --v4mapped, both: AI_ALL" },
    addrconfig: { type: "boolean", help: "only families that the host has: AI_ADDRCONFIG" },
    timeout: { type: "string", short: "W", value: "seconds", help: "to wait for an answer" },
    json: { type: "boolean", help: "objects instead of text, one in a line" },
  },
  about: `
Prints what getaddrinfo(3) returns, best first: family, type, protocol, address. Ends with
status 1 where there is nothing.`,
  examples: [
    ["example.org https", "where its web server is"],
    ["-6 -t stream localhost", "IPv6 only, for streams only"],
    ["-x 127.0.0.1 22", "the names of an address and a port"],
    ["--passive -t dgram 53", "what a name server binds to"],
  ],
  async run({ values, positionals, output, interruption }) {
    const json = values.json === true;
    const [first, second, ...rest] = positionals;
    if (first === undefined) throw new UsageError("which name?");
    if (rest.length > 0) throw new UsageError(`what is "${rest.join(" ")}"?`);
    if (values.reverse === true) {
      const port = whole(second, "port", 0, { most: 65_535 });
      const numeric = values.numeric === true;
      const found = reverse(first, port, { numeric, dgram: values.type === "dgram" });
      if (json) output.json(found);
      else output.line(`${found.name}${found.service === null ? "" : `:${found.service}`}`);
      return 0;
    }
    const passive = values.passive === true;
    const node = passive && second === undefined ? null : first;
    const service = passive && second === undefined ? first : (second ?? null);
    const hints: AddrInfoHints = {
      node,
      service,
      family: familyOf(values) ?? keyword(values.family, "family"),
      type: keyword(values.type, "type"),
      protocol: keyword(values.protocol, "protocol"),
      passive,
      canonname: values.canonname === true,
      numerichost: values.numeric === true,
      v4mapped: values.v4mapped === true,
      all: values.all === true,
      addrconfig: values.addrconfig === true,
    };
    const timeout = seconds(values.timeout, "timeout", undefined);
    try {
      print(await resolve(hints, { signal: interruption.signal, timeout }), output, json);
    } catch (error) {
      if (interruption.happened) throw new Failure("interrupted", 130);
      throw error;
    }
    return 0;
  },
});

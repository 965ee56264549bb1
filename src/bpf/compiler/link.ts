// The kinds of frames that a filter can be compiled for, and the options of compiling.

import { BpfError } from "../error.ts";

/**
 * What a frame begins with: an Ethernet header, an IPv4 or IPv6 header at once ("raw"), an address
 * family as the host ("null") or the network ("loop") orders it, one of Linux's cooked headers, or
 * PPP in HDLC-like framing.
 */
export type LinkName =
  | "ethernet"
  | "raw"
  | "ipv4"
  | "ipv6"
  | "null"
  | "loop"
  | "linux-sll"
  | "linux-sll2"
  | "ppp";

/** A link by its name or by its LINKTYPE_ number (https://www.tcpdump.org/linktypes.html). */
export type Link = LinkName | (number & {});

const NUMBERS: ReadonlyMap<number, LinkName> = new Map([
  [0, "null"],
  [1, "ethernet"],
  [9, "ppp"],
  [12, "raw"],
  [14, "raw"],
  [50, "ppp"],
  [101, "raw"],
  [108, "loop"],
  [113, "linux-sll"],
  [228, "ipv4"],
  [229, "ipv6"],
  [276, "linux-sll2"],
]);

const NAMES: ReadonlySet<unknown> = new Set(NUMBERS.values());

/** The name of a link. */
function linkName(link: Link): LinkName {
  const name = typeof link === "number" ? NUMBERS.get(link) : link;
  if (!NAMES.has(name)) {
    throw new RangeError(`link: ${JSON.stringify(link)} is none of ${[...NAMES].join(", ")}`);
  }
  return name as LinkName;
}

/** A protocol that a port belongs to. */
export type PortProtocol = "tcp" | "udp";

/** Where names come from; what a function does not know is looked for in the built-in lists. */
export type Names = {
  /** The port of a service, as getservbyname(3). */
  readonly port?: (name: string, protocol: PortProtocol) => number | undefined;
  /** The number of an IP protocol, as getprotobyname(3). */
  readonly protocol?: (name: string) => number | undefined;
  /** A host's IPv4 and IPv6 addresses. Without this function host names are an error. */
  readonly host?: (name: string) => readonly string[] | undefined;
  /** A network's number, as getnetbyname(3): 10 or 0xc0a801. */
  readonly network?: (name: string) => number | undefined;
  /** A host's MAC address, as ether_hostton(3). */
  readonly ethernet?: (name: string) => string | undefined;
};

/** Of `compile`: what frames look like, and what the program is for. */
export type CompileOptions = {
  /** What frames begin with; "ethernet" unless told. */
  readonly link?: Link;
  /** How many bytes of an accepted packet are kept: what the program returns. */
  readonly snaplen?: number;
  /**
   * The network's mask for `ip broadcast`, as a number or text. Without it the addresses of all
   * ones and of all zeros are meant; 255.255.255.255 says that it is unknown, which is an error.
   */
  readonly netmask?: number | string;
  /** Whether to make the program short. */
  readonly optimize?: boolean;
  /** For a program that the kernel runs: sees the VLAN tags that it has taken out of the frame. */
  readonly live?: boolean;
  /** What finds ports and protocols by name; a list of the usual ones unless told. */
  readonly names?: Names;
};

/** Options that are checked and complete. */
export type Settings = {
  readonly link: LinkName;
  readonly snaplen: number;
  readonly netmask: number;
  readonly optimize: boolean;
  readonly live: boolean;
  readonly names: Names;
};

function integer(value: number, name: string, minimum: number): number {
  if (!Number.isInteger(value) || value < minimum || value > 0xffffffff) {
    throw new RangeError(`${name}: ${value} is no integer from ${minimum} to 4294967295`);
  }
  return value;
}

function parseNetmask(netmask: number | string): number {
  if (typeof netmask === "number") return integer(netmask, "netmask", 0);
  const parts = netmask.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
    throw new RangeError(`netmask: ${JSON.stringify(netmask)} is no dotted quad`);
  }
  return parts.reduce((mask, part) => mask * 256 + Number(part), 0);
}

/** Checks the options of `compile`. */
export function settings(options: CompileOptions): Settings {
  const { link = "ethernet", snaplen = 262144, netmask = 0, optimize = true } = options;
  const { live = false, names = {} } = options;
  return {
    link: linkName(link),
    snaplen: integer(snaplen, "snaplen", 1),
    netmask: parseNetmask(netmask),
    optimize,
    live,
    names,
  };
}

/** An error of an expression at a place in it. */
export function mistake(message: string, position: number): BpfError {
  return new BpfError(`${message} at ${position}`, { position });
}

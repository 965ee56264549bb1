// IPv4 subnets, and the interface that they are reached by.

import { convertAddress } from "../../address/convert.ts";
import { type InterfaceAddress, ifaddrs } from "../../interface/list.ts";
import { Failure, UsageError } from "../shared/failure.ts";

const BITS = 32;
/** More addresses than anybody wants to ask: a /12. */
const SIZE_MAX = 2 ** 20;

export type Subnet = {
  /** The first address, as a number. */
  readonly first: number;
  readonly count: number;
  /** "10.0.0.0/24". */
  readonly text: string;
};

/** "10.0.0.0/24" or "10.0.0.7". */
export function parseSubnet(text: string): Subnet {
  const [address = "", length = String(BITS), ...rest] = text.split("/");
  const bits = /^\d+$/.test(length) ? Number(length) : Number.NaN;
  if (rest.length > 0 || !(bits >= 0 && bits <= BITS)) {
    throw new UsageError(`"${text}" is no subnet like 10.0.0.0/24`);
  }
  return subnetOf(numberOf(address), bits);
}

function subnetOf(address: number, bits: number): Subnet {
  const count = 2 ** (BITS - bits);
  if (count > SIZE_MAX) throw new UsageError(`/${bits} is too much to ask: at most a /12`);
  const first = address - (address % count);
  return { first, count, text: `${textOf(first)}/${bits}` };
}

/** The addresses of hosts in it, as numbers: not the subnet's own and the broadcast address. */
export function* hosts({ first, count }: Subnet): Generator<number> {
  const margin = count > 2 ? 1 : 0;
  for (let offset = margin; offset < count - margin; offset++) yield first + offset;
}

export function numberOf(address: string): number {
  try {
    return Number(convertAddress("inet", address, { as: "integer" }));
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`"${address}" is no IPv4 address`);
    throw error;
  }
}

export function textOf(address: number): string {
  return convertAddress("inet", address);
}

/** An interface with what ARP needs to know of it. */
export type Link = {
  readonly name: string;
  readonly index: number;
  readonly hardware: string;
  /** Its own IPv4 addresses and their subnets. */
  readonly own: readonly { readonly address: number; readonly subnet: Subnet }[];
};

/** The interface to ask by: the one that is named, the one of the subnet, or the only one. */
export function findLink(name: string | undefined, subnet: Subnet | undefined): Link {
  const all = links();
  if (name !== undefined) {
    const found = all.find((link) => link.name === name);
    if (found === undefined) throw new Failure(`${name} is no interface that ARP works on`);
    return found;
  }
  const fitting = all.filter(({ own }) =>
    subnet === undefined ? own.length > 0 : own.some((one) => contains(one.subnet, subnet)),
  );
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  const names = all.map((link) => link.name).join(", ");
  throw new UsageError(`which interface? Give one of them by -I: ${names || "there is none"}`);
}

function contains(outer: Subnet, inner: Subnet): boolean {
  return inner.first >= outer.first && inner.first + inner.count <= outer.first + outer.count;
}

function links(): Link[] {
  const entries = ifaddrs({ flagsAnd: ["up", "broadcast"] }).filter(
    ({ flags }) => !flags.includes("noarp") && !flags.includes("loopback"),
  );
  const names = new Map(entries.map(({ name, index }) => [name, index]));
  return [...names].flatMap(([name, index]) => {
    const own = entries.filter((entry) => entry.name === name);
    const hardware = own.find(({ address }) => address?.family === "packet")?.address?.address;
    return hardware === undefined ? [] : { name, index, hardware, own: own.flatMap(ownSubnet) };
  });
}

function ownSubnet({ address, netmask }: InterfaceAddress) {
  if (address?.family !== "inet" || netmask === null) return [];
  const mask = numberOf(netmask.address ?? "0.0.0.0");
  const bits = mask.toString(2).replaceAll("0", "").length;
  const number = numberOf(address.address ?? "");
  const size = 2 ** (BITS - bits);
  // A larger one may be an interface's, but nobody asks all of it.
  const first = number - (number % size);
  return { address: number, subnet: { first, count: size, text: `${textOf(first)}/${bits}` } };
}

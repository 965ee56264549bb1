// Names of what filters load and compare with.

import { type Field, NETWORK } from "./state.ts";

const ETHERTYPES: Readonly<Record<number, string>> = {
  2048: "IPv4",
  2054: "ARP",
  33024: "802.1Q",
  34525: "IPv6",
  34887: "MPLS",
  34915: "PPPoE discovery",
  34916: "PPPoE session",
  34984: "802.1ad",
  35020: "LLDP",
};

const PROTOCOLS: Readonly<Record<number, string>> = {
  1: "ICMP",
  2: "IGMP",
  6: "TCP",
  17: "UDP",
  41: "IPv6",
  44: "IPv6 fragment",
  47: "GRE",
  50: "ESP",
  51: "AH",
  58: "ICMPv6",
  89: "OSPF",
  132: "SCTP",
};

const TYPE: Field = { text: "EtherType", values: "type" };
/** What packets without a link header are told apart by. */
const VERSION: Field = { text: "version and header length", values: "version" };
const VERSIONS: Readonly<Record<number, number>> = {
  64: NETWORK.ipv4,
  96: NETWORK.ipv6,
};
const PORT = { values: "number" } as const;

/** What stands where in the network header, as [offset, size]. */
const FIELDS: Readonly<Record<number, Readonly<Record<string, Field>>>> = {
  [NETWORK.ipv4]: {
    "0/1": { text: "version and header length", values: "hex" },
    "1/1": { text: "type of service", values: "hex" },
    "2/2": { text: "total length", values: "number" },
    "4/2": { text: "identification", values: "number" },
    "6/2": { text: "flags and fragment offset", values: "hex" },
    "8/1": { text: "time to live", values: "number" },
    "9/1": { text: "protocol", values: "protocol" },
    "12/4": { text: "source address", values: "address" },
    "16/4": { text: "destination address", values: "address" },
  },
  [NETWORK.ipv6]: {
    "4/2": { text: "payload length", values: "number" },
    "6/1": { text: "next header", values: "protocol" },
    "7/1": { text: "hop limit", values: "number" },
    "8/4": { text: "source address, bytes 0 to 3", values: "hex" },
    "12/4": { text: "source address, bytes 4 to 7", values: "hex" },
    "16/4": { text: "source address, bytes 8 to 11", values: "hex" },
    "20/4": { text: "source address, bytes 12 to 15", values: "hex" },
    "24/4": { text: "destination address, bytes 0 to 3", values: "hex" },
    "28/4": { text: "destination address, bytes 4 to 7", values: "hex" },
    "32/4": { text: "destination address, bytes 8 to 11", values: "hex" },
    "36/4": { text: "destination address, bytes 12 to 15", values: "hex" },
    "40/1": { text: "protocol behind the fragment header", values: "protocol" },
    "40/2": { text: "source port", ...PORT },
    "42/2": { text: "destination port", ...PORT },
  },
  [NETWORK.arp]: {
    "6/2": { text: "operation", values: "number" },
    "14/4": { text: "sender's address", values: "address" },
    "24/4": { text: "target's address", values: "address" },
  },
};

const ETHERNET: Readonly<Record<string, Field>> = {
  "0/2": { text: "destination's hardware address, bytes 0 to 1", values: "hex" },
  "0/4": { text: "destination's hardware address, bytes 0 to 3", values: "hex" },
  "0/1": { text: "destination's hardware address, byte 0", values: "hex" },
  "2/4": { text: "destination's hardware address, bytes 2 to 5", values: "hex" },
  "4/2": { text: "destination's hardware address, bytes 4 to 5", values: "hex" },
  "6/2": { text: "source's hardware address, bytes 0 to 1", values: "hex" },
  "6/4": { text: "source's hardware address, bytes 0 to 3", values: "hex" },
  "8/4": { text: "source's hardware address, bytes 2 to 5", values: "hex" },
  "10/2": { text: "source's hardware address, bytes 4 to 5", values: "hex" },
  "12/2": TYPE,
};

/** Behind the IP header, whose length is in X. */
const TRANSPORT: Readonly<Record<string, Field>> = {
  "0/1": { text: "first byte of the transport header", values: "number" },
  "0/2": { text: "source port", ...PORT },
  "2/2": { text: "destination port", ...PORT },
  "13/1": { text: "TCP flags", values: "hex" },
};

/** How long the link header is, where the network header follows at once. */
export const LINK_HEADERS: Readonly<Record<string, number>> = {
  ethernet: 14,
  raw: 0,
  ipv4: 0,
  ipv6: 0,
  null: 4,
  loop: 4,
  "linux-sll": 16,
  "linux-sll2": 20,
};

/** Where the type of the network header stands. */
const LINK_TYPES: Readonly<Record<string, string>> = { "linux-sll": "14/2", "linux-sll2": "0/2" };

/** The field that a load from a fixed place reads; undefined where nobody knows. */
export function fieldAt(
  link: string,
  network: number | undefined,
  offset: number,
  size: number,
): Field | undefined {
  const place = `${offset}/${size}`;
  if (LINK_TYPES[link] === place) return TYPE;
  if (link === "ethernet" && ETHERNET[place] !== undefined) return ETHERNET[place];
  const header = LINK_HEADERS[link];
  if (header === 0 && place === "0/1") return VERSION;
  if (header === undefined || network === undefined) return undefined;
  return FIELDS[network]?.[`${offset - header}/${size}`];
}

/** The field that a load relative to X reads. */
export function transportAt(link: string, offset: number, size: number): Field | undefined {
  const header = LINK_HEADERS[link];
  return header === undefined ? undefined : TRANSPORT[`${offset - header}/${size}`];
}

/** The EtherType of a packet in which the field has that value, where it says so. */
export function networkOf(field: Field | undefined, value: number): number | undefined {
  if (field?.values === "version") return VERSIONS[value];
  return field?.values === "type" ? value : undefined;
}

/** What a number means in that field. */
export function meaning(field: Field | undefined, value: number): string | undefined {
  switch (field?.values) {
    case "type":
      return ETHERTYPES[value];
    case "protocol":
      return PROTOCOLS[value];
    case "version":
      return ETHERTYPES[VERSIONS[value] ?? 0];
    case "address":
      return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join(".");
    case "number":
      return value > 9 ? String(value) : undefined;
    default:
      return undefined;
  }
}

// Where a packet's payload begins, as the kernel finds it for `ld poff`: skb_get_poff(), which asks
// the flow dissector (net/core/flow_dissector.c).

/** What is known about the packet. */
export type PayloadStart = {
  /** The EtherType of what begins at `network`, or of a tag that was taken out before it. */
  readonly protocol: number;
  readonly network: number;
  /** The EtherType behind a tag that was taken out. */
  readonly inside?: number;
};

const TYPE = {
  IPV4: 0x0800,
  ARP: 0x0806,
  TRANSPARENT_ETHERNET: 0x6558,
  RARP: 0x8035,
  VLAN: 0x8100,
  IPV6: 0x86dd,
  MPLS: 0x8847,
  MPLS_MULTICAST: 0x8848,
  PPPOE: 0x8864,
  SERVICE_VLAN: 0x88a8,
} as const;

const PROTOCOL = {
  HOP_BY_HOP: 0,
  ICMP: 1,
  IGMP: 2,
  IPV4: 4,
  TCP: 6,
  UDP: 17,
  DCCP: 33,
  IPV6: 41,
  ROUTING: 43,
  FRAGMENT: 44,
  GRE: 47,
  ICMPV6: 58,
  DESTINATION: 60,
  SCTP: 132,
  UDPLITE: 136,
  MPLS: 137,
} as const;

/** The headers whose length is fixed. */
const HEADERS: ReadonlyMap<number, number> = new Map([
  [PROTOCOL.UDP, 8],
  [PROTOCOL.UDPLITE, 8],
  [PROTOCOL.ICMP, 8],
  [PROTOCOL.ICMPV6, 8],
  [PROTOCOL.IGMP, 8],
  [PROTOCOL.DCCP, 12],
  [PROTOCOL.SCTP, 12],
]);

/** How many headers the kernel looks through: MAX_FLOW_DISSECT_HDRS. */
const HEADERS_MAX = 15;
const PPP = { IPV4: 0x21, IPV6: 0x57, MPLS: 0x281, MPLS_MULTICAST: 0x283 } as const;

/** What to do after a header. */
type Step = "protocol" | "transport" | "good" | "bad";

/** The offset of the payload; 0 where the headers can't be followed. */
export function payloadOffset(bytes: Uint8Array, start: PayloadStart): number {
  const dissector = new Dissector(bytes, start);
  return dissector.dissect() ? dissector.payload() : 0;
}

class Dissector {
  readonly #bytes: Uint8Array;
  readonly #inside: number | undefined;
  #protocol: number;
  #offset: number;
  /** The protocol over IP; 0 as long as there is none. */
  #transport = 0;
  #laterFragment = false;
  #headers = 0;

  constructor(bytes: Uint8Array, { protocol, network, inside }: PayloadStart) {
    this.#bytes = bytes;
    this.#protocol = protocol;
    this.#offset = network;
    this.#inside = inside;
  }

  dissect(): boolean {
    let step: Step = "protocol";
    for (;;) {
      step = step === "protocol" ? this.#network() : this.#overIp();
      if (step === "good") return true;
      if (step === "bad") return false;
      // From IP to what it carries is no new header.
      if (step === "transport" && !this.#again) continue;
      this.#again = false;
      if (++this.#headers > HEADERS_MAX) return true;
    }
  }

  /** Whether a header of the same kind follows. */
  #again = false;

  payload(): number {
    const { length } = this.#bytes;
    // The kernel keeps 16 bits of both.
    const offset = Math.min(this.#offset & 0xffff, length & 0xffff);
    if (this.#laterFragment) return offset;
    if (this.#transport === PROTOCOL.TCP) {
      const words = this.#bytes[offset + 12];
      return words === undefined ? offset : offset + Math.max(20, (words & 0xf0) >> 2);
    }
    return offset + (HEADERS.get(this.#transport) ?? 0);
  }

  /** Whether `size` bytes of a header are there. */
  #has(size: number): boolean {
    return this.#offset + size <= this.#bytes.length;
  }

  #byte(at: number): number {
    return this.#bytes[this.#offset + at] as number;
  }

  #word(at: number): number {
    return (this.#byte(at) << 8) | this.#byte(at + 1);
  }

  #network(): Step {
    switch (this.#protocol) {
      case TYPE.IPV4:
        return this.#ipv4();
      case TYPE.IPV6:
        return this.#ipv6();
      case TYPE.VLAN:
      case TYPE.SERVICE_VLAN:
        return this.#vlan();
      case TYPE.PPPOE:
        return this.#pppoe();
      case TYPE.MPLS:
      case TYPE.MPLS_MULTICAST:
        // One label, and no look behind it.
        this.#offset += 4;
        return "good";
      case TYPE.ARP:
      case TYPE.RARP:
        return "good";
    }
    return "bad";
  }

  #ipv4(): Step {
    const words = this.#has(20) ? this.#byte(0) & 15 : 0;
    if (words < 5) return "bad";
    this.#transport = this.#byte(9);
    const fragment = this.#word(6);
    this.#offset += words * 4;
    const [more, offset] = [(fragment & 0x2000) !== 0, fragment & 0x1fff];
    this.#laterFragment = offset !== 0;
    return more || offset !== 0 ? "good" : "transport";
  }

  #ipv6(): Step {
    if (!this.#has(40)) return "bad";
    this.#transport = this.#byte(6);
    this.#offset += 40;
    return "transport";
  }

  #vlan(): Step {
    // A tag that was taken out of the frame comes first, and has no bytes.
    if (this.#inside !== undefined && this.#headers === 0) {
      this.#protocol = this.#inside;
      return "protocol";
    }
    if (!this.#has(4)) return "bad";
    this.#protocol = this.#word(2);
    this.#offset += 4;
    return "protocol";
  }

  #pppoe(): Step {
    if (!this.#has(8) || this.#word(0) !== 0x1100) return "bad";
    const protocol = this.#word(6);
    this.#offset += 8;
    const type = {
      [PPP.IPV4]: TYPE.IPV4,
      [PPP.IPV6]: TYPE.IPV6,
      [PPP.MPLS]: TYPE.MPLS,
      [PPP.MPLS_MULTICAST]: TYPE.MPLS_MULTICAST,
    }[protocol];
    // RFC 1661, section 2: of a protocol number the last bit is set, and that of the upper byte is
    // not. Numbers compressed to one byte, which earlier kernels read, Linux 6.18.44 does not.
    if (type === undefined) return (protocol & 0x0101) === 1 ? "good" : "bad";
    this.#protocol = type;
    return "protocol";
  }

  #overIp(): Step {
    switch (this.#transport) {
      case PROTOCOL.GRE:
        return this.#gre();
      case PROTOCOL.HOP_BY_HOP:
      case PROTOCOL.ROUTING:
      case PROTOCOL.DESTINATION:
        return this.#protocol === TYPE.IPV6 ? this.#options() : "good";
      case PROTOCOL.FRAGMENT:
        return this.#protocol === TYPE.IPV6 ? this.#fragment() : "good";
      case PROTOCOL.IPV4:
        return this.#encapsulated(TYPE.IPV4);
      case PROTOCOL.IPV6:
        return this.#encapsulated(TYPE.IPV6);
      case PROTOCOL.MPLS:
        return this.#encapsulated(TYPE.MPLS);
    }
    return "good";
  }

  #encapsulated(type: number): Step {
    this.#protocol = type;
    return "protocol";
  }

  #options(): Step {
    if (!this.#has(2)) return "bad";
    this.#transport = this.#byte(0);
    this.#offset += (this.#byte(1) + 1) * 8;
    this.#again = true;
    return "transport";
  }

  #fragment(): Step {
    if (!this.#has(8)) return "bad";
    this.#transport = this.#byte(0);
    this.#laterFragment = (this.#word(2) & 0xfff8) !== 0;
    this.#offset += 8;
    return "good";
  }

  /** RFC 2784 and 2890; the kernel does not look behind other versions or a route. */
  #gre(): Step {
    if (!this.#has(4)) return "bad";
    const flags = this.#word(0);
    if ((flags & 0x4007) !== 0) return "good";
    this.#protocol = this.#word(2);
    let size = 4;
    if ((flags & 0x8000) !== 0) size += 4;
    if ((flags & 0x2000) !== 0) {
      if (!this.#has(size + 4)) return "bad";
      size += 4;
    }
    if ((flags & 0x1000) !== 0) size += 4;
    if (this.#protocol === TYPE.TRANSPARENT_ETHERNET) {
      if (!this.#has(size + 14)) return "bad";
      this.#protocol = this.#word(size + 12);
      size += 14;
    }
    this.#offset += size;
    return "protocol";
  }
}

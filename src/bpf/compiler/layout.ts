// Where the headers of a frame are, as far as an expression has been read: `vlan`, `mpls`, `pppoes`
// and `geneve` move what the tests after them look at.

import { type Comparison, constant, type Formula, not, test } from "./formula.ts";
import type { LinkName, Settings } from "./link.ts";
import { type Size, type Value, Values } from "./value.ts";

/** An offset into the frame: a number, behind a part known only when the filter runs. */
export type Offset = { readonly constant: number; readonly base: Value | undefined };

function at(constant: number): Offset {
  return { constant, base: undefined };
}

/** The link type's field and the payload, from the frame's beginning. */
const FRAMES: Readonly<Record<LinkName, { type: number | undefined; payload: number }>> = {
  ethernet: { type: 12, payload: 14 },
  raw: { type: undefined, payload: 0 },
  ipv4: { type: undefined, payload: 0 },
  ipv6: { type: undefined, payload: 0 },
  null: { type: 0, payload: 4 },
  loop: { type: 0, payload: 4 },
  "linux-sll": { type: 14, payload: 16 },
  "linux-sll2": { type: 0, payload: 20 },
  ppp: { type: 2, payload: 4 },
};

/** Which part of the frame an offset is counted from. */
export type Part = "frame" | "link" | "type" | "llc" | "network" | "plain" | "ipv4" | "ipv6";

export class Layout {
  readonly values: Values;
  readonly settings: Settings;

  link: LinkName;
  /** The link header that tests look at: the outermost one, or one within a tunnel. */
  header: Offset = at(0);
  /** Its field of the protocol above; undefined where it has none. */
  type: Offset | undefined;
  /** What it carries. */
  payload: Offset;
  /** Where in the payload the network header begins, and where without a SNAP header. */
  network = 0;
  plain: number;
  /** How many `mpls` and `vlan` were read. */
  labels = 0;
  tags = 0;
  /** Whether the link header is of a frame in Geneve, which may have none. */
  inGeneve = false;
  /** Whether some offset was computed with jumps, which libpcap does not optimise. */
  usesGeneve = false;

  constructor(settings: Settings) {
    this.settings = settings;
    this.values = new Values(settings.optimize);
    this.link = settings.link;
    const { type, payload } = FRAMES[settings.link];
    this.type = type === undefined ? undefined : at(type);
    this.payload = at(payload);
    this.plain = settings.link === "ethernet" ? 3 : 0;
  }

  /** Enters a link header within the frame. */
  enter(link: LinkName, header: Offset): void {
    this.link = link;
    this.header = header;
    this.inGeneve = false;
  }

  #load(size: Size, offset: Offset, distance: number): Value {
    return this.values.load(size, offset.base, (offset.constant + distance) >>> 0);
  }

  /** The length of the IPv4 header, together with the variable part of its offset. */
  ipv4Length(): Value {
    const { values, payload, network } = this;
    if (payload.base === undefined) return values.header(payload.constant + network);
    const half = values.operation("and", this.#load(1, payload, network), values.constant(0xf));
    const length = values.operation("lsh", half, values.constant(2));
    return values.operation("add", length, payload.base);
  }

  /** Bytes at a distance from the beginning of a part. */
  load(part: Part, distance: number, size: Size): Value {
    const { payload, network, plain } = this;
    switch (part) {
      case "frame":
        return this.values.load(size, undefined, distance);
      case "link":
        return this.#load(size, this.header, distance);
      case "type":
        return this.#load(size, this.type ?? at(0), distance);
      case "llc":
        return this.#load(size, payload, distance);
      case "network":
        return this.#load(size, payload, network + distance);
      case "plain":
        return this.#load(size, payload, plain + distance);
      case "ipv4":
        return this.values.load(size, this.ipv4Length(), payload.constant + network + distance);
      case "ipv6":
        return this.#load(size, payload, network + 40 + distance);
    }
  }

  test(comparison: Comparison, left: Value, right: number): Formula {
    return test(this.values, comparison, left, this.values.constant(right >>> 0));
  }

  /** Whether a field, as far as the mask leaves it, is the number. */
  equals(part: Part, distance: number, size: Size, value: number, mask = 0xffffffff): Formula {
    // Nothing of the field counts, for networks of every address.
    if (mask === 0 && this.values.folds) return constant(value === 0);
    const field = this.load(part, distance, size);
    const masked =
      mask === 0xffffffff
        ? field
        : this.values.operation("and", field, this.values.constant(mask >>> 0));
    return this.test("eq", masked, value);
  }

  /** Whether the field has one of the bits. */
  hasBits(part: Part, distance: number, size: Size, bits: number): Formula {
    return this.test("set", this.load(part, distance, size), bits);
  }

  /** Whether the field is between the two numbers. */
  atMost(part: Part, distance: number, size: Size, value: number): Formula {
    return not(this.test("gt", this.load(part, distance, size), value));
  }

  /** A formula without a test; without optimisation a test of a constant, as in libpcap. */
  constant(value: boolean): Formula {
    if (this.values.folds) return constant(value);
    return this.test("eq", this.values.constant(value ? 1 : 0), 1);
  }
}

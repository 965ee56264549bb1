// What an expression of pcap-filter(7) says, as a tree.

import type { Protocol } from "./words.ts";

/** Which of two addresses or ports: `src`, `dst`, `src or dst`, `src and dst`. */
export type Direction = "source" | "destination" | "either" | "both";

/** What an identifier is. */
export type Subject = "host" | "net" | "port" | "portrange" | "protocol" | "gateway";

/** The words before an identifier; the one after `and` or `or` inherits them. */
export type Qualifiers = {
  readonly protocol?: Protocol | undefined;
  readonly direction?: Direction | undefined;
  readonly subject?: Subject | undefined;
};

export type Identifier =
  | { readonly kind: "name"; readonly text: string }
  | { readonly kind: "number"; readonly value: number }
  | {
      readonly kind: "ipv4";
      readonly text: string;
      readonly length?: number;
      readonly mask?: string;
    }
  | { readonly kind: "ipv6"; readonly text: string; readonly length?: number }
  | { readonly kind: "mac"; readonly text: string };

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%" | "&" | "|" | "^" | "<<" | ">>";

export type Arithmetic =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "length" }
  | {
      readonly kind: "access";
      readonly protocol: Protocol;
      readonly offset: Arithmetic;
      readonly size: number;
      readonly position: number;
    }
  | { readonly kind: "negation"; readonly operand: Arithmetic }
  | {
      readonly kind: "operation";
      readonly operator: ArithmeticOperator;
      readonly left: Arithmetic;
      readonly right: Arithmetic;
      readonly position: number;
    };

export type Relation = "=" | "!=" | ">" | ">=" | "<" | "<=";

/** An operand of a chain: `and` and `or` bind equally and from the left. */
export type Joined = { readonly operator: "and" | "or"; readonly operand: Expression };

export type Expression =
  | { readonly kind: "chain"; readonly first: Expression; readonly rest: readonly Joined[] }
  | { readonly kind: "not"; readonly operand: Expression }
  | Primitive;

/** One test. */
export type Primitive = { readonly position: number } & (
  | {
      readonly kind: "identifier";
      readonly identifier: Identifier;
      readonly qualifiers: Qualifiers;
    }
  | { readonly kind: "protocol"; readonly protocol: Protocol }
  | {
      readonly kind: "relation";
      readonly relation: Relation;
      readonly left: Arithmetic;
      readonly right: Arithmetic;
    }
  | { readonly kind: "broadcast" | "multicast"; readonly protocol: Protocol | undefined }
  | { readonly kind: "less" | "greater" | "ifindex"; readonly value: number }
  | {
      readonly kind: "byte";
      readonly offset: number;
      readonly operator: string;
      readonly value: number;
    }
  | { readonly kind: "inbound" | "outbound" | "pppoed" }
  | {
      readonly kind: "vlan" | "mpls" | "pppoes" | "geneve";
      /** A tag, label, session or network number; none: any. */
      readonly value: number | undefined;
    }
  | { readonly kind: "llc"; readonly type: string | undefined }
);

// Relations: arithmetic over the packet's bytes, which holds only in packets of the protocols whose
// bytes it reads.

import { EXTENSION_BASE, EXTENSION_NAMES } from "../instruction.ts";
import { and, type Formula, not, test } from "./formula.ts";
import type { Layout } from "./layout.ts";
import { mistake } from "./link.ts";
import { ETHERTYPE, matchType } from "./linktype.ts";
import { isFirstFragment } from "./port.ts";
import { matchProtocol } from "./protocol.ts";
import type { Arithmetic, ArithmeticOperator, Relation } from "./syntax.ts";
import type { BinaryOperator, Size, Value } from "./value.ts";
import type { Protocol } from "./words.ts";

const OPERATORS: Readonly<Record<ArithmeticOperator, BinaryOperator>> = {
  "+": "add",
  "-": "sub",
  "*": "mul",
  "/": "div",
  "%": "mod",
  "&": "and",
  "|": "or",
  "^": "xor",
  "<<": "lsh",
  ">>": "rsh",
};

/** Of values within each other; far more than a filter needs, and no danger for the stack. */
const DEPTH_MAX = 1000;

/** A value, and what must hold for it to exist. */
type Computed = { readonly value: Value; readonly conditions: readonly Formula[] };

/** Where an index is added to: the variable part and the number of an offset. */
function indexed(layout: Layout, base: Value | undefined, index: Value): Value {
  return base === undefined ? index : layout.values.operation("add", base, index);
}

/** The kernel takes such offsets for something that it knows about packets. */
function checkOffset(protocol: Protocol, sum: number, position: number): void {
  const offset = sum >>> 0;
  if (offset >= EXTENSION_BASE && !EXTENSION_NAMES.has(offset)) {
    throw mistake(`no packet has an offset of ${offset}, which "${protocol}" has`, position);
  }
}

/** `protocol[offset:size]`. */
function access(layout: Layout, arithmetic: Arithmetic & { kind: "access" }): Computed {
  const { protocol, position } = arithmetic;
  const { values, payload, network } = layout;
  const size = arithmetic.size as Size;
  const index = compute(layout, arithmetic.offset);
  const load = (base: Value | undefined, distance: number): Value => {
    if (index.value.kind === "constant" && base === undefined) {
      checkOffset(protocol, distance + index.value.value, position);
    }
    return values.load(size, indexed(layout, base, index.value), distance >>> 0);
  };
  const holds = (...own: readonly Formula[]) => [...index.conditions, ...own];
  switch (protocol) {
    case "link":
      return { value: load(layout.header.base, layout.header.constant), conditions: holds() };
    case "ip":
    case "arp":
    case "rarp":
    case "atalk":
    case "decnet":
    case "sca":
    case "lat":
    case "moprc":
    case "mopdl":
    case "ip6":
      return {
        value: load(payload.base, payload.constant + network),
        conditions: holds(matchProtocol(layout, protocol, position)),
      };
    case "sctp":
    case "tcp":
    case "udp":
    case "icmp":
    case "igmp":
    case "igrp":
    case "pim":
    case "vrrp":
    case "carp": {
      const value = load(layout.ipv4Length(), payload.constant + network);
      return { value, conditions: transportConditions(layout, protocol, index, position) };
    }
    case "icmp6": {
      const conditions = holds(
        matchType(layout, ETHERTYPE.ip6, position),
        layout.equals("network", 6, 1, 58),
      );
      return { value: load(payload.base, payload.constant + network + 40), conditions };
    }
    default:
      throw mistake(`"${protocol}" has no bytes to index`, position);
  }
}

/** Bytes of the protocols above IPv4 are in first fragments alone. */
function transportConditions(
  layout: Layout,
  protocol: Protocol,
  index: Computed,
  position: number,
): readonly Formula[] {
  return [
    matchProtocol(layout, "ip", position),
    ...index.conditions,
    matchProtocol(layout, protocol, position),
    isFirstFragment(layout),
  ];
}

function checkOperands(operator: ArithmeticOperator, right: Value, position: number): void {
  if (right.kind !== "constant") return;
  if ((operator === "/" || operator === "%") && right.value === 0) {
    throw mistake("division by zero", position);
  }
  if ((operator === "<<" || operator === ">>") && right.value > 31) {
    throw mistake(`a shift by ${right.value}, more than 31,`, position);
  }
}

function compute(layout: Layout, arithmetic: Arithmetic): Computed {
  const { values } = layout;
  switch (arithmetic.kind) {
    case "number":
      return { value: values.constant(arithmetic.value), conditions: [] };
    case "length":
      return { value: values.length(), conditions: [] };
    case "negation": {
      const { value, conditions } = compute(layout, arithmetic.operand);
      return { value: values.negation(value), conditions };
    }
    case "access":
      return access(layout, arithmetic);
    case "operation":
      return computeOperation(layout, arithmetic);
  }
}

/**
 * A chain of operators from the left may be long, so it is no recursion. Only the protocol of
 * the leftmost operand is a condition: libpcap checks no other one within an operation (but both
 * sides of a relation), and the same packets are wanted.
 */
function computeOperation(layout: Layout, last: Arithmetic & { kind: "operation" }): Computed {
  const chain = [last];
  let first = last.left;
  for (; first.kind === "operation"; first = first.left) chain.push(first);
  const { value: start, conditions } = compute(layout, first);
  let value = start;
  for (const { operator, right, position } of chain.reverse()) {
    const operand = compute(layout, right);
    checkOperands(operator, operand.value, position);
    value = layout.values.operation(OPERATORS[operator], value, operand.value);
    if (value.depth > DEPTH_MAX) throw mistake("too much arithmetic", position);
  }
  return { value, conditions };
}

/** Whether a relation holds. */
export function matchRelation(
  layout: Layout,
  relation: Relation,
  left: Arithmetic,
  right: Arithmetic,
): Formula {
  const first = compute(layout, left);
  const second = compute(layout, right);
  const compare = (comparison: "eq" | "gt" | "ge"): Formula =>
    test(layout.values, comparison, first.value, second.value);
  const comparisons: Readonly<Record<Relation, () => Formula>> = {
    "=": () => compare("eq"),
    "!=": () => not(compare("eq")),
    ">": () => compare("gt"),
    ">=": () => compare("ge"),
    "<": () => not(compare("ge")),
    "<=": () => not(compare("gt")),
  };
  return and(...first.conditions, ...second.conditions, comparisons[relation]());
}

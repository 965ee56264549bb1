// Every line of the tables: set and read back, complete, sorted.

import { describe, expect, test } from "bun:test";
import { since } from "../../scripts/since.ts";
import {
  type OptionName,
  setSocketOption,
  setSocketOptions,
  socketOption,
  socketOptions,
} from "../../src/index.ts";
import { constants } from "../../src/native/library.ts";
import { optionList, optionNames, optionsOf } from "../../src/option/table.ts";
import {
  capability,
  ipv6Sockets,
  kernel,
  type Requirement,
  testWith,
} from "../support/requirements.ts";
import { has, plainKinds, socketKinds, withSocket } from "../support/sockets.ts";
import { excluded } from "./excluded.ts";
import { privilegedRows, type Row, rows, withoutRow } from "./rows.ts";

function setAndRead({ kind, name, value, stored }: Row): void {
  withSocket(kind, (fd) => {
    expect(socketOption(fd, name)).not.toEqual(stored as never);
    setSocketOption(fd, name, value as never);
    expect(socketOption(fd, name)).toEqual(stored as never);
  });
}

/** Is there this option here, on this kind of socket? */
function available({ kind, name }: Row): Requirement {
  if (!has(kind).met) return has(kind);
  const version = kernel(since[name] ?? "5.10");
  return kind.endsWith("6") && version.met ? ipv6Sockets : version;
}

describe("an option reads as it was set, and not so before", () => {
  for (const row of rows) {
    testWith(available(row))(`${row.name} of ${row.kind}`, () => setAndRead(row));
  }
  for (const row of privilegedRows) {
    testWith(capability(row.needs), available(row))(`${row.name} of ${row.kind}`, () =>
      setAndRead(row),
    );
  }
});

test("every option that can be set and read here has a row, or a reason for none", () => {
  const tested = new Set<string>([...rows, ...privilegedRows].map(({ name }) => name));
  const missing = optionsOf("all")
    .filter(({ access, name }) => access === undefined && !tested.has(name))
    .map(({ name }) => name);
  expect(missing.sort()).toEqual(Object.keys(withoutRow).sort() as OptionName[]);
});

test("every name of this system's headers is an option or is excluded for a reason", () => {
  const known = new Set(optionNames());
  const names = ["SO", "IP", "IPV6", "TCP", "UDP", "PACKET", "NETLINK", "MCAST"].flatMap((group) =>
    Object.keys(constants[group] ?? {}).map((name) => `${group}_${name}`),
  );
  expect(names.length).toBeGreaterThan(process.platform === "linux" ? 300 : 100);
  const unknown = names.filter((name) => !known.has(name) && excluded(name) === undefined);
  expect(unknown).toEqual([]);
  const both = names.filter((name) => known.has(name) && excluded(name) !== undefined);
  expect(both).toEqual([]);
});

test("names are sorted within their level and stand on one level only", () => {
  const names = optionNames();
  expect(new Set(names).size).toBe(names.length);
  const level = (name: string) =>
    /^(SO_VM_SOCKETS|SO_ORIGINAL|SO_J1939|CAN_[A-Z]+|[A-Z0-9]+)_/.exec(name)?.[0] ?? "";
  for (const group of new Set(names.map(level))) {
    const own = names.filter((name) => level(name) === group);
    expect(own).toEqual(own.toSorted());
  }
});

test("the Markdown list names every option once, and what is new", () => {
  const list = optionList(since);
  expect(list).toContain("| `IP_LOCAL_PORT_RANGE` | { low, high } | Linux 6.3 |");
  const listed = [...list.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(listed.toSorted()).toEqual(optionNames().toSorted());
});

/** What changes from one reading to the next. */
const running: ReadonlySet<string> = new Set([
  "SO_INCOMING_CPU",
  "SO_INCOMING_NAPI_ID",
  "SO_MEMINFO",
  "TCP_INFO",
  "TCP_TIMESTAMP",
]);

describe("socketOptions never throws, and reads what socketOption reads", () => {
  for (const kind of socketKinds) {
    const needed = [
      ...(plainKinds.includes(kind) ? [] : [capability("net_raw")]),
      ...(kind.endsWith("6") ? [ipv6Sockets] : []),
    ];
    testWith(...needed)(kind, () => {
      withSocket(kind, (fd) => {
        const values = socketOptions(fd, { level: "all" });
        const least = process.platform === "linux" ? 30 : 5;
        expect(Object.keys(values).length).toBeGreaterThan(least);
        for (const name of Object.keys(values) as OptionName[]) {
          if (running.has(name)) continue;
          expect(socketOption(fd, name)).toEqual(values[name] as never);
        }
        for (const absent of ["SO_ERROR", "SO_PEERPIDFD", "PACKET_STATISTICS"] as const) {
          expect(values).not.toHaveProperty(absent);
        }
      });
    });
  }
});

test("what socketOptions read can be set on another socket", () => {
  withSocket("udp", (from) => {
    withSocket("udp", (to) => {
      setSocketOptions(from, { SO_BROADCAST: true, SO_PRIORITY: 2, SO_RCVTIMEO: 2000 });
      const { SO_BROADCAST = false, SO_PRIORITY = 0, SO_RCVTIMEO = 0 } = socketOptions(from);
      setSocketOptions(to, { SO_BROADCAST, SO_PRIORITY, SO_RCVTIMEO });
      expect(socketOptions(to)).toMatchObject({ SO_BROADCAST, SO_PRIORITY, SO_RCVTIMEO });
      expect(SO_PRIORITY).toBe(2);
    });
  });
});

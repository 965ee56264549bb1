// Lookups of addresses and of a name in /etc/hosts, one after the other: what each takes of the
// processor, beside getaddrinfo(3) in C, which waits for its answer, and beside the lookups of node
// and Bun, which do not.

import { dlopen } from "bun:ffi";
import { lookup } from "node:dns/promises";
import { join } from "node:path";
import { resolve } from "../src/index.ts";
import {
  type Case,
  compile,
  cpuNanoseconds,
  type Goal,
  type Suite,
  type Timer,
} from "./harness.ts";
import { Peer } from "./peer.ts";

const COUNT = 1000;
const ROUNDS = 21;
const WORKS = {
  addresses: Array.from({ length: COUNT }, (_, index) => `192.0.2.${index % 250}`),
  hosts: new Array<string>(COUNT).fill("localhost"),
};

/** Looks all names up, each when the one before is known. */
function timed(names: readonly string[], find: (name: string) => Promise<unknown>): Timer {
  return async () => {
    const begin = cpuNanoseconds();
    for (const name of names) await find(name);
    return (cpuNanoseconds() - begin) / COUNT;
  };
}

export const lookups: Suite = {
  title: "Lookups: processor time for each",
  cases(shared) {
    const { symbols } = dlopen(compile("resolve.c"), {
      time_lookups: { args: ["buffer", "u32"], returns: "f64" },
    });
    const node =
      Bun.which("node") === null
        ? null
        : shared.use(new Peer(["node", join(import.meta.dir, "peers/lookup.mjs")]));
    const cases = (name: string, work: keyof typeof WORKS): Case[] => {
      const names = WORKS[work];
      const bytes = Buffer.from(names.map((one) => `${one}\0`).join(""));
      const one = {
        name: `resolve ${name}`,
        ours: timed(names, (host) => resolve({ node: host, family: "inet", type: "stream" })),
        rounds: ROUNDS,
      };
      const beside: Case[] = [
        { ...one, native: () => symbols.time_lookups(bytes, COUNT) },
        {
          ...one,
          against: "Bun's node:dns",
          native: timed(names, (host) => lookup(host, { family: 4 })),
        },
      ];
      if (node !== null) beside.unshift({ ...one, against: "node:dns", native: node.timer(work) });
      return beside;
    };
    const all = [...cases("an address", "addresses"), ...cases("a name in /etc/hosts", "hosts")];
    return all.map((one) => ({ ...one, goal: goalOf(one) }));
  },
};

/** An address takes what its objects take; a name, two threads that wake each other. */
function goalOf({ name, against }: Case): Goal {
  if (name.includes("address")) return { extraNanoseconds: 5000 };
  return against === undefined ? { extraNanoseconds: 50_000 } : { ratio: 1.5 };
}

// dns.lookup of Node, as bench/resolve.ts asks for it: a line "work calls" is answered with the
// processor's nanoseconds for each of 1,000 lookups.

import { lookup } from "node:dns/promises";
import { createInterface } from "node:readline";

const COUNT = 1000;
const name = {
  addresses: (index) => `192.0.2.${index % 250}`,
  hosts: () => "localhost",
};

for await (const line of createInterface({ input: process.stdin })) {
  const [work] = line.split(" ");
  const before = process.cpuUsage();
  for (let index = 0; index < COUNT; index++) await lookup(name[work](index), { family: 4 });
  const { user, system } = process.cpuUsage(before);
  console.log(((user + system) * 1000) / COUNT);
}

// `npm run bench`: every suite, as a table, as bench/results.json and as bench/results.svg. Words
// behind it choose the suites whose title holds one of them; `peers` adds other programs.

import { join } from "node:path";
import { checksums } from "./checksum.ts";
import { growth } from "./growth.ts";
import { HEADER, line, measure, type Outcome, type Suite } from "./harness.ts";
import { interfaces } from "./ifaddrs.ts";
import { message } from "./message.ts";
import { peers } from "./peers/run.ts";
import { picture } from "./picture.ts";
import { eventLoop } from "./socket.ts";
import { transfer } from "./transfer.ts";

const suites: readonly Suite[] = [checksums, transfer, message, interfaces, eventLoop, growth];

const words = process.argv.slice(2).filter((word) => word !== "peers");
const chosen = suites.filter(
  ({ title }) =>
    words.length === 0 || words.some((word) => title.toLowerCase().includes(word.toLowerCase())),
);

const results: { title: string; outcomes: Outcome[] }[] = [];
for (const suite of chosen) {
  console.log(`\n${suite.title}\n${HEADER}`);
  const outcomes: Outcome[] = [];
  for (const one of await suite.cases()) {
    const outcome = await measure(one);
    console.log(line(outcome));
    outcomes.push(outcome);
  }
  results.push({ title: suite.title, outcomes });
}

if (words.length === 0) {
  const file = (name: string) => join(import.meta.dir, name);
  await Bun.write(file("results.json"), `${JSON.stringify(results, null, 2)}\n`);
  await Bun.write(file("results.svg"), picture(results));
}
const missed = results.flatMap(({ outcomes }) => outcomes.filter(({ met }) => met === false));
console.log(missed.length === 0 ? "\nevery goal met" : `\n${missed.length} goals missed`);
if (process.argv.includes("peers")) await peers();

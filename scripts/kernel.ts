// `npm run test:kernel`: tests under other kernels, Debian's 6.12 and 6.1 unless versions are
// given, which have the families of sockets that few machines' own has (CAN, SCTP, TIPC, AF_ALG,
// vsock, kTLS). Further words choose files, or directories of test/; `--record` keeps the counts.

import { run } from "./foreign.ts";
import {
  bootTests,
  type Guest,
  missing,
  OWN_ARCHITECTURE,
  packageOf,
  runInGuest,
  told,
} from "./guest.ts";
import { record, recording } from "./results.ts";
import { added, conclude, type Rooms, total } from "./suite.ts";

const VERSIONS = ["6.12", "6.1"];

const words = process.argv.slice(2);
if (words[0] === "--guest") await runInGuest(words.slice(1));
else {
  const kept = recording(words);
  const versions = words.filter((word) => /^\d+\.\d+$/.test(word));
  const guest: Guest = { architecture: OWN_ARCHITECTURE, bun: process.execPath };
  const remedy = missing(guest.architecture);
  const runs: Rooms[] = [];
  if (remedy === undefined) run("zig", "build");
  for (const version of versions.length > 0 ? versions : VERSIONS) {
    const name = remedy === undefined ? packageOf(version, guest) : undefined;
    if (name === undefined) {
      console.log(`skipped: Linux ${version}: ${remedy ?? "apt has no such kernel"}`);
      runs.push({ none: { passed: 0, failed: 0, skipped: 1 } });
      continue;
    }
    console.log(`== ${name}`);
    const found = await bootTests(name, guest, "scripts/kernel.ts", words);
    runs.push(told(name, found));
    if (kept && found !== undefined) {
      record(`npm run test:kernel ${version}`, { ...found, emulated: true });
    }
  }
  conclude(total(added(...runs)));
}

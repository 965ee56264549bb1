// `npm run test:load [MINUTES] [SEED] [KINDS]`: traffic of all kinds at once, for 30 minutes unless
// told; see test/load/main.ts. Whatever becomes of it, its network namespaces are removed.

import { randomInt } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const MINUTES = 30;
const [minutes = String(MINUTES), seed = String(randomInt(2 ** 31)), only = ""] =
  process.argv.slice(2);
const seconds = Math.round(Number(minutes) * 60);
if (!(seconds > 0) || !/^\d+$/.test(seed)) {
  console.error("usage: npm run test:load [MINUTES] [SEED] [KINDS, a pattern]");
  process.exit(2);
}
console.log(
  `load: ${seconds} s, seed ${seed}: npm run test:load ${minutes} ${seed} ${only}`.trim(),
);

const program = join(import.meta.dir, "../test/load/main.ts");
const child = Bun.spawn([process.execPath, program, String(seconds), seed, only], {
  stdio: ["ignore", "inherit", "inherit"],
  // A terminal's Ctrl-C reaches it by this process alone.
  detached: true,
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
const status = await child.exited;
// A process that died has left them.
for (const name of namespaces()) Bun.spawnSync(["ip", "netns", "del", name]);
if (child.signalCode !== null) console.error(`load: it was killed by ${child.signalCode}`);
process.exitCode = status;

function namespaces(): string[] {
  try {
    return readdirSync("/run/netns").filter((name) => name.startsWith(`rawsock-${child.pid}-`));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

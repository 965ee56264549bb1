// Signals in storms, for a handler of this process, and children that end.

import type { Load } from "./load.ts";

const STORM = 300;
const PAUSE_MS = 500;

/** Storm after storm, until the end: signals of one kind that wait are one. */
export async function signals(load: Load): Promise<void> {
  const tally = load.tally("signal");
  const random = load.random("signals");
  let children = 0;
  const handlers = {
    SIGUSR1: () => {
      tally.received++;
    },
    SIGCHLD: () => {
      children++;
    },
  } as const;
  for (const [name, handler] of Object.entries(handlers)) process.on(name, handler);
  await load.run(tally.kind, async () => {
    while (!load.isOver) {
      const count = random.integer(1, STORM);
      const script = `i=0; while [ $i -lt ${count} ]; do kill -USR1 ${process.pid}; i=$((i+1)); done`;
      const before = tally.received;
      const status = await Bun.spawn(["sh", "-c", script]).exited;
      tally.sent += count;
      if (status !== 0) tally.fault(`the storm ended with status ${status}`);
      await random.pause(PAUSE_MS);
      if (tally.received === before) await Bun.sleep(1000);
      if (tally.received === before) tally.fault("no signal of a storm was handled");
      tally.reopened++;
    }
  });
  for (const [name, handler] of Object.entries(handlers)) process.off(name, handler);
  tally.judges.push(`SIGCHLD ${children}`);
}

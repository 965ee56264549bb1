// Workers that come, and are terminated in the midst of what they do.

import type { Load } from "./load.ts";
import { Rights } from "./rights.ts";
import type { Given, Told } from "./worker.ts";

const LIFE_MS = 3000;
const PAUSE_MS = 2000;

/** Worker after worker, until the end; what they say they did counts. */
export async function workers(load: Load, number: number): Promise<void> {
  const tally = load.tally("worker");
  const random = load.random(`worker ${number}`);
  // Those of a Worker, and the rest as long as it lives.
  tally.sockets += 5;
  await load.run("worker", async () => {
    using rights = new Rights(tally);
    while (!load.isOver) {
      const worker = new Worker(new URL("./worker.ts", import.meta.url).href);
      worker.onmessage = ({ data }: MessageEvent<Told>) => {
        tally.sent += data.frames;
        tally.received += data.frames;
        for (const fault of data.faults) tally.fault(fault);
      };
      const failure = new Promise<never>((_, reject) => {
        worker.onerror = ({ message }) => reject(new Error(message));
      });
      const closed = new Promise((resolve) => worker.addEventListener("close", resolve));
      const given: Given = { seed: random.integer(0, 2 ** 31), namespace: load.a, fd: rights.fd };
      worker.postMessage(given);
      await Promise.race([random.pause(LIFE_MS), failure]);
      worker.terminate();
      await closed;
      tally.reopened++;
      await random.pause(PAUSE_MS);
    }
  });
}

// The packets of an interface, shared by several threads: bun examples/fanout.ts eth0 2 10
import { parentPort } from "node:worker_threads";
import { capture } from "rawsock/capture";

/** What a thread is told, and what it answers at its end. */
type Task = { readonly name: string; readonly group: number; readonly milliseconds: number };
type Share = { packets: number; bytes: number; dropped: number };

/** In a thread: counts its share. All packets of a connection come to the same thread. */
export async function work({ name, group, milliseconds }: Task): Promise<Share> {
  const own = capture({ interface: name, direction: "in", fanout: { group, mode: "hash" } });
  const share = { packets: 0, bytes: 0, dropped: 0 };
  postMessage("ready");
  setTimeout(() => own.close(), milliseconds);
  for await (const packets of own.batches()) {
    share.packets += packets.length;
    for (const { length } of packets) share.bytes += length;
  }
  return { ...share, dropped: own.statistics().dropped };
}

/** Starts a thread: its share. */
function start(task: Task, ready: () => void): Promise<Share> {
  const worker = new Worker(import.meta.url);
  worker.postMessage(task);
  return new Promise((resolve, reject) => {
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.onmessage = ({ data }: MessageEvent<"ready" | Share>) => {
      if (data === "ready") ready();
      else {
        worker.terminate();
        resolve(data);
      }
    };
  });
}

if (parentPort !== null) {
  parentPort.once("message", async (task: Task) => postMessage(await work(task)));
} else if (import.meta.main) {
  const [name = "lo", threads = "2", seconds = "2"] = process.argv.slice(2);
  const task = { name, group: process.pid & 0xffff, milliseconds: Number(seconds) * 1000 };
  let left = Number(threads);
  const ready = () => --left === 0 && console.log("all are there");
  const shares = Array.from({ length: left }, () => start(task, ready));
  for (const [number, share] of (await Promise.all(shares)).entries()) {
    const { packets, bytes, dropped } = share;
    console.log(`thread ${number + 1}: ${packets} packets, ${bytes} bytes, ${dropped} dropped`);
  }
}

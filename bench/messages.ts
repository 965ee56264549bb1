// messages(), of what another process sends: the processor time that each message takes, beside
// recvmmsg in C that copies the same bytes. What the sender takes is the sender's, and who receives
// waits until it is done: otherwise the pace of the two would decide how many come in one call.

import { dlopen } from "bun:ffi";
import { join } from "node:path";
import {
  close,
  connect,
  Sockaddr,
  Socket,
  send,
  setNonblocking,
  setSocketOptions,
  socket,
} from "../src/index.ts";
import { garbagePerMessage } from "./garbage.ts";
import { type Case, compile, type Suite, type Timer } from "./harness.ts";
import { withUs } from "./peer.ts";

const HOST = "127.0.0.1";
const ROOM = 2048;
/** What a small datagram takes of a socket's queue, and a little. */
const SHARE = 1024;
/** As many as the queue holds, so that none is lost. */
const WINDOW = Math.min(512, windowOf(1 << 20));
/** Time to arrive, three times what the sender takes. */
const PAUSE_MS = 4;
const request = new Uint8Array(new Uint32Array([WINDOW]).buffer);

/** How many datagrams a queue of that size holds, or of the largest that the system allows. */
function windowOf(size: number): number {
  using probe = Socket.open("inet", "dgram").setOption("SO_RCVBUF", size);
  return Math.floor(probe.option("SO_RCVBUF") / SHARE);
}

const PLAIN = { SO_RCVBUF: 1 << 20 };
/** The same, and what is asked for with each datagram. */
const TOLD = { ...PLAIN, IP_RECVTTL: true, IP_PKTINFO: true, SO_TIMESTAMPNS: true };

/** Starts a process that sends what it is asked for: its address. */
async function source(shared: DisposableStack, library: string): Promise<Sockaddr> {
  const command = [process.execPath, join(import.meta.dir, "peers/source.ts"), library];
  const child = Bun.spawn(withUs(command), { stdio: ["ignore", "pipe", "inherit"] });
  shared.defer(() => child.kill("SIGKILL"));
  const { value } = await child.stdout.getReader().read();
  return Sockaddr.inet(HOST, Number(new TextDecoder().decode(value)));
}

export const messages: Suite = {
  title: "messages(), from another process",
  async cases(shared) {
    const library = compile("messages.c");
    const { symbols } = dlopen(library, {
      cpu_time: { args: [], returns: "f64" },
      time_messages: { args: ["i32", "u32", "u32", "u32"], returns: "f64" },
    });

    const opened = async (told: object): Promise<Socket> => {
      const made = shared.use(Socket.open("inet", "dgram").bind(Sockaddr.inet(HOST)));
      await made.setOptions(told).connect(await source(shared, library));
      await made.send(request.subarray(0, 1));
      return made;
    };

    const single = async (told: object = PLAIN, read = false): Promise<Timer> => {
      const mine = await opened(told);
      const loop = mine.messages({ size: ROOM });
      return async (windows) => {
        let spent = 0;
        for (let window = 0; window < windows; window++) {
          await mine.send(request);
          await Bun.sleep(PAUSE_MS);
          const begin = symbols.cpu_time();
          for (let left = WINDOW; left > 0; left--) {
            const { value } = await loop.next();
            if (read && value?.control.length !== 3) throw new Error("control data are missing");
          }
          spent += symbols.cpu_time() - begin;
        }
        return spent / windows / WINDOW;
      };
    };

    const batches = async (options: { reuse?: boolean } = {}): Promise<Timer> => {
      const mine = await opened(PLAIN);
      const loop = mine.messages({ ...options, batch: true, size: ROOM });
      return async (windows) => {
        let spent = 0;
        for (let window = 0; window < windows; window++) {
          await mine.send(request);
          await Bun.sleep(PAUSE_MS);
          const begin = symbols.cpu_time();
          for (let left = WINDOW; left > 0; ) left -= ((await loop.next()).value ?? []).length;
          spent += symbols.cpu_time() - begin;
        }
        return spent / windows / WINDOW;
      };
    };

    const native = async (told: object): Promise<Timer> => {
      const fd = socket("inet", "dgram");
      shared.defer(() => close(fd));
      setSocketOptions(fd, told);
      connect(fd, await source(shared, library));
      send(fd, request.subarray(0, 1));
      setNonblocking(fd, true);
      return (windows) => symbols.time_messages(fd, WINDOW, PAUSE_MS * 1000, windows);
    };

    const against = "C recvmmsg, copied";
    const c = await native(PLAIN);
    const told = await native(TOLD);
    const pair = (name: string, ours: Timer, beside: Timer, ratio?: number): Case => {
      return {
        name,
        against,
        ours,
        native: beside,
        ...(ratio !== undefined && { goal: { ratio } }),
      };
    };
    return [
      pair("64 B, one by one", await single(), c, 1.5),
      pair("64 B, { batch: true }", await batches(), c, 1.2),
      pair("64 B, { batch: true, reuse: true }", await batches({ reuse: true }), c),
      pair("ttl + pktinfo + timestamp, not looked at", await single(TOLD), told),
      pair("ttl + pktinfo + timestamp, read", await single(TOLD, true), told),
    ];
  },
  figures: () =>
    (["one by one", "batch", "batch, reuse", "told, not looked at"] as const).map((name) => ({
      name: `garbage of a message, ${name}`,
      value: garbagePerMessage(name),
      unit: "B",
    })),
};

// messages(), of what another process sends: the processor time that each message takes, beside
// recvmmsg in C that copies the same bytes. What the sender takes is the sender's.

import { dlopen } from "bun:ffi";
import { join } from "node:path";
import { close, connect, Sockaddr, Socket, send, setNonblocking, socket } from "../src/index.ts";
import { garbagePerMessage } from "./garbage.ts";
import { type Case, compile, type Suite, type Timer } from "./harness.ts";

const HOST = "127.0.0.1";
/** Datagrams that are under way at most: the usual queue has room for twice as many. */
const WINDOW = 128;
const ROOM = 2048;
const request = new Uint8Array(new Uint32Array([WINDOW]).buffer);

/** What is asked for with each datagram. */
const TOLD = { IP_RECVTTL: true, IP_PKTINFO: true, SO_TIMESTAMPNS: true };

/** Starts a process that sends what it is asked for: its address. */
async function source(shared: DisposableStack, library: string): Promise<Sockaddr> {
  const command = [process.execPath, join(import.meta.dir, "peers/source.ts"), library];
  const child = Bun.spawn(command, { stdio: ["ignore", "pipe", "inherit"] });
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
      time_messages: { args: ["i32", "u32", "u32"], returns: "f64" },
    });

    const opened = async (told: object): Promise<Socket> => {
      const made = shared.use(Socket.open("inet", "dgram").bind(Sockaddr.inet(HOST)));
      await made.setOptions(told).connect(await source(shared, library));
      await made.send(request.subarray(0, 1));
      return made;
    };

    const single = async (told: object = {}, read = false): Promise<Timer> => {
      const mine = await opened(told);
      const loop = mine.messages({ size: ROOM });
      return async (windows) => {
        const begin = symbols.cpu_time();
        for (let window = 0; window < windows; window++) {
          await mine.send(request);
          for (let left = WINDOW; left > 0; left--) {
            const { value } = await loop.next();
            if (read && value?.control.length !== 3) throw new Error("control data are missing");
          }
        }
        return (symbols.cpu_time() - begin) / windows / WINDOW;
      };
    };

    const batches = async (options: { reuse?: boolean } = {}): Promise<Timer> => {
      const mine = await opened({});
      const loop = mine.messages({ ...options, batch: true, size: ROOM });
      return async (windows) => {
        const begin = symbols.cpu_time();
        for (let window = 0; window < windows; window++) {
          await mine.send(request);
          for (let left = WINDOW; left > 0; ) left -= ((await loop.next()).value ?? []).length;
        }
        return (symbols.cpu_time() - begin) / windows / WINDOW;
      };
    };

    const native = async (): Promise<Timer> => {
      const fd = socket("inet", "dgram");
      shared.defer(() => close(fd));
      connect(fd, await source(shared, library));
      send(fd, request.subarray(0, 1));
      setNonblocking(fd, true);
      return (windows) => symbols.time_messages(fd, WINDOW, windows);
    };

    const against = "C recvmmsg, copied";
    const c = await native();
    const pair = (name: string, ours: Timer, ratio?: number): Case => ({
      name,
      against,
      ours,
      native: c,
      ...(ratio !== undefined && { goal: { ratio } }),
    });
    return [
      pair("64 B, one by one", await single(), 1.5),
      pair("64 B, { batch: true }", await batches(), 1.2),
      pair("64 B, { batch: true, reuse: true }", await batches({ reuse: true })),
      pair("ttl + pktinfo + timestamp, not looked at", await single(TOLD)),
      pair("ttl + pktinfo + timestamp, read", await single(TOLD, true)),
    ];
  },
  figures: () =>
    (["one by one", "batch", "batch, reuse", "told, not looked at"] as const).map((name) => ({
      name: `garbage of a message, ${name}`,
      value: garbagePerMessage(name),
      unit: "B",
    })),
};

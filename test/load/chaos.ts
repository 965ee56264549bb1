// Sockets of all kinds with calls that wait for what never comes: by time-out, abort or close,
// each ends, and says by which.

import { Sockaddr, Socket, SocketError } from "../../src/index.ts";
import type { Limits } from "../../src/socket/limits.ts";
import { GIVEN_UP } from "./impatience.ts";
import type { Load } from "./load.ts";
import type { Random } from "./random.ts";
import type { Tally } from "./tally.ts";

const LATEST_MS = 10_000;
const LIFE_MS = 400;
/** Of calls that nobody gave up: the socket was closed, or there is no such host. */
const CODES: ReadonlySet<string> = new Set([
  ...["ECANCELED", "EBADF", "EHOSTUNREACH", "EINVAL", "EALREADY", "ENOTCONN", "EPIPE", "EISCONN"],
  ...["EDESTADDRREQ", "ECONNREFUSED", "ECONNRESET", "ECONNABORTED"],
]);

function open(load: Load, random: Random): Socket {
  switch (random.integer(0, 7)) {
    case 0:
      return load.open("a", "inet", "dgram").bind(Sockaddr.inet("127.0.0.1"));
    case 1:
      return load.open("a", "inet6", "dgram");
    case 2:
      return load.open("a", "inet", "stream");
    case 3:
      return load.open("a", "inet", "stream").listen();
    case 4:
      return Socket.open("unix", "seqpacket").bind({ family: "unix", path: "" }).listen();
    case 5:
      return load.open("a", "netlink", "raw", "route");
    case 6:
      return load.open("a", "packet", "raw", 0);
    default: {
      const [kept, other] = Socket.pair("unix", random.pick(["stream", "dgram"] as const));
      setTimeout(() => other.close(), random.integer(0, LIFE_MS));
      return kept;
    }
  }
}

const calls: readonly ((socket: Socket, op: Limits) => Promise<unknown>)[] = [
  (socket, op) => socket.recv(new Uint8Array(100), op),
  (socket, op) => socket.recvfrom(new Uint8Array(100), op),
  (socket, op) => socket.readable(op),
  (socket, op) => socket.accept(op).then((other) => other.close()),
  (socket, op) => Array.fromAsync(socket.messages({ ...op, size: 512, batch: 4 })),
  (socket, op) => Array.fromAsync(socket.connections(op)),
  // Where nobody is.
  (socket, op) => socket.connect(Sockaddr.inet("10.77.0.99", 9), op),
];

/** Makes a call; how it ends. */
async function call(socket: Socket, tally: Tally, random: Random): Promise<void> {
  const controller = new AbortController();
  const timers = [setTimeout(() => controller.abort(GIVEN_UP), random.integer(0, LIFE_MS))];
  const timeout = random.chance(0.5) ? { timeout: random.integer(0, LIFE_MS) } : {};
  const signal = random.chance(0.5) ? { signal: controller.signal } : {};
  const method = random.pick(calls);
  const late = Promise.withResolvers<never>();
  timers.push(setTimeout(() => late.reject(new Error(`no end of ${method}`)), LATEST_MS));
  tally.sent++;
  try {
    await Promise.race([method(socket, { ...timeout, ...signal }), late.promise]);
    tally.received++;
  } catch (error) {
    if (error === GIVEN_UP) tally.aborted++;
    else if (error instanceof SocketError && error.timeout !== undefined) tally.late++;
    else if (error instanceof SocketError && isExpected(error.code)) tally.received++;
    else tally.fault(`${method}: ${error}`);
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

function isExpected(code: string): boolean {
  return CODES.has(code) || code === "EOPNOTSUPP" || code === "EAFNOSUPPORT";
}

/** Socket after socket, until the end: calls that ended by themselves count as received. */
export async function chaos(load: Load, number: number): Promise<void> {
  const tally = load.tally("chaos");
  const random = load.random(`chaos ${number}`);
  tally.sockets += 1;
  await load.run("chaos", async () => {
    while (!load.isOver) {
      const socket = open(load, random);
      const pending = Array.from({ length: random.integer(1, 6) }, () =>
        call(socket, tally, random),
      );
      await random.pause(LIFE_MS);
      socket.close();
      await Promise.all(pending);
      tally.reopened++;
    }
  });
}

// TCP and Unix streams, both ways at once: what arrives is what was sent, from the beginning, and
// all of it where the stream is ended rather than torn.

import { Message, Sockaddr, Socket } from "../../src/index.ts";
import { FRAME_MAX, HEADER, readFrame, writeFrame } from "./content.ts";
import { hasCode, impatient, NOTHING } from "./impatience.ts";
import type { Load } from "./load.ts";
import type { Random } from "./random.ts";
import { Rights } from "./rights.ts";
import { Sequence } from "./sequence.ts";
import type { Tally } from "./tally.ts";

const PAUSE_MS = 500;
const BURST_MAX = 128 * 1024;
/** How much is received at once. */
const ROOM = 16 * 1024;
/** What a torn connection ends calls with. */
const TORN = ["ECANCELED", "EBADF", "ECONNRESET", "EPIPE", "ENOTCONN"] as const;

/** One end of a connection. */
class End {
  readonly #socket: Socket;
  readonly #flow: number;
  readonly #random: Random;
  readonly #tally: Tally;
  readonly #sequence: Sequence;
  readonly #rights: Rights | undefined;
  sent = 0;
  hasEnded = false;

  constructor(
    socket: Socket,
    { flow, peer }: { flow: number; peer: number },
    random: Random,
    tally: Tally,
    rights: Rights | undefined,
  ) {
    this.#socket = socket;
    this.#flow = flow;
    this.#random = random;
    this.#tally = tally;
    this.#sequence = new Sequence(tally, peer, true);
    this.#rights = rights;
  }

  get received(): number {
    return this.#sequence.received;
  }

  /** Sends `bursts` bursts of frames, and that there are no more. */
  async send(load: Load, bursts: number): Promise<void> {
    const buffer = new Uint8Array(BURST_MAX);
    const random = this.#random;
    for (let burst = 0; burst < bursts && !load.isOver; burst++) {
      const most = random.chance(0.03) ? BURST_MAX : 2000;
      let end = 0;
      let frames = 0;
      for (;;) {
        const length = random.integer(HEADER, random.chance(0.1) ? FRAME_MAX : 300);
        if (end + length > most) break;
        const sequence = this.sent + frames++;
        writeFrame(buffer.subarray(end), { flow: this.#flow, sequence, length });
        end += length;
      }
      await this.#sendBytes(buffer.subarray(0, end));
      this.sent += frames;
      this.#tally.sent += frames;
      await random.pause(PAUSE_MS);
    }
    this.#socket.shutdown("wr");
  }

  /** What a call that is given up has sent is told, and the rest follows. */
  async #sendBytes(bytes: Uint8Array): Promise<void> {
    const socket = this.#socket;
    for (let done = 0; done < bytes.length; ) {
      const before = socket.bytesSent;
      const rest = bytes.subarray(done);
      const sent = await impatient(this.#tally, this.#random, (op) => {
        if (this.#rights === undefined || this.#random.chance(0.7)) return socket.send(rest, op);
        const control = this.#random.chance(0.2) ? this.#rights.control : [];
        return socket.sendmsg(new Message({ iovec: [rest], control }), op);
      });
      const moved = socket.bytesSent - before;
      if (sent !== NOTHING && (sent !== rest.length || moved !== sent)) {
        this.#tally.fault(`send gave ${sent} of ${rest.length}, bytesSent ${moved}`);
      }
      done += moved;
    }
  }

  /** Receives until the peer's end. */
  async receive(): Promise<void> {
    const buffer = new Uint8Array(FRAME_MAX + ROOM);
    let kept = 0;
    for (;;) {
      const room = this.#random.integer(1, ROOM);
      const length = await this.#receive(buffer, kept, room);
      if (length === NOTHING) continue;
      if (length === 0) break;
      // A message that an earlier loop has kept may be larger than what this one asked for.
      kept = this.#parse(buffer, kept + length);
      if (this.#random.chance(0.05)) await this.#random.pause(40);
    }
    this.hasEnded = true;
    if (kept > 0) this.#tally.fault(`${kept} bytes of a frame at the end`);
  }

  async #receive(buffer: Uint8Array, kept: number, room: number): Promise<number | typeof NOTHING> {
    const socket = this.#socket;
    const target = buffer.subarray(kept, kept + room);
    const dice = this.#random.next();
    if (dice < 0.6) return impatient(this.#tally, this.#random, (op) => socket.recv(target, op));
    if (dice < 0.7) {
      // The beginning of what is wanted whole is kept where it is given up.
      const end = Math.min(target.length, 600);
      return impatient(this.#tally, this.#random, (op) =>
        socket.recv(target, { ...op, end, waitall: true }),
      );
    }
    if (dice < 0.85) {
      const message = new Message({ iovec: [target] });
      const length = await impatient(this.#tally, this.#random, (op) =>
        socket.recvmsg(message, op),
      );
      if (length !== NOTHING) this.#rights?.take(message.control, true, false);
      return length;
    }
    return impatient(this.#tally, this.#random, async (op) => {
      for await (const { data, control } of socket.messages({ ...op, size: room })) {
        this.#rights?.take(control, true, false);
        buffer.set(data, kept);
        return data.length;
      }
      return 0;
    });
  }

  /** Takes the whole frames of `end` bytes; what is left moves to the beginning: how much. */
  #parse(buffer: Uint8Array, end: number): number {
    let at = 0;
    while (end - at >= HEADER) {
      const frame = readFrame(buffer.subarray(at, end));
      if (typeof frame === "string") throw new Error(`after ${this.received} frames: ${frame}`);
      if (frame.length > end - at) break;
      this.#sequence.add(frame);
      at += frame.length;
    }
    buffer.copyWithin(0, at, end);
    return end - at;
  }
}

/** Both ends of a connection talk until both have ended, or one is closed in the midst of it. */
async function converse(
  load: Load,
  tally: Tally,
  random: Random,
  sockets: readonly [Socket, Socket],
  rights?: Rights,
): Promise<void> {
  const flows = [load.flow(), load.flow()] as const;
  const ends = [0, 1].map((side) => {
    const [flow, peer] = side === 0 ? flows : [flows[1], flows[0]];
    const chance = load.random(`${tally.kind} ${flow}`);
    return new End(sockets[side] as Socket, { flow, peer }, chance, tally, rights);
  }) as [End, End];
  const bursts = random.integer(5, 60);
  let isTorn = false;
  const tear = () => {
    isTorn = true;
    random.pick(sockets).close();
  };
  const timer = random.chance(0.3)
    ? setTimeout(tear, random.integer(0, bursts * PAUSE_MS))
    : undefined;
  const close = () => {
    for (const socket of sockets) socket.close();
  };
  const ended = async (running: Promise<void>) => {
    try {
      await running;
    } catch (error) {
      // The others wait for nothing any more.
      const wasTorn = isTorn && hasCode(error, ...TORN);
      isTorn = true;
      close();
      if (!wasTorn) throw error;
    }
  };
  const running = ends.flatMap((end) => [ended(end.send(load, bursts)), ended(end.receive())]);
  const results = await Promise.allSettled(running);
  clearTimeout(timer);
  for (const result of results) if (result.status === "rejected") throw result.reason;
  for (const [side, end] of ends.entries()) {
    const { sent } = ends[1 - side] as End;
    // Frames of a burst that was torn count as not sent, and some may have come.
    if (isTorn) tally.torn += sent - end.received;
    else if (end.received !== sent) {
      tally.fault(`${end.received} of ${sent} frames of a whole stream came`);
    }
  }
  close();
  tally.reopened++;
}

/** Pairs of Unix streams, one after the other. */
export async function unixStreams(load: Load): Promise<void> {
  const tally = load.tally("unix stream");
  const random = load.random(`unix stream ${load.flow()}`);
  tally.sockets += 2;
  await load.run(tally.kind, async () => {
    using rights = new Rights(tally);
    while (!load.isOver) {
      await converse(load, tally, random, Socket.pair(), rights);
    }
  });
}

/** A listener, and `count` clients of it in the other namespace, one connection after the other. */
export async function tcp(load: Load, family: "inet" | "inet6", count: number): Promise<void> {
  const kind = `tcp ${family}`;
  const tally = load.tally(kind);
  const address = family === "inet" ? "10.77.0.2" : "fd77::2";
  const at = (port: number) =>
    family === "inet" ? Sockaddr.inet(address, port) : Sockaddr.inet6(address, port);
  const listener = load.open("b", family, "stream");
  listener.bind(at(0)).listen();
  tally.sockets += 2 * count + 1;
  const waiting = new Map<number, (socket: Socket) => void>();
  const accepting = load.run(kind, async () => {
    try {
      for await (const socket of listener.connections()) {
        const { port = 0 } = socket.peerAddress ?? {};
        const found = waiting.get(port);
        // A client that has given up connecting closes, and nobody asks for its connection.
        if (found === undefined) socket.close();
        else found(socket);
      }
    } catch (error) {
      if (!hasCode(error, "ECANCELED", "EBADF")) throw error;
    }
  });
  const client = async () => {
    const random = load.random(`${kind} ${load.flow()}`);
    while (!load.isOver) {
      const socket = load.open("a", family, "stream");
      socket.bind(family === "inet" ? Sockaddr.inet("10.77.0.1") : Sockaddr.inet6("fd77::1"));
      const { port = 0 } = socket.localAddress;
      const accepted = new Promise<Socket>((resolve) => waiting.set(port, resolve));
      const connected = await impatient(tally, random, (op) =>
        socket.connect(listener.localAddress, op),
      );
      if (connected === NOTHING) {
        socket.close();
        void accepted.then((late) => late.close());
      } else await converse(load, tally, random, [socket, await accepted]);
      waiting.delete(port);
    }
  };
  await Promise.all(Array.from({ length: count }, () => load.run(kind, client)));
  listener.close();
  await accepting;
}

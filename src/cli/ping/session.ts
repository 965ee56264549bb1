// One run of `rawsock ping`: what was sent, what came back, and what is said about it.

import type { Sockaddr } from "../../address/sockaddr.ts";
import { ERRNO } from "../../base/constants.ts";
import { SocketError } from "../../base/error.ts";
import { Clock } from "../shared/clock.ts";
import { type Echo, type EchoSocket, isAnnounced } from "../shared/echo.ts";
import { Failure } from "../shared/failure.ts";
import { type Host, nameOf } from "../shared/host.ts";
import { icmpWords } from "../shared/icmp.ts";
import type { Interruption } from "../shared/interruption.ts";
import type { Output } from "../shared/output.ts";
import { milliseconds, rounded, Statistics } from "../shared/statistics.ts";
import { wait } from "../shared/wait.ts";
import { firstWrong, HEADER, hex, localWords, secondsOf, textOf, type Wrong } from "./words.ts";

const SEQUENCES = 0x10000;
/** How many replies and errors are looked at before anything else has its turn. */
const BURST = 256;
/** Bars in the picture of the times. */
const PICTURE = 60;

export type SessionOptions = {
  readonly count: number;
  /** Milliseconds. */
  readonly interval: number;
  readonly timeout: number;
  readonly deadline: number;
  readonly hasDeadline: boolean;
  readonly flood: boolean;
  readonly numeric: boolean;
  readonly quiet: boolean;
  readonly timestamps: boolean;
  readonly outstanding: boolean;
  readonly json: boolean;
};

type Reply = Extract<Echo, { kind: "reply" }>;
type Refusal = Extract<Echo, { kind: "error" }>;

export class Session {
  readonly #socket: EchoSocket;
  readonly #host: Host;
  readonly #payload: Uint8Array;
  readonly #options: SessionOptions;
  readonly #output: Output;
  readonly #clock = new Clock();
  readonly #times = new Statistics(PICTURE);
  /**
   * When each was sent, by its sequence number, in ms since #epoch; 0: it was not. However many
   * are lost, the memory stays the same.
   */
  readonly #sentAt = new Float64Array(SEQUENCES);
  readonly #answered = new Uint8Array(SEQUENCES);
  /** A little before the first is sent. */
  readonly #epoch = this.#clock.now() - 1_000_000n;
  readonly #started = performance.now();
  #sent = 0;
  #received = 0;
  #duplicates = 0;
  #corrupted = 0;
  #outOfOrder = 0;
  #errors = 0;
  /** The newest that was answered, counted from 1 without end. */
  #newest = 0;
  #lastSent = this.#started;
  #ended = this.#started;
  /** Dots on the screen. */
  #dots = 0;

  constructor(
    socket: EchoSocket,
    host: Host,
    payload: Uint8Array,
    options: SessionOptions,
    output: Output,
  ) {
    this.#socket = socket;
    this.#host = host;
    this.#payload = payload;
    this.#options = options;
    this.#output = output;
  }

  async run(interruption: Interruption): Promise<void> {
    const { deadline, flood } = this.#options;
    const end = this.#started + deadline;
    let next = this.#started;
    while (!interruption.happened && !this.#isDone(end)) {
      const now = performance.now();
      if (this.#sendsMore && now >= next) {
        this.#send();
        next = Math.max(now, next + this.#options.interval);
        if (flood) next = now + this.#options.interval;
        if (this.#isDone(end)) break;
      }
      const until = this.#sendsMore ? next : this.#lastSent + this.#patience();
      const ready = await wait([this.#socket.fd], Math.min(until, end), interruption);
      if (ready.length > 0 && this.#receive() && flood) next = performance.now();
    }
    this.#receive();
    this.#ended = performance.now();
  }

  /** With a deadline the count is of replies: ping(8). */
  get #sendsMore(): boolean {
    return this.#options.hasDeadline || this.#sent < this.#options.count;
  }

  #isDone(end: number): boolean {
    const { count, hasDeadline } = this.#options;
    const now = performance.now();
    if (now >= end) return true;
    if (hasDeadline && this.#received >= count) return true;
    if (this.#sendsMore) return false;
    if (!hasDeadline && this.#received + this.#errors >= this.#sent) return true;
    return now >= this.#lastSent + this.#patience();
  }

  /** How long after the last request replies are waited for. */
  #patience(): number {
    const { timeout, interval, hasDeadline } = this.#options;
    if (hasDeadline) return Number.POSITIVE_INFINITY;
    return this.#received > 0 ? Math.max(2 * this.#times.most, Math.min(interval, 1000)) : timeout;
  }

  #send(): void {
    if (this.#options.outstanding && this.#sent > 0) this.#tellOutstanding();
    const sequence = (this.#sent + 1) % SEQUENCES;
    this.#answered[sequence] = 0;
    this.#lastSent = performance.now();
    this.#sentAt[sequence] = this.#elapsed(this.#clock.now());
    try {
      this.#transmit(sequence);
      this.#sent++;
      if (this.#options.flood) this.#dot();
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      // Nothing was sent before: it never will be.
      if (this.#sent === 0) throw new Failure(error.message, 2);
      this.#sent++;
      this.#errors++;
      this.#fail(sequence, error);
    }
  }

  #transmit(sequence: number): void {
    const send = () => {
      const time = this.#socket.send(sequence, this.#host.address, this.#clock);
      this.#sentAt[sequence] = this.#elapsed(time);
    };
    try {
      send();
    } catch (error) {
      // The error of an earlier one, or that this one is too long for its way.
      if (isAnnounced(error) && this.#receiveErrors(sequence)) {
        if (error.code !== "EMSGSIZE") send();
        return;
      }
      const full = error instanceof SocketError && error.errno === ERRNO.ENOBUFS;
      if (!full) throw error;
    }
  }

  #fail(sequence: number, error: SocketError): void {
    if (this.#options.json) {
      this.#output.json({ event: "error", sequence, message: error.message, code: error.code });
    } else if (!this.#options.quiet && !this.#options.flood) {
      this.#output.note(`rawsock ping: ${error.message}`);
    }
  }

  /** All that has arrived; true where there was a reply. */
  #receive(): boolean {
    let replies = 0;
    for (let count = 0; count < BURST; count++) {
      const echo = this.#socket.reply();
      if (echo?.kind !== "reply") break;
      this.#reply(echo);
      replies++;
    }
    this.#receiveErrors((this.#sent % SEQUENCES) as number);
    return replies > 0;
  }

  /** `latest`: what an error is about that does not say. */
  #receiveErrors(latest: number): boolean {
    let count = 0;
    for (; count < BURST; count++) {
      const echo = this.#socket.error();
      if (echo?.kind !== "error") break;
      this.#refused(echo, latest);
    }
    return count > 0;
  }

  #reply(reply: Reply): void {
    const sequence = reply.sequence ?? 0;
    const sentAt = this.#sentAt[sequence] as number;
    // A reply to another's request: raw sockets get them all.
    if (sentAt === 0) return;
    const wrong = firstWrong(reply.payload, this.#payload, this.#socket.type === "raw");
    if (wrong === "foreign") return;
    const arrived = this.#elapsed(reply.time ?? this.#clock.now());
    const time = Math.max(0, arrived - sentAt);
    const duplicate = this.#answered[sequence] === 1;
    const number = this.#numberOf(sequence);
    const outOfOrder = !duplicate && number < this.#newest;
    this.#answered[sequence] = 1;
    this.#newest = Math.max(this.#newest, number);
    if (duplicate) this.#duplicates++;
    else this.#received++;
    if (outOfOrder) this.#outOfOrder++;
    if (wrong !== null) this.#corrupted++;
    if (!duplicate) this.#times.add(time);
    if (this.#options.flood && !this.#options.json) {
      if (!duplicate) this.#backspace();
      return;
    }
    if (this.#options.quiet) return;
    this.#tellReply(reply, { sequence, time, duplicate, outOfOrder, wrong });
  }

  #tellReply(
    reply: Reply,
    about: {
      readonly sequence: number;
      readonly time: number;
      readonly duplicate: boolean;
      readonly outOfOrder: boolean;
      readonly wrong: Wrong | null;
    },
  ): void {
    const { sequence, time, duplicate, outOfOrder, wrong } = about;
    const bytes = reply.payload.length + HEADER;
    if (this.#options.json) {
      this.#output.json({
        event: "reply",
        sequence,
        address: reply.from?.address,
        bytes,
        ttl: reply.ttl ?? undefined,
        time: rounded(time),
        duplicate: duplicate || undefined,
        outOfOrder: outOfOrder || undefined,
        corrupted: wrong !== null || undefined,
      });
      return;
    }
    const words = [`${bytes} bytes from ${this.#who(reply.from)}: icmp_seq=${sequence}`];
    if (reply.ttl !== null) words.push(`ttl=${reply.ttl}`);
    words.push(`time=${milliseconds(time)} ms`);
    if (duplicate) words.push("(DUP!)");
    if (outOfOrder) words.push("(OUT OF ORDER)");
    this.#line(words.join(" "));
    if (wrong === null) return;
    const { index, expected, actual } = wrong;
    this.#line(
      actual === undefined
        ? `the reply has ${index} bytes of data, the request had ${this.#payload.length}`
        : `wrong data byte #${index} should be 0x${hex(expected)} but was 0x${hex(actual)}`,
    );
  }

  #refused(error: Refusal, latest: number): void {
    const sequence = error.sequence ?? latest;
    // Of something that was sent by another process, or long ago.
    if (this.#sentAt[sequence] === 0) return;
    this.#errors++;
    const { json, quiet, flood } = this.#options;
    const { family } = this.#socket;
    const { type, code, info, from, origin } = error;
    const local = origin === "local";
    const message = local ? localWords(error) : icmpWords({ family, type, code, info });
    if (json) {
      const icmp = local ? {} : { type, code };
      const mtu = error.errno === "EMSGSIZE" ? { mtu: info } : {};
      const address = from?.address;
      this.#output.json({ event: "error", sequence, address, message, ...icmp, ...mtu });
    } else if (flood) {
      this.#output.write("\bE");
    } else if (!quiet) {
      if (local) this.#output.note(`rawsock ping: local error: ${message}`);
      else this.#line(`From ${this.#who(from)} icmp_seq=${sequence} ${message}`);
    }
  }

  /** How many were sent up to the one with this sequence number. */
  #numberOf(sequence: number): number {
    const last = this.#sent % SEQUENCES;
    return this.#sent - ((last - sequence + SEQUENCES) % SEQUENCES);
  }

  #tellOutstanding(): void {
    const sequence = this.#sent % SEQUENCES;
    if (this.#answered[sequence] === 1 || this.#options.quiet || this.#options.flood) return;
    if (this.#options.json) this.#output.json({ event: "outstanding", sequence });
    else this.#line(`no answer yet for icmp_seq=${sequence}`);
  }

  #who(from: Sockaddr | null): string {
    if (from === null) return "unknown";
    const text = textOf(from);
    const { isAddress, address, name } = this.#host;
    if (this.#options.numeric || isAddress) return text;
    if (from.address === address.address) return `${name} (${text})`;
    const other = nameOf(from);
    return other === null ? text : `${other} (${text})`;
  }

  #line(text: string): void {
    const stamp = this.#options.timestamps ? `[${secondsOf(this.#clock.now())}] ` : "";
    this.#output.line(stamp + text);
  }

  #dot(): void {
    if (this.#options.quiet || this.#options.json) return;
    this.#dots++;
    this.#output.write(".");
  }

  #backspace(): void {
    if (this.#dots === 0 || this.#options.quiet) return;
    this.#dots--;
    this.#output.write("\b \b");
  }

  #elapsed(time: bigint): number {
    return Number(time - this.#epoch) / 1e6;
  }

  /** Prints the summary; the status. */
  conclude(): number {
    const sent = this.#sent;
    const received = this.#received;
    const lost = Math.max(0, sent - received);
    const loss = sent === 0 ? 0 : Number(((lost * 100) / sent).toPrecision(6));
    const elapsed = Math.round(this.#ended - this.#started);
    const rtt = this.#times.summary;
    const { json, count, hasDeadline } = this.#options;
    const status = received === 0 || (hasDeadline && Number.isFinite(count) && received < count);
    if (json) {
      const counts = { transmitted: sent, received, duplicates: this.#duplicates };
      const others = { outOfOrder: this.#outOfOrder, corrupted: this.#corrupted };
      const errors = this.#errors;
      this.#output.json({ event: "summary", ...counts, ...others, errors, loss, elapsed, rtt });
      return status ? 1 : 0;
    }
    const words = [`${sent} packets transmitted`, `${received} received`];
    if (this.#duplicates > 0) words.push(`+${this.#duplicates} duplicates`);
    if (this.#corrupted > 0) words.push(`+${this.#corrupted} corrupted`);
    if (this.#outOfOrder > 0) words.push(`${this.#outOfOrder} out of order`);
    if (this.#errors > 0) words.push(`+${this.#errors} errors`);
    words.push(`${loss}% packet loss`, `time ${elapsed}ms`);
    this.#output.line(`\n--- ${this.#host.name} ping statistics ---\n${words.join(", ")}`);
    if (rtt === null) return 1;
    const values = [rtt.min, rtt.avg, rtt.max, rtt.mdev].map((time) => time.toFixed(3)).join("/");
    this.#output.line(`rtt min/avg/max/mdev = ${values} ms`);
    if (this.#output.isTerminal && this.#times.count > 1) {
      this.#output.line(this.#output.paint("cyan", this.#times.picture));
    }
    return status ? 1 : 0;
  }
}

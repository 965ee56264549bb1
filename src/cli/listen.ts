// `rawsock listen`: what arrives at an address, as socat(1) prints it.

import { unlinkSync } from "node:fs";
import type { Sockaddr } from "../address/sockaddr.ts";
import { SocketError } from "../base/error.ts";
import { Socket } from "../socket/socket.ts";
import { ENDPOINTS, type Endpoint, endpointText, parseEndpoint } from "./shared/endpoint.ts";
import { command } from "./shared/execute.ts";
import { UsageError } from "./shared/failure.ts";
import { familyOf } from "./shared/host.ts";
import type { Interruption } from "./shared/interruption.ts";
import { seconds, whole } from "./shared/number.ts";
import type { Output } from "./shared/output.ts";
import { input, type Show, show } from "./shared/transfer.ts";

type Options = {
  readonly show: Show;
  readonly echo: boolean;
  readonly keep: boolean;
  /** Messages, or connections. */
  readonly count: number;
  readonly timeout: number | undefined;
};

class Listener {
  readonly #socket: Socket;
  readonly #endpoint: Endpoint;
  readonly #options: Options;
  readonly #output: Output;
  readonly #interruption: Interruption;
  #received = 0;

  constructor(
    socket: Socket,
    endpoint: Endpoint,
    options: Options,
    output: Output,
    interruption: Interruption,
  ) {
    this.#socket = socket;
    this.#endpoint = endpoint;
    this.#options = options;
    this.#output = output;
    this.#interruption = interruption;
  }

  get #limits() {
    const { timeout } = this.#options;
    const until = this.#interruption.signal;
    return timeout === undefined ? { until } : { until, timeout };
  }

  announce(): void {
    const address = this.#text(this.#socket.localAddress);
    if (this.#options.show === "json") this.#output.json({ event: "listening", address });
    else this.#output.note(`listening on ${address}`);
  }

  #text(address: Sockaddr | null): string {
    return endpointText(this.#endpoint.kind, address);
  }

  async datagrams(): Promise<number> {
    for await (const { data, address } of this.#socket.messages(this.#limits)) {
      show(this.#output, this.#options.show, this.#text(address), data);
      if (this.#options.echo && address !== null) await this.#socket.sendto(data, address);
      if (++this.#received >= this.#options.count) break;
    }
    return this.#received > 0 ? 0 : 1;
  }

  async connections(): Promise<number> {
    const running = new Set<Promise<void>>();
    const most = this.#options.keep ? this.#options.count : 1;
    for await (const connection of this.#socket.connections(this.#limits)) {
      const serving = this.#serve(connection).finally(() => running.delete(serving));
      running.add(serving);
      if (++this.#received >= most) break;
    }
    await Promise.all(running);
    return this.#received > 0 ? 0 : 1;
  }

  async #serve(connection: Socket): Promise<void> {
    const from = this.#text(connection.peerAddress);
    const { echo, show: how, keep } = this.#options;
    if (how === "json") this.#output.json({ event: "connection", from });
    // One alone may be talked to, as with nc(1).
    if (!echo && !keep) void this.#talk(connection);
    try {
      for await (const { data } of connection.messages({ until: this.#interruption.signal })) {
        show(this.#output, how, from, data);
        if (echo) await connection.send(data);
      }
    } catch (error) {
      if (!(error instanceof SocketError) || !ENDED.has(error.code)) throw error;
    } finally {
      connection.close();
    }
    if (how === "json") this.#output.json({ event: "end", from });
  }

  async #talk(connection: Socket): Promise<void> {
    try {
      for await (const piece of input()) await connection.send(piece);
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
    }
  }
}

const ENDED: ReadonlySet<string> = new Set(["EPIPE", "ECONNRESET", "ECANCELED"]);

/** Takes the path of a Unix socket away again. */
function remove({ family, address }: Endpoint): void {
  const path = family === "unix" ? (address.path ?? "") : "";
  if (path !== "" && !path.startsWith("\0")) unlinkSync(path);
}

export default command({
  name: "listen",
  summary: "Wait at an address, and print what arrives.",
  usage: ["[options] <address>"],
  options: {
    keep: { type: "boolean", short: "k", help: "take one connection after the other" },
    count: {
      type: "string",
      short: "c",
      value: "n",
      help: "end after so many messages, with -k connections",
    },
    echo: { type: "boolean", short: "e", help: "send back what comes" },
    hexdump: { type: "boolean", short: "x", help: "print a hex dump" },
    timeout: { type: "string", short: "W", value: "seconds", help: "to wait for each" },
    ipv4: { type: "boolean", short: "4", help: "IPv4 only" },
    ipv6: { type: "boolean", short: "6", help: "IPv6 only" },
    json: { type: "boolean", help: "objects instead of text, one in a line" },
  },
  about: `
${ENDPOINTS}

Without a host any of ours: udp:5353. Of a stream one connection is taken, standard input is sent to
it, and the command ends with it; -k takes any number. Where it listens is told on standard error.`,
  examples: [
    ["-x udp:127.0.0.1:5000", "datagrams, as hex dumps"],
    ["-k --echo tcp:7000", "an echo server"],
    ["--json unix-dgram:/run/me", "an object for each datagram"],
    ["unix:@name", "one connection to an abstract name"],
    ["-c 1 -W 5 udp:9999", "one datagram, within five seconds"],
  ],
  async run({ values, positionals, output, interruption }) {
    const [where, ...rest] = positionals;
    if (where === undefined) throw new UsageError("at which address?");
    if (rest.length > 0) throw new UsageError(`what is "${rest.join(" ")}"?`);
    const json = values.json === true;
    const options: Options = {
      show: json ? "json" : values.hexdump === true ? "hex" : "raw",
      echo: values.echo === true,
      keep: values.keep === true,
      count: whole(values.count, "count", Number.POSITIVE_INFINITY, { least: 1 }),
      timeout: seconds(values.timeout, "timeout", undefined),
    };
    const endpoint = parseEndpoint(where, familyOf(values), "listen");
    const socket = Socket.open(endpoint.family, endpoint.type, endpoint.protocol);
    try {
      if (endpoint.type === "stream") socket.setOption("SO_REUSEADDR", true);
      socket.bind(endpoint.address);
    } catch (error) {
      socket.close();
      throw error;
    }
    const listener = new Listener(socket, endpoint, options, output, interruption);
    try {
      if (endpoint.type !== "dgram") socket.listen();
      listener.announce();
      return await (endpoint.type === "dgram" ? listener.datagrams() : listener.connections());
    } catch (error) {
      if (error instanceof SocketError && error.code === "ETIMEDOUT") return 1;
      throw error;
    } finally {
      socket.close();
      remove(endpoint);
    }
  },
});

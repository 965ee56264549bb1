// `rawsock send`: datagrams and streams to anywhere, as socat(1) sends them.

import { SocketError } from "../base/error.ts";
import { Socket } from "../socket/socket.ts";
import { ENDPOINTS, type Endpoint, endpointText, parseEndpoint } from "./shared/endpoint.ts";
import { command } from "./shared/execute.ts";
import { UsageError } from "./shared/failure.ts";
import { familyOf } from "./shared/host.ts";
import type { Interruption } from "./shared/interruption.ts";
import { seconds, whole } from "./shared/number.ts";
import type { Output } from "./shared/output.ts";
import { hexBytes, input, type Show, show, wholeInput } from "./shared/transfer.ts";

const encoder = new TextEncoder();

type Options = {
  readonly show: Show;
  /** Messages to wait for. */
  readonly replies: number;
  /** Milliseconds; undefined: without end. */
  readonly wait: number | undefined;
  readonly lines: boolean;
  readonly hex: boolean;
};

function bytesOf(text: string, hex: boolean): Uint8Array {
  return hex ? hexBytes(text) : encoder.encode(text);
}

/** What to send: a message for each word, or what standard input has. */
async function messages(words: readonly string[], { hex, lines }: Options): Promise<Uint8Array[]> {
  if (words.length > 0) return words.map((word) => bytesOf(word, hex));
  const all = await wholeInput();
  if (!lines && !hex) return [all];
  const text = new TextDecoder().decode(all);
  if (!lines) return [hexBytes(text)];
  return text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => bytesOf(line, hex));
}

async function sendStream(socket: Socket, words: readonly string[], options: Options) {
  if (words.length === 0 && !options.hex && !options.lines) {
    for await (const piece of input()) await socket.send(piece);
  } else {
    for (const message of await messages(words, options)) await socket.send(message);
  }
  socket.shutdown("wr");
}

/** What comes back, until its end. */
async function receive(
  socket: Socket,
  { kind, address }: Endpoint,
  options: Options,
  output: Output,
  interruption: Interruption,
): Promise<number> {
  let count = 0;
  const until = interruption.signal;
  const limits = options.wait === undefined ? { until } : { until, timeout: options.wait };
  try {
    for await (const message of socket.messages(limits)) {
      const from = endpointText(kind, message.address ?? address);
      show(output, options.show, from, message.data);
      if (++count >= options.replies) break;
    }
  } catch (error) {
    if (!(error instanceof SocketError) || error.code !== "ETIMEDOUT") throw error;
  }
  return count;
}

async function exchange(
  socket: Socket,
  endpoint: Endpoint,
  words: readonly string[],
  options: Options,
  output: Output,
  interruption: Interruption,
): Promise<number> {
  await socket.connect(endpoint.address, { signal: interruption.signal });
  if (endpoint.type === "stream") {
    const sending = sendStream(socket, words, options).catch((error) => {
      // The peer has ended: what it said is told all the same.
      if (!(error instanceof SocketError) || !ENDED.has(error.code)) throw error;
    });
    await Promise.all([sending, receive(socket, endpoint, options, output, interruption)]);
    return 0;
  }
  for (const message of await messages(words, options)) await socket.send(message);
  if (endpoint.type === "seqpacket") socket.shutdown("wr");
  const awaited = options.replies > 0 && (Number.isFinite(options.replies) || options.wait);
  if (!awaited) return 0;
  const count = await receive(socket, endpoint, options, output, interruption);
  return count > 0 ? 0 : 1;
}

const ENDED: ReadonlySet<string> = new Set(["EPIPE", "ECONNRESET", "ENOTCONN"]);

export default command({
  name: "send",
  summary: "Send datagrams or a stream to an address, and print what comes back.",
  usage: ["[options] <address> [<data> ...]"],
  options: {
    hex: { type: "boolean", help: "the data are hexadecimal: de:ad:be:ef" },
    lines: { type: "boolean", short: "l", help: "a message for each line of standard input" },
    hexdump: { type: "boolean", short: "x", help: "print what comes back as a hex dump" },
    replies: { type: "string", short: "r", value: "n", help: "end after so many replies" },
    wait: { type: "string", short: "w", value: "seconds", help: "for the next reply" },
    bind: { type: "string", short: "b", value: "address", help: "send from there" },
    ipv4: { type: "boolean", short: "4", help: "IPv4 only" },
    ipv6: { type: "boolean", short: "6", help: "IPv6 only" },
    json: { type: "boolean", help: "objects instead of text, one in a line" },
  },
  about: `
${ENDPOINTS}

Each word is a message of its own; without words standard input is sent. Of a datagram socket
replies are printed where -r or -w is given; of a stream, until the peer ends it. Status 1: no
reply came.`,
  examples: [
    ["udp:127.0.0.1:514 '<14>hello'", "a line for syslogd"],
    [
      "-r 1 -w 2 -x --hex udp:10.0.0.1:53 '123401000001000000000000 0000020001'",
      "the root's name servers",
    ],
    ["tcp:example.org:80 $'HEAD / HTTP/1.0\\r\\n\\r\\n'", "a request, and its answer"],
    ["unix-dgram:@log hello", "to an abstract name"],
    ["unix:/run/docker.sock < request", "standard input, to a Unix stream"],
  ],
  async run({ values, positionals, output, interruption }) {
    const [where, ...words] = positionals;
    if (where === undefined) throw new UsageError("to which address?");
    const json = values.json === true;
    const options: Options = {
      show: json ? "json" : values.hexdump === true ? "hex" : "raw",
      replies: whole(values.replies, "replies", Number.POSITIVE_INFINITY, { least: 0 }),
      wait: seconds(values.wait, "wait", undefined),
      lines: values.lines === true,
      hex: values.hex === true,
    };
    const endpoint = parseEndpoint(where, familyOf(values), "send");
    const socket = Socket.open(endpoint.family, endpoint.type, endpoint.protocol);
    try {
      if (values.bind !== undefined)
        socket.bind(parseEndpoint(values.bind, null, "listen").address);
      if (endpoint.type === "dgram" && endpoint.family === "inet") {
        socket.setOption("SO_BROADCAST", true);
      }
      return await exchange(socket, endpoint, words, options, output, interruption);
    } finally {
      socket.close();
    }
  },
});

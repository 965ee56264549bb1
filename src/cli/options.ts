// `rawsock options`: getsockopt(2) and setsockopt(2) by name.

import { setSocketOption, socketOption, socketOptions } from "../option/option.ts";
import { type OptionName, optionsOf } from "../option/table.ts";
import { Socket } from "../socket/socket.ts";
import { command } from "./shared/execute.ts";
import { UsageError } from "./shared/failure.ts";
import { whole } from "./shared/number.ts";
import { type Output, toJson } from "./shared/output.ts";

/** "true", "5", "[1,2]" and "{…}" as JSON has them; else the text itself. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/** "SO_RCVBUF=8192". */
function assign(fd: number, text: string): void {
  const equals = text.indexOf("=");
  if (equals < 1) throw new UsageError(`--set takes NAME=value, not "${text}"`);
  const name = text.slice(0, equals);
  // The value's type is the kernel's: what does not fit is refused by name.
  setSocketOption(fd, name as OptionName, parsed(text.slice(equals + 1)) as never);
}

function shown(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return value.length === 0 ? "(empty)" : value.toHex();
  return typeof value === "object" && value !== null ? toJson(value) : String(value);
}

function print(output: Output, name: string, value: unknown, json: boolean): void {
  if (json) output.json({ option: name, value });
  else output.line(`${name.padEnd(28)} ${shown(value)}`);
}

/** What a family's sockets mostly are, where it is not "stream". */
const TYPES: Readonly<Record<string, string>> = { packet: "raw", netlink: "raw", can: "raw" };

/** The socket to look at, and the descriptor that keeps it open. */
function open(fd: string | undefined, words: readonly string[]): { fd: number } {
  if (fd !== undefined) {
    if (words.length > 0) throw new UsageError("give --fd or a family, not both");
    return { fd: whole(fd, "fd", 0, { most: 0x7fff_ffff }) };
  }
  const [family = "inet", given, protocol, ...rest] = words.map((word) =>
    /^\d+$/.test(word) ? Number(word) : word,
  );
  if (rest.length > 0) throw new UsageError(`what is "${rest.join(" ")}"?`);
  const type = given ?? TYPES[String(family)] ?? "stream";
  return Socket.open(family, type, protocol);
}

export default command({
  name: "options",
  summary: "Show every option of a socket, as the kernel has them at first or as they were set.",
  usage: ["[options] [<family> [<type> [<protocol>]]]", "[options] --fd <n>"],
  options: {
    level: { type: "string", short: "l", value: "level", help: "socket, ip, ipv6, tcp, udp, …" },
    option: {
      type: "string",
      short: "o",
      value: "NAME",
      multiple: true,
      help: "only this option; may be given several times",
    },
    set: {
      type: "string",
      short: "s",
      value: "NAME=value",
      multiple: true,
      help: "set an option first; may be given several times",
    },
    fd: { type: "string", value: "n", help: "a socket that the command inherits, such as 0" },
    list: { type: "boolean", help: "the names of all options of this system" },
    json: { type: "boolean", help: "objects instead of text, one in a line" },
  },
  about: `
Without words, those of a fresh TCP socket: inet stream. What the socket refuses is left
out. Values are true and false, numbers, text, or JSON.`,
  examples: [
    ["inet dgram", "what a UDP socket begins with"],
    ["-l tcp", "TCP's own options"],
    ["-s SO_RCVBUF=100000 -o SO_RCVBUF", "what becomes of a buffer's size"],
    ["--fd 0 < /dev/tcp/127.0.0.1/80", "in bash: those of a connection"],
    ["--list", "every name"],
  ],
  run({ values, positionals, output }) {
    const json = values.json === true;
    if (values.list === true) {
      for (const { name, codec, access } of optionsOf(values.level ?? "all")) {
        const about = { option: name, value: codec.shape, access: access ?? "read and set" };
        if (json) output.json(about);
        else output.line(`${name.padEnd(28)} ${codec.shape ?? ""}`.trimEnd());
      }
      return 0;
    }
    const socket = open(values.fd, positionals);
    for (const text of values.set ?? []) assign(socket.fd, text);
    if (values.option !== undefined) {
      for (const name of values.option) {
        print(output, name, socketOption(socket.fd, name as OptionName), json);
      }
      return 0;
    }
    const found = socketOptions(socket.fd, { level: (values.level ?? "all") as "all" });
    for (const [name, value] of Object.entries(found)) print(output, name, value, json);
    return 0;
  },
});

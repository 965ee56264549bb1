// Lines of TCP, UDP and what else has ports.

import type { Layers } from "../layers.ts";
import type { TcpFlag } from "../protocol/tcp.ts";
import type { TcpOption } from "../protocol/tcp-options.ts";
import { HEX } from "../text.ts";
import type { Place } from "./line.ts";

const FLAGS: Readonly<Record<TcpFlag, string>> = {
  fin: "F",
  syn: "S",
  rst: "R",
  psh: "P",
  ack: ".",
  urg: "U",
  ece: "E",
  cwr: "W",
  ae: "e",
};

export function tcp(layer: Layers["tcp"], place: Place): string {
  const { flags, sequence, acknowledgment, window, urgent, options } = layer;
  const length = place.limit - place.end;
  const letters = flags.map((flag) => FLAGS[flag]).join("") || "none";
  const words = [`Flags [${letters}]`];
  // An acknowledgment alone takes no place in the sequence.
  if (length > 0) words.push(`seq ${sequence}:${(sequence + length) >>> 0}`);
  else if (flags.some((flag) => flag === "syn" || flag === "fin" || flag === "rst")) {
    words.push(`seq ${sequence}`);
  }
  if (flags.includes("ack")) words.push(`ack ${acknowledgment}`);
  words.push(`win ${window}`);
  if (flags.includes("urg")) words.push(`urg ${urgent}`);
  if (options.length > 0) words.push(`options [${options.map(optionText).join(",")}]`);
  words.push(`length ${length}`);
  const rest = place.rest("");
  return rest === "" ? words.join(", ") : `${words.join(", ")}: ${rest}`;
}

function optionText(option: TcpOption): string {
  switch (option.kind) {
    case "mss":
      return `mss ${option.value}`;
    case "window-scale":
      return `wscale ${option.shift}`;
    case "sack-permitted":
      return "sackOK";
    case "sack": {
      const blocks = option.blocks.map(([first, behind]) => `{${first}:${behind}}`);
      return `sack ${blocks.length} ${blocks.join("")}`;
    }
    case "timestamps":
      return `TS val ${option.value} ecr ${option.echo}`;
    case "fast-open":
      return option.cookie.length === 0
        ? "tfo cookiereq"
        : `tfo cookie ${bytesText(option.cookie)}`;
    case "nop":
      return "nop";
    case "end":
      return "eol";
    case "unknown":
      return `unknown-${option.type} 0x${bytesText(option.data)}`;
  }
}

function bytesText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => HEX[byte]).join("");
}

const UDP_HEADER = 8;

export function udp({ length }: Layers["udp"], place: Place): string {
  // 0 in a jumbogram.
  const size = length < UDP_HEADER ? place.limit - place.end : length - UDP_HEADER;
  return place.rest(`UDP, length ${size}`);
}

export function udplite(_: Layers["udplite"], place: Place): string {
  return place.rest(`UDP-Lite, length ${place.limit - place.end}`);
}

const CHUNKS: Readonly<Record<number, string>> = {
  0: "DATA",
  1: "INIT",
  2: "INIT ACK",
  3: "SACK",
  4: "HB REQ",
  5: "HB ACK",
  6: "ABORT",
  7: "SHUTDOWN",
  8: "SHUTDOWN ACK",
  9: "OP ERR",
  10: "COOKIE ECHO",
  11: "COOKIE ACK",
  12: "ECN ECHO",
  13: "CWR",
  14: "SHUTDOWN COMPLETE",
  15: "AUTH",
  64: "I-DATA",
  130: "RE-CONFIG",
  192: "FORWARD TSN",
  193: "ASCONF",
};

export function sctp({ chunks }: Layers["sctp"]): string {
  const names = chunks.map(
    ({ type }, index) => `(${index + 1}) [${CHUNKS[type] ?? `chunk ${type}`}]`,
  );
  return `sctp ${names.join(", ")}`.trimEnd();
}

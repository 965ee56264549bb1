// DNS messages in one line, in the words of tcpdump -n. RFC 1035; mDNS and LLMNR, too.

import { type Answer, decode, type Packet } from "dns-packet";
import type { FormatOptions } from "../../wire/index.ts";

type Payload = NonNullable<FormatOptions["payload"]>;

const PORTS: ReadonlySet<number> = new Set([53, 5353, 5355]);
const TCP_LENGTH = 2;
/** Records that are told of one message. */
const RECORDS_MAX = 20;

/** What a payload to or from a name server says; undefined where it is none. */
export const dnsWords: Payload = ({ layers, payload }) => {
  const carrier = layers.findLast(({ kind }) => kind === "udp" || kind === "tcp");
  if (carrier?.kind !== "udp" && carrier?.kind !== "tcp") return undefined;
  if (!PORTS.has(carrier.sourcePort) && !PORTS.has(carrier.destinationPort)) return undefined;
  const message = carrier.kind === "udp" ? payload : payload.subarray(TCP_LENGTH);
  // Of a stream only a segment that is one whole message is told.
  const [high = 0, low = 0] = payload;
  if (carrier.kind === "tcp" && high * 256 + low !== message.length) return undefined;
  const packet = decoded(message);
  return packet === undefined ? undefined : `${words(packet)} (${message.length})`;
};

function decoded(message: Uint8Array): Packet | undefined {
  try {
    return decode(Buffer.from(message.buffer, message.byteOffset, message.length));
  } catch (error) {
    // Whatever is cut off or malformed is an error of some kind there.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

type Flags = {
  readonly rcode?: string;
  readonly flag_rd?: boolean;
  readonly flag_aa?: boolean;
  readonly flag_tc?: boolean;
  readonly flag_ra?: boolean;
  readonly flag_ad?: boolean;
};

function words(packet: Packet): string {
  const flags = packet as Packet & Flags;
  const { id = 0, type, questions = [], answers = [], authorities = [], additionals = [] } = packet;
  const asked = questions.map((question) => `${question.type}? ${domain(question.name)}`);
  if (type !== "response") {
    const extra = additionals.length > 0 ? [`[${additionals.length}au]`] : [];
    const known = answers.length > 0 ? [`[${answers.length}a]`] : [];
    const recursion = flags.flag_rd === true ? "+" : "";
    return [`${id}${recursion}`, ...known, ...extra, ...asked].join(" ");
  }
  const code = CODES[flags.rcode ?? ""] ?? (flags.rcode === "NOERROR" ? "" : ` ${flags.rcode}`);
  const marks = [
    flags.flag_aa === true ? "*" : "",
    flags.flag_ra === true ? "" : "-",
    flags.flag_tc === true ? "|" : "",
    flags.flag_ad === true ? "$" : "",
  ].join("");
  const counts = `${answers.length}/${authorities.length}/${additionals.length}`;
  const records = answers.slice(0, RECORDS_MAX).map(record).join(", ");
  return `${id}${code}${marks} ${counts}${records === "" ? "" : ` ${records}`}`;
}

const CODES: Readonly<Record<string, string>> = {
  FORMERR: " FormErr",
  SERVFAIL: " ServFail",
  NXDOMAIN: " NXDomain",
  NOTIMP: " NotImp",
  REFUSED: " Refused",
};

/** A name with its last dot; what a terminal would obey is shown, not sent. */
function domain(name: string): string {
  return `${visible(name)}.`.replace(/\.\.$/, ".");
}

function visible(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\x${code.toString(16).padStart(2, "0")}`;
  });
}

function record(answer: Answer): string {
  switch (answer.type) {
    case "A":
    case "AAAA":
      return `${answer.type} ${answer.data}`;
    case "CNAME":
    case "DNAME":
    case "NS":
    case "PTR":
      return `${answer.type} ${domain(answer.data)}`;
    case "MX":
      return `MX ${domain(answer.data.exchange)} ${answer.data.preference ?? 0}`;
    case "SRV": {
      const { target, port, priority = 0, weight = 0 } = answer.data;
      return `SRV ${domain(target)}:${port} ${priority} ${weight}`;
    }
    case "TXT": {
      const parts = Array.isArray(answer.data) ? answer.data : [answer.data];
      return `TXT ${parts.map((part) => `"${visible(String(part))}"`).join(" ")}`;
    }
    default:
      return answer.type;
  }
}

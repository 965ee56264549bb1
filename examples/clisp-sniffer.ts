// CLISP's sniffer demo: what any kind of socket receives: sudo bun examples/clisp-sniffer.ts --help
import { parseArgs } from "node:util";
import { AF, close, recvfrom, SOCK, type Sockaddr, socket } from "rawsock";

/** CLISP's defaults: SOCK_PACKET, the packet socket of long ago, and htons(ETH_P_ALL). */
const options = {
  domain: { type: "string", default: "inet" },
  type: { type: "string", default: "packet" },
  protocol: { type: "string", default: "0x300" },
  repeat: { type: "string", default: "10" },
  bufsiz: { type: "string", default: "1518" },
  help: { type: "boolean", default: false },
} as const;

/** A keyword, or a number as in C. */
const word = (text: string) => (/^\d/.test(text) ? Number(text) : text);

const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0"));

/** SOCK_PACKET gives a struct sockaddr_pkt, which has the name of the interface in it. */
function addressText(address: Sockaddr | null): string {
  if (address === null) return "nobody";
  const name = new TextDecoder("latin1").decode(address.data).replaceAll("\0", " ").trim();
  const data = address.family === "unix" ? name : [...address.data].join(" ");
  return `family: ${address.family} ${data}`;
}

/** Receives, and yields a line for each message. */
export function* sniff(domain: string, type: string, protocol: string, size: number) {
  const fd = socket(word(domain), word(type) as "raw", word(protocol));
  const buffer = new Uint8Array(size);
  try {
    while (true) {
      const { length, address } = recvfrom(fd, buffer);
      yield `${addressText(address)} len=${length} ${hex(buffer.subarray(0, length)).join(" ")}`;
    }
  } finally {
    close(fd);
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options });
  if (values.help) {
    console.log("Packet sniffer, with:");
    for (const [name, option] of Object.entries(options)) console.log(` --${name}`, option.default);
    console.log("domains:", ...Object.keys(AF), "\ntypes:", ...Object.keys(SOCK));
  } else {
    const { domain, type, protocol, repeat, bufsiz } = values;
    let left = Number(repeat);
    for (const line of sniff(domain, type, protocol, Number(bufsiz))) {
      console.log(line);
      if (--left === 0) break;
    }
  }
}

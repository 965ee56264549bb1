// What a name server says: bun examples/dns.ts example.org AAAA 192.0.2.53 (and dns-packet)
import dns, { type DecodedPacket, type Packet, type RecordType } from "dns-packet";
import { Socket } from "rawsock";

/** Asks by UDP, three times at most, and again by TCP where the answer does not fit. */
export async function lookup(name: string, type: RecordType, server: string) {
  const id = crypto.getRandomValues(new Uint16Array(1))[0] as number;
  const query: Packet = { id, flags: dns.RECURSION_DESIRED, questions: [{ type, name }] };
  const family = server.includes(":") ? "inet6" : "inet";
  const address = { family, address: server, port: 53 } as const;
  using socket = Socket.open(family, "dgram");
  // Connected, it receives from that server alone, and hears where nobody listens there.
  await socket.connect(address);
  for (const wait of [1000, 2000, 3000]) {
    await socket.send(dns.encode(query));
    for await (const { data } of socket.messages({ until: AbortSignal.timeout(wait) })) {
      const answer = decoded(data);
      if (answer?.id !== id || !answer.flag_qr) continue;
      return answer.flag_tc ? await byStream() : answer;
    }
  }
  throw new Error(`${server} does not answer`);

  async function byStream(): Promise<DecodedPacket> {
    using stream = Socket.open(family, "stream");
    await stream.connect(address, { timeout: 3000 });
    await stream.send(dns.streamEncode(query));
    const length = Buffer.alloc(2);
    await stream.recv(length, { waitall: true, timeout: 3000 });
    const message = Buffer.alloc(length.readUInt16BE());
    await stream.recv(message, { waitall: true, timeout: 3000 });
    return dns.decode(message);
  }
}

/** The message; nothing for what is no DNS, which makes dns-packet throw. */
export function decoded(data: Uint8Array): DecodedPacket | undefined {
  try {
    return dns.decode(Buffer.from(data));
  } catch {
    return undefined;
  }
}

/** Nothing from the network is to steer the terminal. */
export const printable = (text: string) => text.replaceAll(/\p{Cc}/gu, "?");

if (import.meta.main) {
  process.once("SIGINT", () => process.exit());
  const [name = "localhost", type = "A", server = "127.0.0.1"] = process.argv.slice(2);
  const { answers = [] } = await lookup(name, type as RecordType, server);
  if (answers.length === 0) console.log(`${server} knows no ${type} of ${name}`);
  for (const answer of answers) {
    if (answer.type === "OPT") continue;
    const isText = typeof answer.data === "string" || answer.type === "TXT";
    const data = isText ? [answer.data].flat().join(" ") : JSON.stringify(answer.data);
    console.log(printable(`${answer.name} ${answer.ttl} ${answer.type} ${data}`));
  }
}

// The routers on the way to a host, without privileges: bun examples/traceroute.ts 192.0.2.1
import { Message, resolve, type Sockaddr, Socket } from "rawsock";

const TIME_EXCEEDED = { inet: 11, inet6: 3 };
/** What other ICMP codes say, as traceroute(8) marks it. That of an unreachable port is the end. */
const MARKS: Record<string, Record<number, string>> = {
  inet: { 0: "!N", 1: "!H", 2: "!P", 3: "", 4: "!F", 13: "!X" },
  inet6: { 0: "!N", 1: "!X", 3: "!H", 4: "" },
};

/** Sends datagrams with ever more hops to live, and yields who returns them as an ICMP error. */
export async function* trace(to: Sockaddr, { most = 30, probes = 3, patience = 1000 } = {}) {
  const family = to.family as "inet" | "inet6";
  using socket = Socket.open(family, "dgram");
  // ip(7): ICMP errors are queued, with the address that the datagram went to.
  socket.setOption(family === "inet" ? "IP_RECVERR" : "IPV6_RECVERR", true);
  const message = new Message({ iovec: [new Uint8Array(64)], controlLength: 512 });
  for (let hop = 1, port = 33_434; hop <= most; hop++) {
    socket.setOption(family === "inet" ? "IP_TTL" : "IPV6_UNICAST_HOPS", hop);
    const answers = [];
    for (let probe = 0; probe < probes; probe++, port++) {
      const begin = performance.now();
      await socket.sendto(new Uint8Array(32), to.with({ port }));
      const error = await errorOf(port);
      const milliseconds = performance.now() - begin;
      const last = error !== undefined && error.type !== TIME_EXCEEDED[family];
      const mark = last ? (MARKS[family]?.[error.icmpCode] ?? `!<${error.icmpCode}>`) : "";
      answers.push(error && { from: error.offender?.address, milliseconds, last, mark });
    }
    yield { hop, answers };
    if (answers.some((answer) => answer?.last)) return;
  }

  /** What became of the datagram to that port; undefined where nobody tells in time. */
  async function errorOf(port: number) {
    const signal = AbortSignal.timeout(patience);
    try {
      do await socket.recvmsg(message, { errqueue: true, signal });
      while (message.address?.port !== port);
    } catch (error) {
      if (error !== signal.reason) throw error;
      return undefined;
    }
    return message.control.find((control) => control.kind === "error");
  }
}

if (import.meta.main) {
  process.once("SIGINT", () => process.exit());
  const [target] = await resolve({ node: process.argv[2] ?? "127.0.0.1", type: "dgram" });
  console.log(`traceroute to ${target?.address.address}`);
  for await (const { hop, answers } of trace(target?.address as Sockaddr)) {
    const words = answers.flatMap((answer, index) => {
      if (answer === undefined) return ["*"];
      const from = answer.from === answers[index - 1]?.from ? [] : [answer.from];
      return [...from, `${answer.milliseconds.toFixed(3)} ms ${answer.mark}`.trim()];
    });
    console.log([`${hop}`.padStart(2), ...words].join("  "));
  }
}

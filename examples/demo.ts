// `npm run demo`: pings this machine with raw sockets and shows the packets on their way; without
// privileges it does what is allowed and says what was left out.
import { ifaddrs, recv, Sockaddr, SocketError, send, socketpair } from "rawsock";
import { ping } from "./ping.ts";
import { describe, openSniffer, packets } from "./sniff.ts";

/** Prints a line per reply and ping(8)'s summary. */
function pingWith(type: "raw" | "dgram", to: Sockaddr): void {
  const times: number[] = [];
  let sent = 0;
  for (const reply of ping(to, type)) {
    if (sent++ === 0) console.log(`PING ${to.address} with a ${type} ICMP socket`);
    if (reply === null) continue;
    const { bytes, from, sequence, milliseconds } = reply;
    times.push(milliseconds);
    console.log(`${bytes} bytes from ${from}: seq=${sequence} time=${milliseconds.toFixed(3)} ms`);
  }
  const lost = ((sent - times.length) / sent) * 100;
  console.log(`${sent} sent, ${times.length} received, ${lost.toFixed(0)}% packet loss`);
  if (times.length === 0) return;
  const mean = times.reduce((sum, time) => sum + time) / times.length;
  const figures = [Math.min(...times), mean, Math.max(...times)].map((time) => time.toFixed(3));
  console.log(`rtt min/avg/max = ${figures.join("/")} ms\n`);
}

/** Runs `body`; where the system refuses it with one of the codes, returns the refusal. */
async function attempt(codes: RegExp, body: () => unknown): Promise<SocketError | null> {
  try {
    await body();
    return null;
  } catch (error) {
    if (error instanceof SocketError && codes.test(error.code)) return error;
    throw error;
  }
}

async function pingAll(type: "raw" | "dgram"): Promise<void> {
  pingWith(type, Sockaddr.inet("127.0.0.1"));
  const none = /^(EADDRNOTAVAIL|E(AF|PROTO|SOCKT)NOSUPPORT|ENETUNREACH)$/;
  const missing = await attempt(none, () => pingWith(type, Sockaddr.inet6("::1")));
  if (missing !== null) console.log(`left out: ping of ::1, no IPv6 here. ${missing.message}\n`);
}

const DENIED = /^(EPERM|EACCES)$/;
const addresses = ifaddrs({ flagsAnd: ["up"] }).filter(({ address }) => address?.port === 0);
for (const { name, address } of addresses) console.log(`interface ${name}: ${address?.address}`);
const refused = await attempt(/^(EPERM|EACCES|EOPNOTSUPP)$/, async () => {
  using sniffer = openSniffer("lo");
  await pingAll("raw");
  console.log("what a capture saw on lo meanwhile:");
  for await (const { data } of packets(sniffer, 50)) console.log(describe(data));
});
const type = refused?.code === "EOPNOTSUPP" ? "raw" : "dgram"; // Windows captures nothing
if (refused !== null && (await attempt(DENIED, () => pingAll(type))) !== null) {
  const [a, b] = socketpair("unix", "dgram");
  send(a, new TextEncoder().encode("hello"));
  console.log(`a unix datagram of ${recv(b, new Uint8Array(64))} bytes went round`);
}
const what = type === "raw" ? "" : "raw ping and ";
if (refused !== null) console.log(`left out: ${what}capture. ${refused.message}`);

// AF_SMC, shared memory communications, which are TCP where there is no device for them: RFC 7609.

import { expect } from "bun:test";
import { Sockaddr, Socket } from "../../src/index.ts";
import { family, ipv6, testWith } from "../support/requirements.ts";

const smc = family("smc", "stream");
const LIMIT = { timeout: 20_000 };
/** SMCPROTO_SMC and SMCPROTO_SMC6 of linux/smc.h's socket(2). */
const VERSIONS = [
  { protocol: 0, address: Sockaddr.inet("127.0.0.1"), needed: [smc] },
  { protocol: 1, address: Sockaddr.inet6("::1"), needed: [smc, ipv6] },
] as const;

for (const { protocol, address, needed } of VERSIONS) {
  testWith(...needed)(`a stream of protocol ${protocol} falls back to TCP`, async () => {
    using listener = Socket.open("smc", "stream", protocol).bind(address).listen();
    expect(listener.localAddress.family).toBe(address.family);
    using client = Socket.open("smc", "stream", protocol);
    const accepting = listener.accept(LIMIT);
    await client.connect(listener.localAddress, LIMIT);
    using accepted = await accepting;
    expect(accepted.peerAddress?.equals(client.localAddress)).toBe(true);
    const sent = crypto.getRandomValues(new Uint8Array(50_000));
    const sending = client.send(sent, LIMIT).then(() => client.shutdown("wr"));
    const received: Uint8Array[] = [];
    for await (const { data } of accepted.messages(LIMIT)) received.push(data);
    await sending;
    expect(Buffer.concat(received).equals(sent)).toBe(true);
    // What is TCP's has TCP's options.
    expect(accepted.setOption("TCP_NODELAY", true).option("TCP_NODELAY")).toBe(true);
  });
}

testWith(smc)("where nobody listens the connection is refused", async () => {
  using unused = Socket.open("inet", "stream").bind(Sockaddr.inet("127.0.0.1"));
  using client = Socket.open("smc", "stream");
  const connecting = client.connect(unused.localAddress, LIMIT);
  await expect(connecting).rejects.toMatchObject({ code: "ECONNREFUSED", syscall: "connect" });
});

// AF_VSOCK over its loopback: vsock(7).

import { expect } from "bun:test";
import { Socket, VMADDR } from "../../src/index.ts";
import { family, kernelModule, testWith } from "../support/requirements.ts";

const withLoopback = testWith(family("vsock", "stream"), kernelModule("vsock_loopback"));
const cid = VMADDR.CID_LOCAL ?? 1;
const LIMIT = { timeout: 20_000 };

for (const [index, type] of (["stream", "seqpacket"] as const).entries()) {
  withLoopback(`a connection of ${type} over the loopback`, async () => {
    using listener = Socket.open("vsock", type);
    const port = 40_000 + index;
    listener.bind({ family: "vsock", cid, port }).listen();
    using client = Socket.open("vsock", type);
    const accepting = listener.accept(LIMIT);
    await client.connect({ family: "vsock", cid, port }, LIMIT);
    using accepted = await accepting;
    expect(String(client.peerAddress)).toBe(`vsock:${cid}:${port}`);
    // The client itself was never told its context.
    expect(accepted.peerAddress?.toJSON()).toEqual({
      family: "vsock",
      cid,
      port: client.localAddress.port ?? 0,
    });
    await client.send(new Uint8Array(5));
    await client.send(new Uint8Array(4));
    client.shutdown("wr");
    const lengths: number[] = [];
    for await (const { data } of accepted.messages(LIMIT)) lengths.push(data.length);
    if (type === "seqpacket") expect(lengths).toEqual([5, 4]);
    else expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(9);
  });
}

withLoopback("where nobody listens the connection is reset", async () => {
  using client = Socket.open("vsock", "stream");
  const connecting = client.connect({ family: "vsock", cid, port: 40_999 }, LIMIT);
  await expect(connecting).rejects.toMatchObject({ code: "ECONNRESET", syscall: "connect" });
});

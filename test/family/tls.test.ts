// TLS in the kernel: Documentation/networking/tls.rst.

import { expect } from "bun:test";
import {
  type ControlMessage,
  Message,
  SOL,
  Sockaddr,
  Socket,
  setsockopt,
} from "../../src/index.ts";
import { kernelModule, testWith } from "../support/requirements.ts";

const withTls = testWith(kernelModule("tls"));
const LEVEL = SOL.TLS ?? 0;
/** linux/tls.h. */
const TLS_TX = 1;
const TLS_RX = 2;
const TLS_1_2 = 0x0303;
const TLS_CIPHER_AES_GCM_128 = 51;
const ALERT = 21;
const APPLICATION_DATA = 23;
const LIMIT = { timeout: 20_000 };

/** A connection whose ends encrypt and decrypt with keys of zeros. */
async function encrypted(): Promise<[Socket, Socket]> {
  using listener = Socket.open("inet", "stream").bind(Sockaddr.inet("127.0.0.1")).listen();
  const a = Socket.open("inet", "stream");
  await a.connect(listener.localAddress, LIMIT);
  const b = await listener.accept(LIMIT);
  const info = new Uint8Array(40);
  const view = new DataView(info.buffer);
  view.setUint16(0, TLS_1_2, true);
  view.setUint16(2, TLS_CIPHER_AES_GCM_128, true);
  for (const end of [a, b]) {
    end.setOption("TCP_ULP", "tls");
    for (const direction of [TLS_TX, TLS_RX]) setsockopt(end, LEVEL, direction, info);
  }
  return [a, b];
}

withTls("the type of a record is sent and received as a control message", async () => {
  const [a, b] = await encrypted();
  expect(a.option("TCP_ULP")).toBe("tls");
  const message = new Message({ iovec: [new Uint8Array(64)] });
  await a.send(new TextEncoder().encode("hello"));
  expect(await b.recvmsg(message, LIMIT)).toBe(5);
  expect(message.control).toEqual([{ kind: "tls-record", type: APPLICATION_DATA }]);
  const control: ControlMessage[] = [{ kind: "tls-record", type: ALERT }];
  await a.sendmsg(new Message({ iovec: [new Uint8Array([1, 0])], control }));
  expect(await b.recvmsg(message, LIMIT)).toBe(2);
  expect(message.control).toEqual(control);
  expect(message.flags).toContain("eor");
  a.close();
  b.close();
});

withTls("a record that is no data cannot be had by recv", async () => {
  const [a, b] = await encrypted();
  const control: ControlMessage[] = [{ kind: "tls-record", type: ALERT }];
  await a.sendmsg(new Message({ iovec: [new Uint8Array([1, 0])], control }));
  await expect(b.recv(new Uint8Array(8), LIMIT)).rejects.toMatchObject({ code: "EIO" });
  a.close();
  b.close();
});

withTls("messages() tells records apart", async () => {
  const [a, b] = await encrypted();
  await a.send(new Uint8Array(3));
  const control: ControlMessage[] = [{ kind: "tls-record", type: ALERT }];
  await a.sendmsg(new Message({ iovec: [new Uint8Array(2)], control }));
  a.close();
  const seen: unknown[] = [];
  for await (const { data, control } of b.messages(LIMIT)) seen.push([data.length, control]);
  expect(seen).toEqual([
    [3, [{ kind: "tls-record", type: APPLICATION_DATA }]],
    [2, [{ kind: "tls-record", type: ALERT }]],
  ]);
  b.close();
});

// TLS in the kernel: Documentation/networking/tls.rst.

import { expect } from "bun:test";
import {
  type ControlMessage,
  Message,
  type OptionInput,
  Sockaddr,
  Socket,
} from "../../src/index.ts";
import { kernelModule, testWith } from "../support/requirements.ts";

const withTls = testWith(kernelModule("tls"));
const ALERT = 21;
const APPLICATION_DATA = 23;
const LIMIT = { timeout: 20_000 };

const ZEROS = { iv: new Uint8Array(8), key: new Uint8Array(16), salt: new Uint8Array(4) };
const GCM: OptionInput<"TLS_TX"> = { version: "1.2", cipher: "aes-gcm-128", ...ZEROS };

/** A connection whose ends encrypt and decrypt with the same keys. */
async function encrypted(keys = GCM): Promise<[Socket, Socket]> {
  using listener = Socket.open("inet", "stream").bind(Sockaddr.inet("127.0.0.1")).listen();
  const a = Socket.open("inet", "stream");
  await a.connect(listener.localAddress, LIMIT);
  const b = await listener.accept(LIMIT);
  for (const end of [a, b]) {
    end.setOption("TCP_ULP", "tls");
    for (const direction of ["TLS_TX", "TLS_RX"] as const) end.setOption(direction, keys);
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

const LONG = { version: "1.3", key: crypto.getRandomValues(new Uint8Array(32)) } as const;
const CIPHERS: OptionInput<"TLS_TX">[] = [
  { ...LONG, cipher: "aes-gcm-256", iv: new Uint8Array(8), salt: new Uint8Array(4) },
  { ...LONG, cipher: "chacha20-poly1305", iv: new Uint8Array(12) },
];

for (const keys of CIPHERS) {
  withTls(`records of TLS ${keys.version} with ${keys.cipher}`, async () => {
    const [a, b] = await encrypted(keys);
    // Since Linux 6.0, for those that never pad.
    expect(b.setOption("TLS_RX_EXPECT_NO_PAD", true).option("TLS_RX_EXPECT_NO_PAD")).toBe(true);
    const sent = crypto.getRandomValues(new Uint8Array(40_000));
    const sending = a.send(sent, LIMIT).then(() => a.close());
    const received: Uint8Array[] = [];
    for await (const { data } of b.messages(LIMIT)) received.push(data);
    await sending;
    expect(Buffer.concat(received).equals(sent)).toBe(true);
    b.close();
  });
}

withTls("with another key the record is not authentic", async () => {
  using listener = Socket.open("inet", "stream").bind(Sockaddr.inet("127.0.0.1")).listen();
  using other = Socket.open("inet", "stream");
  await other.connect(listener.localAddress, LIMIT);
  using end = await listener.accept(LIMIT);
  for (const one of [other, end]) one.setOption("TCP_ULP", "tls");
  other.setOption("TLS_TX", GCM);
  end.setOption("TLS_RX", { ...GCM, key: new Uint8Array(16).fill(1) });
  await other.send(new Uint8Array(3));
  await expect(end.recv(new Uint8Array(8), LIMIT)).rejects.toMatchObject({ code: "EBADMSG" });
});

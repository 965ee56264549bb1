import { expect, test } from "bun:test";
import { Sockaddr, Socket, SocketError } from "../../src/index.ts";
import { ipv6, testWith } from "../support/requirements.ts";

/** A listener whose queue is full after one connection, so that the others stay under way. */
async function crowded(limits: object, count = 4): Promise<[Socket[], Promise<unknown>[]]> {
  const listener = Socket.open("inet", "stream").bind(Sockaddr.inet("127.0.0.1")).listen(0);
  const sockets = Array.from({ length: count }, () => Socket.open("inet", "stream"));
  const { localAddress } = listener;
  const calls = sockets.map((socket) =>
    socket.connect(localAddress, limits).then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
  return [[listener, ...sockets], calls];
}

for (const [family, address] of [
  ["inet", Sockaddr.inet("127.0.0.1")],
  ["inet6", Sockaddr.inet6("::1")],
] as const) {
  testWith(...(family === "inet6" ? [ipv6] : []))(
    `a second connect of ${family} fails with EISCONN, wherever it leads`,
    async () => {
      using listener = Socket.open(family, "stream").bind(address).listen();
      using other = Socket.open(family, "stream").bind(address).listen();
      using socket = Socket.open(family, "stream");
      await socket.connect(listener.localAddress);
      const again = socket.connect(other.localAddress);
      await expect(again).rejects.toMatchObject({ code: "EISCONN", address: other.localAddress });
      using accepted = await listener.accept();
      await socket.send(new Uint8Array([7]));
      const buffer = new Uint8Array(1);
      expect(await accepted.recv(buffer)).toBe(1);
      expect(buffer[0]).toBe(7);
    },
  );
}

test("a connect that is late says to where", async () => {
  const [sockets, calls] = await crowded({ timeout: 50 });
  const errors = (await Promise.all(calls)).filter((error) => error instanceof SocketError);
  expect(errors.length).toBeGreaterThan(0);
  const { localAddress } = sockets[0] as Socket;
  for (const error of errors) {
    expect(error).toMatchObject({ code: "ETIMEDOUT", syscall: "connect", address: localAddress });
    expect(error.message).toContain(String(localAddress));
  }
  for (const socket of sockets) socket.close();
});

test("a connect that close() ends says to where", async () => {
  const [sockets, calls] = await crowded({});
  const { localAddress } = sockets[0] as Socket;
  await Bun.sleep(20);
  for (const socket of sockets) socket.close();
  const errors = (await Promise.all(calls)).filter((error) => error instanceof SocketError);
  expect(errors.length).toBeGreaterThan(0);
  for (const error of errors) {
    expect(error).toMatchObject({ code: "ECANCELED", address: localAddress });
    expect(error.fd).toBeUndefined();
  }
});

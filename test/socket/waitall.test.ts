import { expect, test } from "bun:test";
import { type ControlMessage, close, Message, Socket, socket } from "../../src/index.ts";

const text = (value: string) => new TextEncoder().encode(value);
const buffer = new Uint8Array(4);
const message = new Message({ iovec: [buffer.subarray(0, 1), buffer.subarray(1)] });

type Options = { readonly waitall: true; readonly dontwait?: true; readonly timeout?: number };

const calls: Record<string, (socket: Socket, op: Options) => Promise<number>> = {
  recv: (socket, op) => socket.recv(buffer, op),
  recvfrom: async (socket, op) => (await socket.recvfrom(buffer, op)).length,
  recvmsg: (socket, op) => socket.recvmsg(message, op),
};

for (const [name, call] of Object.entries(calls)) {
  test(`${name} with waitall fills the buffer, or all that came before the end`, async () => {
    const [a, b] = Socket.pair();
    const whole = call(b, { waitall: true });
    for (const part of ["a", "bc", "defg"]) {
      await a.send(text(part));
      await Bun.sleep(2);
    }
    expect(await whole).toBe(4);
    expect(buffer).toEqual(text("abcd"));
    a.close();
    expect(await call(b, { waitall: true })).toBe(3);
    expect(buffer.subarray(0, 3)).toEqual(text("efg"));
    expect(await call(b, { waitall: true })).toBe(0);
    b.close();
  });

  test(`${name} with waitall and dontwait takes what is there`, async () => {
    const [a, b] = Socket.pair();
    const op = { waitall: true, dontwait: true } as const;
    await expect(call(b, op)).rejects.toMatchObject({ code: "EAGAIN" });
    await a.send(text("xy"));
    expect(await call(b, op)).toBe(2);
    expect(buffer.subarray(0, 2)).toEqual(text("xy"));
    a.close();
    b.close();
  });

  test(`${name} with waitall that is late leaves what came to the next call`, async () => {
    const [a, b] = Socket.pair();
    await a.send(text("xy"));
    const late = call(b, { waitall: true, timeout: 10 });
    await expect(late).rejects.toMatchObject({ code: "ETIMEDOUT" });
    buffer.fill(0);
    await a.send(text("zw"));
    expect(await call(b, { waitall: true })).toBe(4);
    expect(buffer).toEqual(text("xyzw"));
    a.close();
    b.close();
  });
}

test("recvmsg with waitall gathers the control messages of its parts", async () => {
  const [a, b] = Socket.pair();
  const passed = socket("inet", "dgram");
  const whole = b.recvmsg(message, { waitall: true });
  await a.send(text("1"));
  await Bun.sleep(2);
  const control: ControlMessage[] = [{ kind: "rights", fds: [passed] }];
  await a.sendmsg(new Message({ iovec: [text("234")], control }));
  expect(await whole).toBe(4);
  expect(message.length).toBe(4);
  expect(message.control.map(({ kind }) => kind)).toEqual(["rights"]);
  for (const rights of message.control) if (rights.kind === "rights") rights.fds.forEach(close);
  for (const own of [a, b]) own.close();
  close(passed);
});

test("recvfrom with waitall names a Unix stream's sender", async () => {
  const path = `\0rawsock-waitall-${process.pid}`;
  using listener = Socket.open("unix", "stream").bind({ family: "unix", path }).listen();
  using client = Socket.open("unix", "stream").bind({ family: "unix", path: `${path}-client` });
  await client.connect({ family: "unix", path });
  using accepted = await listener.accept();
  const whole = accepted.recvfrom(buffer, { waitall: true });
  await client.send(text("ab"));
  await Bun.sleep(2);
  await client.send(text("cd"));
  const { length, address } = await whole;
  expect(length).toBe(4);
  expect(address?.path).toBe(`${path}-client`);
});

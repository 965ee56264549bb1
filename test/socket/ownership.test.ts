import { expect, test } from "bun:test";
import { close, Message, Sockaddr, Socket, socket } from "../../src/index.ts";
import { copies } from "../support/descriptors.ts";

const loopback = Sockaddr.inet("127.0.0.1");

test("the function close() closes a Socket, not only its descriptor", async () => {
  const mine = Socket.open("inet", "dgram").bind(loopback);
  const pending = mine.recv(new Uint8Array(1));
  const { fd } = mine;
  close(mine);
  // The number is somebody else's now, whom nothing below may close.
  const next = socket("inet", "dgram");
  expect(next).toBe(fd);
  expect(mine.closed).toBe(true);
  await expect(pending).rejects.toMatchObject({ code: "ECANCELED" });
  expect(() => close(mine)).toThrow(expect.objectContaining({ code: "EBADF" }));
  mine.close();
  close(next);
});

test("a Socket is made by its static methods only", () => {
  const made: unknown = Socket;
  const Constructor = made as new (...values: number[]) => unknown;
  expect(() => new Constructor()).toThrow(TypeError);
  expect(() => new Constructor(0, 2, 2, 0)).toThrow(TypeError);
});

/** A pair, a loop over whose messages was left with three that brought `fd`. */
async function leftBehind(fd: number, leave: (socket: Socket) => void): Promise<[Socket, Socket]> {
  const [sender, receiver] = Socket.pair("unix", "dgram");
  const iovec = [new Uint8Array(1)];
  for (let count = 0; count < 4; count++) {
    await sender.sendmsg(new Message({ iovec, control: [{ kind: "rights", fds: [fd] }] }));
  }
  for await (const { control } of receiver.messages()) {
    for (const message of control) if (message.kind === "rights") message.fds.forEach(close);
    leave(receiver);
    break;
  }
  return [sender, receiver];
}

test("descriptors that nobody was given are closed with the socket", async () => {
  const passed = socket("inet", "dgram");
  for (const leave of [() => undefined, (receiver: Socket) => receiver.close()]) {
    const [sender, receiver] = await leftBehind(passed, leave);
    sender.close();
    receiver.close();
    expect(copies([passed])).toBe(1);
  }
  const [sender, receiver] = await leftBehind(passed, () => undefined);
  sender.close();
  close(receiver.detach());
  expect(copies([passed])).toBe(1);
  close(passed);
});

test("descriptors that a plain recv or recvfrom leaves out are closed", async () => {
  const passed = socket("inet", "dgram");
  const [sender, receiver] = await leftBehind(passed, () => undefined);
  const buffer = new Uint8Array(1);
  expect(await receiver.recv(buffer)).toBe(1);
  expect((await receiver.recvfrom(buffer)).length).toBe(1);
  const message = new Message({ iovec: [buffer] });
  expect(await receiver.recvmsg(message)).toBe(1);
  const [rights] = message.control;
  if (rights?.kind !== "rights") throw new Error("no descriptor came");
  expect(copies([passed])).toBe(2);
  rights.fds.forEach(close);
  expect(copies([passed])).toBe(1);
  sender.close();
  receiver.close();
  close(passed);
});

test("descriptors that recvmsg found kept, and nobody looked at, are closed at the next", async () => {
  const passed = socket("inet", "dgram");
  const [sender, receiver] = await leftBehind(passed, () => undefined);
  const message = new Message({ iovec: [new Uint8Array(1)] });
  for (let count = 0; count < 3; count++) expect(await receiver.recvmsg(message)).toBe(1);
  // Those of the last one, which may still be looked at.
  expect(copies([passed])).toBe(2);
  await sender.send(new Uint8Array(1));
  await receiver.recvmsg(message);
  expect(copies([passed])).toBe(1);
  sender.close();
  receiver.close();
  close(passed);
});

test("descriptors that came with a part of a waitall are nobody's until they are looked at", async () => {
  const passed = socket("inet", "dgram");
  const [sender, receiver] = Socket.pair();
  const control = [{ kind: "rights" as const, fds: [passed] }];
  const part = () => sender.sendmsg(new Message({ iovec: [new Uint8Array(2)], control }));
  const message = new Message({ iovec: [new Uint8Array(6)] });
  await part();
  await part();
  const late = receiver.recvmsg(message, { waitall: true, timeout: 5 });
  await expect(late).rejects.toMatchObject({ code: "ETIMEDOUT" });
  expect(copies([passed])).toBe(3);
  // What was kept is what a plain call leaves out.
  expect(await receiver.recv(new Uint8Array(4))).toBe(4);
  expect(copies([passed])).toBe(1);
  for (let count = 0; count < 3; count++) await part();
  expect(await receiver.recvmsg(message, { waitall: true })).toBe(6);
  expect(message.control).toHaveLength(3);
  expect(copies([passed])).toBe(4);
  for (const rights of message.control) if (rights.kind === "rights") rights.fds.forEach(close);
  sender.close();
  receiver.close();
  expect(copies([passed])).toBe(1);
  close(passed);
});

test("leaving an iteration ends the calls of next() that wait", async () => {
  using mine = Socket.open("inet", "dgram").bind(loopback);
  const messages = mine.messages();
  const pending = [messages.next(), messages.next()];
  await messages.return?.();
  for (const call of pending) expect(await call).toEqual({ value: undefined, done: true });
  await mine.sendto(new Uint8Array(3), mine.localAddress);
  expect(await mine.recv(new Uint8Array(8), { timeout: 1000 })).toBe(3);
});

test("a loop that closes its socket sees nothing more", async () => {
  const mine = Socket.open("inet", "dgram").bind(loopback);
  for (let count = 0; count < 4; count++) await mine.sendto(new Uint8Array(1), mine.localAddress);
  let seen = 0;
  const loop = async () => {
    for await (const _ of mine.messages()) {
      seen++;
      mine.close();
    }
  };
  await expect(loop()).rejects.toMatchObject({ code: "EBADF" });
  expect(seen).toBe(1);
});

test("calls of next() that wait together get a message each", async () => {
  using mine = Socket.open("inet", "dgram").bind(loopback);
  const messages = mine.messages();
  const pending = [messages.next(), messages.next(), messages.next()];
  for (const [index, call] of pending.entries()) {
    await mine.sendto(new Uint8Array(index), mine.localAddress);
    expect((await call).value?.data.length).toBe(index);
  }
});

test("an iteration that waits takes nothing that calls behind it wait for", async () => {
  using mine = Socket.open("inet", "dgram").bind(loopback);
  const first = mine.messages().next();
  const buffer = new Uint8Array(8);
  const second = mine.recv(buffer, { timeout: 1000 });
  await mine.sendto(new Uint8Array(1), mine.localAddress);
  await mine.sendto(new Uint8Array(2), mine.localAddress);
  expect((await first).value?.data.length).toBe(1);
  expect(await second).toBe(2);
});

test("a batch may be asked to be larger than any will be", async () => {
  using mine = Socket.open("inet", "dgram").bind(loopback);
  for (let count = 0; count < 100; count++) {
    await mine.sendto(new Uint8Array([count]), mine.localAddress);
  }
  const seen: (number | undefined)[] = [];
  for await (const batch of mine.messages({ batch: 256 })) {
    expect(batch.length).toBeLessThanOrEqual(64);
    seen.push(...batch.map(({ data }) => data[0]));
    if (seen.length === 100) break;
  }
  expect(seen).toEqual(seen.map((_, index) => index));
  expect(() => mine.messages({ batch: 1025 })).toThrow(RangeError);
});

// Descriptors that messages() brings and that the program never looks at; what messages look like.

import { expect, test } from "bun:test";
import { inspect } from "node:util";
import { close, Message, type ReceivedMessage, Socket, socket } from "../../src/index.ts";
import { copies } from "../support/descriptors.ts";

/** A pair, one end of which has been sent `count` datagrams that bring `fd`. */
async function sent(fd: number, count: number): Promise<[Socket, Socket]> {
  const [a, b] = Socket.pair("unix", "dgram");
  const control = [{ kind: "rights" as const, fds: [fd] }];
  for (let index = 0; index < count; index++) {
    await a.sendmsg(new Message({ iovec: [new Uint8Array([index])], control }));
  }
  return [a, b];
}

for (const batch of [undefined, 3]) {
  test(`a loop that looks at no descriptors keeps none, batch: ${batch}`, async () => {
    const passed = socket("inet", "dgram");
    const [a, b] = await sent(passed, 9);
    let steps = 0;
    for await (const item of b.messages(batch === undefined ? {} : { batch })) {
      steps += [item].flat().length;
      // Those of this step, and of what is received and not yet yielded.
      if (steps === 9) break;
    }
    expect(copies([passed])).toBe(1);
    a.close();
    b.close();
    close(passed);
  });
}

test("descriptors that were not looked at are closed at the next step", async () => {
  const passed = socket("inet", "dgram");
  const [a, b] = await sent(passed, 1);
  const messages = b.messages();
  const { value } = await messages.next();
  expect(copies([passed])).toBe(2);
  expect(inspect(value)).toContain("rights");
  expect(copies([passed])).toBe(2);
  a.send(new Uint8Array(1));
  await messages.next();
  expect(copies([passed])).toBe(1);
  // What is closed is not shown.
  expect(value?.control).toEqual([]);
  a.close();
  b.close();
  close(passed);
});

for (const [how, look] of [
  ["reading", (message: ReceivedMessage) => message.control],
  ["spreading", (message: ReceivedMessage) => ({ ...message }).control],
  ["cloning", (message: ReceivedMessage) => structuredClone(message).control],
  ["serializing", (message: ReceivedMessage) => JSON.parse(JSON.stringify(message)).control],
] as const) {
  test(`${how} a message makes its descriptors the program's`, async () => {
    const passed = socket("inet", "dgram");
    const [a, b] = await sent(passed, 1);
    for await (const message of b.messages()) {
      const [rights] = look(message) as ReceivedMessage["control"];
      await a.send(new Uint8Array(1));
      await b.messages().next();
      expect(copies([passed])).toBe(2);
      if (rights?.kind !== "rights") throw new Error("no descriptors came");
      rights.fds.forEach(close);
      break;
    }
    expect(copies([passed])).toBe(1);
    a.close();
    b.close();
    close(passed);
  });
}

test("descriptors of a message that is collected unread are closed", async () => {
  const passed = socket("inet", "dgram");
  const [a, b] = await sent(passed, 20);
  const messages = b.messages();
  for (let count = 0; count < 20; count++) await b.recv(new Uint8Array(1), { peek: true });
  await (async () => {
    for (let count = 0; count < 20; count++) await messages.next();
  })();
  // The last one is held by the loop.
  expect(copies([passed])).toBeLessThanOrEqual(2);
  await messages.return?.();
  expect(copies([passed])).toBe(1);
  a.close();
  b.close();
  close(passed);
});

test("a message with descriptors compares by content", async () => {
  const passed = socket("inet", "dgram");
  const [a, b] = await sent(passed, 1);
  const { value } = await b.messages().next();
  const fds = [expect.any(Number)];
  expect(value).toEqual({
    data: new Uint8Array([0]),
    address: null,
    control: [{ kind: "rights", fds }],
    flags: [],
  });
  expect(value).not.toEqual({ data: new Uint8Array([0]), address: null, control: [], flags: [] });
  for (const message of value?.control ?? []) {
    if (message.kind === "rights") message.fds.forEach(close);
  }
  expect(copies([passed])).toBe(1);
  a.close();
  b.close();
  close(passed);
});

test("Messages compare, spread, clone, serialize and print by content", () => {
  const make = (byte: number) =>
    new Message({ iovec: [new Uint8Array([byte])], control: [{ kind: "ttl", value: byte }] });
  expect(make(1)).toEqual(make(1));
  expect(make(1)).not.toEqual(make(2));
  expect(Bun.deepEquals(make(1), make(2))).toBe(false);
  expect(({ ...make(3) } as Message).control).toEqual([{ kind: "ttl", value: 3 }]);
  expect(structuredClone(make(4))).toMatchObject({ control: [{ kind: "ttl", value: 4 }] });
  expect(JSON.parse(JSON.stringify(make(5)))).toMatchObject({ control: [{ value: 5 }] });
  expect(inspect(make(6))).toContain("value: 6");
});

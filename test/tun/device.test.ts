// The device itself: its name, queues, persistence, carrier, and what becomes of its interface.

import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { ioctl, Socket } from "../../src/index.ts";
import { Tun } from "../../src/tun/index.ts";
import { openDescriptors, socketError } from "../support/descriptors.ts";
import { wordsFor } from "../support/libc.ts";
import { Namespace } from "../support/namespace.ts";
import { testWith, tun as tunDevice } from "../support/requirements.ts";
import { device, numbered, numberIn } from "../support/tun.ts";

/** How often descriptors are opened and closed, each of which takes the kernel 20 ms. */
const TIMES = Number(process.env.RAWSOCK_TEST_RUNS ?? 30);

const names = (namespace: Namespace) =>
  (JSON.parse(namespace.ip("-j", "link", "show")) as { ifname: string }[]).map(
    ({ ifname }) => ifname,
  );

testWith(tunDevice)("the interface is there from open to close, with the name asked for", () => {
  using namespace = new Namespace();
  const there = (name: string) => names(namespace).includes(name);
  const open = (options: object) => Tun.open({ namespace: namespace.name, ...options });
  const first = open({});
  const second = open({ mode: "tap" });
  const third = open({ name: "vpn%d" });
  const fourth = open({ name: "vpn%d" });
  const fifth = open({ name: "fifteen-letters" });
  const all = [first, second, third, fourth, fifth];
  expect(all.map(({ name }) => name)).toEqual(["tun0", "tap0", "vpn0", "vpn1", "fifteen-letters"]);
  for (const tun of all) {
    expect(there(tun.name)).toBe(true);
    const flags = readFileSync(`/proc/self/fdinfo/${tun.fd}`, "utf8");
    // O_CLOEXEC.
    expect(Number.parseInt(/^flags:\s*(\d+)/m.exec(flags)?.[1] ?? "", 8) & 0o2000000).not.toBe(0);
  }
  namespace.ip("link", "set", "vpn1", "name", "renamed");
  expect(fourth.name).toBe("renamed");
  expect(Bun.inspect(fourth)).toContain("renamed");
  for (const tun of all) {
    tun.close();
    tun.close();
    expect([tun.closed, tun.fd]).toEqual([true, -1]);
  }
  expect(names(namespace)).toEqual(["lo"]);
  expect(fifth.name).toBe("fifteen-letters");
  expect(socketError(() => fifth.setCarrier(true))).toMatchObject({
    code: "EBADF",
    message: "ioctl EBADF: Bad file descriptor (the device is closed)",
  });
});

testWith(tunDevice)("refusals say what is the matter and name the device", () => {
  using namespace = new Namespace();
  const open = (options: object) => () => Tun.open({ namespace: namespace.name, ...options });
  using tun = open({ name: "one" })();
  expect(socketError(open({ name: "one" }))).toMatchObject({ code: "EBUSY" });
  expect(open({ name: "one" })).toThrow(/^ioctl TUNSETIFF EBUSY one: .*multiQueue/);
  expect(open({ name: "one", exclusive: true })).toThrow("EBUSY");
  expect(open({ name: "one", mode: "tap" })).toThrow(/EINVAL one: .*made with other options/);
  expect(open({ name: "lo" })).toThrow(/EINVAL lo: .*no such device/);
  const before = openDescriptors();
  expect(open({ namespace: "nowhere" })).toThrow(/^open ENOENT nowhere: /);
  expect(open({ namespace: 0 })).toThrow(/^setns /);
  for (let count = 0; count < 3; count++) expect(open({ name: "one" })).toThrow("EBUSY");
  expect(openDescriptors()).toBeLessThanOrEqual(before);
  expect(tun.closed).toBe(false);
});

testWith(tunDevice)("the queues of one interface share its packets", async () => {
  using namespace = new Namespace();
  using a = device(namespace, { name: "shared", multiQueue: true });
  using b = Tun.open({ name: "shared", multiQueue: true, namespace: namespace.name });
  expect([a.multiQueue, b.name]).toEqual([true, "shared"]);
  const sockets = Array.from({ length: 32 }, () =>
    Socket.open("inet", "dgram", null, { namespace: namespace.name }),
  );
  const send = async (first: number) => {
    for (const [index, socket] of sockets.entries()) {
      const port = 1000 + index;
      await socket.sendto(numbered(first + index), { family: "inet", address: "10.78.0.2", port });
    }
  };
  const waiting = async (tun: Tun) => {
    const seen: number[] = [];
    for await (const { data } of tun.messages({ until: AbortSignal.abort() })) {
      seen.push(numberIn(data));
    }
    return seen;
  };
  await send(0);
  const [first, second] = [await waiting(a), await waiting(b)];
  expect(first.length).toBeGreaterThan(0);
  expect(second.length).toBeGreaterThan(0);
  expect([...first, ...second].sort((x, y) => x - y)).toEqual(sockets.map((_, index) => index));

  b.detachQueue();
  const none = b.recv(new Uint8Array(100), { dontwait: true });
  await expect(none).rejects.toMatchObject({ code: "EAGAIN" });
  await send(100);
  expect(await waiting(a)).toHaveLength(32);
  b.attachQueue();
  await send(200);
  const [third, fourth] = [await waiting(a), await waiting(b)];
  expect(third.length + fourth.length).toBe(32);
  expect(fourth.length).toBeGreaterThan(0);
  for (const socket of sockets) socket.close();
  using single = Tun.open({ namespace: namespace.name });
  expect(() => single.detachQueue()).toThrow("multiQueue");
});

testWith(tunDevice)("a persistent interface stays until it is made none", () => {
  using namespace = new Namespace();
  const open = (options: object = {}) =>
    Tun.open({ name: "keep", namespace: namespace.name, ...options });
  open({ persist: true }).close();
  expect(names(namespace)).toContain("keep");
  expect(() => open({ exclusive: true })).toThrow("EBUSY");
  open().close();
  expect(names(namespace)).toContain("keep");
  open().setPersist(false).close();
  expect(names(namespace)).not.toContain("keep");
  open({ persist: true }).close();
  open({ persist: false }).close();
  expect(names(namespace)).not.toContain("keep");
  using tun = open();
  expect(() => tun.setPersist(1 as never)).toThrow("on must be a boolean");
  expect(() => tun.setOwner(-1)).toThrow(RangeError);
  expect(() => tun.setGroup(2 ** 32 - 1)).toThrow(RangeError);
});

testWith(tunDevice)("an interface that is deleted ends the calls that wait: EBADFD", async () => {
  using namespace = new Namespace();
  using tun = device(namespace, { name: "gone" });
  const refusal = { code: "EBADFD", syscall: "read", fd: tun.fd };
  const waits = [tun.recv(new Uint8Array(9)), tun.recv(new Uint8Array(9)), tun.messages().next()];
  const ready = tun.readable();
  const outcomes = Promise.allSettled(waits);
  await Bun.sleep(10);
  namespace.ip("link", "del", "gone");
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({ status: "rejected", reason: refusal });
    expect(String((outcome as PromiseRejectedResult).reason)).toContain(
      "EBADFD gone: File descriptor in bad state (the interface was deleted",
    );
  }
  await ready;
  await expect(tun.recv(new Uint8Array(9))).rejects.toMatchObject(refusal);
  await expect(tun.send(Uint8Array.of(0x45))).rejects.toMatchObject({ code: "EBADFD" });
  expect(tun.name).toBe("gone");
});

testWith(tunDevice)("a device that is down refuses packets, and is waited for", async () => {
  using namespace = new Namespace();
  using tun = device(namespace);
  const packet = new Uint8Array(20).fill(0x45, 0, 1);
  await tun.writable({ timeout: 5000 });
  namespace.ip("link", "set", tun.name, "down");
  await expect(tun.send(packet)).rejects.toThrow(
    `write EIO ${tun.name}: ${wordsFor("Input/output error")} ` +
      "(the interface is down: `ip link set tun0 up`)",
  );
  await expect(tun.writable({ timeout: 20 })).rejects.toMatchObject({ code: "ETIMEDOUT" });
  const up = tun.writable({ timeout: 10_000 });
  namespace.ip("link", "set", tun.name, "up");
  await up;
  expect(await tun.send(packet)).toBe(20);
});

testWith(tunDevice)("carrier, send buffer and offloads are what is set", () => {
  using namespace = new Namespace();
  using tun = device(namespace);
  const carrier = () => namespace.ip("link", "show", tun.name).includes("NO-CARRIER");
  expect(carrier()).toBe(false);
  tun.setCarrier(false);
  expect(carrier()).toBe(true);
  tun.setCarrier(true);
  expect(carrier()).toBe(false);
  expect(tun.setSendBuffer(10_000).sendBuffer).toBe(10_000);
  expect(() => tun.setSendBuffer(0)).toThrow(RangeError);
  expect(() => tun.setOffload(["csum"])).toThrow("virtioHeader: true");
  expect(() => tun.setOffload(["tso"])).toThrow(/unknown offload "tso".*csum/);
  tun.setOffload([]);
});

testWith(tunDevice)(
  "a descriptor is given away and taken over, with its mode and name",
  async () => {
    using namespace = new Namespace();
    const options = { mode: "tap", multiQueue: true, virtioHeader: 12 } as const;
    const first = device(namespace, options);
    const wait = first.recv(new Uint8Array(9));
    const fd = first.detach();
    await expect(wait).rejects.toMatchObject({ code: "ECANCELED" });
    using second = Tun.adopt(fd);
    const { mode, multiQueue, headerSize, name } = second;
    expect({ mode, multiQueue, headerSize, name }).toEqual({
      mode: "tap",
      multiQueue: true,
      headerSize: 12,
      name: "tap0",
    });
    using socket = Socket.open("inet", "dgram");
    expect(() => Tun.adopt(socket.fd)).toThrow(/^ioctl TUNGETIFF /);
    expect(() => Tun.adopt(1.5)).toThrow(RangeError);
    expect(() => ioctl(second, 0)).toThrow("ioctl");
  },
);

testWith(tunDevice)(`opening and closing ${TIMES} times leaves nothing behind`, () => {
  using namespace = new Namespace();
  Tun.open({ namespace: namespace.name }).close();
  const before = openDescriptors();
  for (let count = 0; count < TIMES; count++) {
    using tun = Tun.open({ namespace: namespace.name, virtioHeader: count % 2 === 0 });
    expect(tun.name).toBe("tun0");
  }
  expect(openDescriptors()).toBeLessThanOrEqual(before);
  expect(names(namespace)).toEqual(["lo"]);
});

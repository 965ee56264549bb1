// Addresses as values: compared, cloned, printed and changed by content; typed by family.

import { expect, expectTypeOf, test } from "bun:test";
import {
  type AddressLike,
  AF,
  bind,
  close,
  connect,
  getpeername,
  getsockname,
  ifNameIndex,
  Sockaddr,
  socket,
} from "../../src/index.ts";

const examples = {
  inet: Sockaddr.inet("192.0.2.1", 80),
  inet6: Sockaddr.inet6("2001:db8::1", 80, { flowinfo: 3 }),
  unix: Sockaddr.unix("/run/x"),
};
/** Families of Linux. */
const further = () => ({
  packet: Sockaddr.packet({ ifindex: 1, protocol: "arp", address: "02:fc:00:00:00:01" }),
  netlink: Sockaddr.netlink({ pid: 7, groups: 3 }),
  vsock: Sockaddr.vsock({ cid: 2, port: 1024 }),
  can: Sockaddr.can({ ifindex: 3, rxId: 0x123, txId: 0x8000_0456 }),
  alg: Sockaddr.alg({ type: "skcipher", name: "cbc(aes)", mask: 4 }),
  tipc: Sockaddr.tipc({ type: 18_888, instance: 17 }),
});
const all: Sockaddr[] = [
  ...Object.values(examples),
  ...(AF.PACKET === undefined ? [] : Object.values(further())),
];

test("addresses are equal where their bytes are, and only there", () => {
  for (const [index, address] of all.entries()) {
    expect(address).toEqual(Sockaddr.from(address.bytes) as never);
    expect(address).toStrictEqual(Sockaddr.from(address.bytes) as never);
    for (const other of all.slice(index + 1)) expect(address).not.toEqual(other as never);
  }
  expect(Sockaddr.inet("127.0.0.1", 1)).not.toEqual(Sockaddr.inet("127.0.0.1", 2));
});

test("a clone is an address again", async () => {
  const { port1, port2 } = new MessageChannel();
  for (const address of all) {
    const clone: AddressLike = structuredClone(address as { bytes: Uint8Array });
    expect(address.equals(clone)).toBe(true);
    const { promise, resolve } = Promise.withResolvers<AddressLike>();
    port2.onmessage = (event) => resolve(event.data);
    port1.postMessage(address);
    expect(address.equals(await promise)).toBe(true);
  }
  port1.close();
  const fd = socket("inet", "dgram");
  bind(fd, structuredClone(Sockaddr.inet("127.0.0.1", 0) as { bytes: Uint8Array }));
  expect(getsockname(fd).address).toBe("127.0.0.1");
  close(fd);
  expect(() => bind(0, { bytes: "127.0.0.1" } as never)).toThrow(TypeError);
  expect(() => bind(0, { bytes: new Uint8Array(1) })).toThrow(RangeError);
});

test("what toJSON() gives, and JSON that went through text, are addresses again", () => {
  for (const address of all) {
    expectTypeOf(address.toJSON()).toExtend<AddressLike>();
    expect(address.equals(address.toJSON())).toBe(true);
    expect(address.equals(JSON.parse(JSON.stringify(address)))).toBe(true);
  }
});

test("with() changes some fields and keeps the others", () => {
  const { inet, inet6, unix } = examples;
  expect(String(inet.with({ port: 53 }))).toBe("192.0.2.1:53");
  expect(inet.port).toBe(80);
  expect(inet.with({})).toEqual(inet);
  expect(inet6.with({ address: "::1" }).flowinfo).toBe(3);
  expect(unix.with({ path: "\0y" }).path).toBe("\0y");
  const scoped = Sockaddr.inet6("fe80::1%1", 1);
  expect(scoped.with({ address: "fe80::2%1" }).scopeId).toBe(1);
  expect(() => inet.with({ path: "/x" })).toThrow(TypeError);
  expect(() => inet.with({ port: 70_000 })).toThrow(RangeError);
  expect(() => inet.with(5 as never)).toThrow(TypeError);
});

test("with() does so with addresses of further families", () => {
  const { packet, netlink, can, tipc } = further();
  expect(packet.with({ protocol: "ip" })).toMatchObject({ ifindex: 1, protocol: 0x0800 });
  expect(packet.with({ interface: "lo" }).ifindex).toBe(ifNameIndex("lo"));
  expect(netlink.with({ pid: 0 }).groups).toBe(3);
  expect(can.with({ rxId: 1 }).txId).toBe(0x8000_0456);
  // The kernel's own end behind the index, but for ISO-TP.
  const short = Sockaddr.from(can.bytes.subarray(0, 8));
  expect(short.toJSON()).toEqual({ family: "can", ifindex: 3, rxId: 0, txId: 0 });
  expect(tipc.with({ instance: 18 })).toMatchObject({ type: 18_888, instance: 18 });
});

test("fields are typed by family", () => {
  expectTypeOf(Sockaddr.inet("127.0.0.1").port).toEqualTypeOf<number>();
  expectTypeOf(Sockaddr.unix("").path).toEqualTypeOf<string>();
  expectTypeOf(Sockaddr.packet({}).ifindex).toEqualTypeOf<number>();
  const address: Sockaddr = Sockaddr.from(examples.inet6.bytes);
  expectTypeOf(address.port).toEqualTypeOf<number | undefined>();
  if (address.is("inet6")) expectTypeOf(address.scopeId).toEqualTypeOf<number>();
  expect([address.is("inet6"), address.is("inet"), address.is("unix")]).toEqual([
    true,
    false,
    false,
  ]);
  expect(new Sockaddr("inet6", 3).is("inet6")).toBe(false);
});

test("addresses of further families lie as their headers say", () => {
  const { can, alg, tipc } = further();
  expect(can.bytes.toHex()).toBe(
    "1d00000003000000230100005604008000000000 00000000".replace(" ", ""),
  );
  expect(String(can)).toStartWith("can:");
  expect(alg.bytes.length).toBe(88);
  expect(new TextDecoder().decode(alg.bytes.subarray(24, 32))).toBe("cbc(aes)");
  expect(alg).toMatchObject({ type: "skcipher", name: "cbc(aes)", features: 0, mask: 4 });
  expect(String(alg)).toBe("alg:skcipher:cbc(aes)");
  expect(tipc.bytes.toHex()).toBe("1e000202c84900001100000000000000");
  expect(tipc).toMatchObject({ addrtype: "service", scope: 2, type: 18_888, instance: 17 });
  const range = Sockaddr.tipc({ type: 9, lower: 1, upper: 5, scope: 3 });
  expect(range).toMatchObject({ addrtype: "range", lower: 1, upper: 5, scope: 3 });
  expect(Sockaddr.tipc({ ref: 1, node: 2 })).toMatchObject({ addrtype: "socket", ref: 1, node: 2 });
  expect(() => Sockaddr.alg({ type: "hash", name: "x".repeat(64) })).toThrow(RangeError);
  expect(() => Sockaddr.alg({ type: "much-too-long-a-type", name: "x" })).toThrow(RangeError);
  expect(() => Sockaddr.tipc({ addrtype: "cluster" as never })).toThrow(TypeError);
  expect(() => Sockaddr.can({ rxId: -1 })).toThrow(RangeError);
  expect(() => Sockaddr.can({ interface: "no-such-bus" })).toThrow(
    expect.objectContaining({ code: "ENODEV", message: expect.stringContaining("no-such-bus") }),
  );
});

test("an address of no family dissolves an association", () => {
  expect(Sockaddr.from(new Uint8Array(16)).toJSON()).toEqual({ family: "unspec" });
  expect(new Sockaddr("unspec").bytes).toEqual(new Uint8Array(16));
  const fd = socket("inet", "dgram");
  connect(fd, { family: "inet", address: "127.0.0.1", port: 9 });
  expect(getpeername(fd).port).toBe(9);
  connect(fd, { family: "unspec" });
  expect(() => getpeername(fd)).toThrow(expect.objectContaining({ code: "ENOTCONN" }));
  close(fd);
  expect(AF.UNSPEC).toBe(0);
});

test("one that is not there is asked for with a remedy: an unknown family lists those there are", () => {
  expect(() => new Sockaddr("inet5")).toThrow(/did you mean inet.*accepted: .*inet6/);
  expect(() => new Sockaddr("max")).toThrow(TypeError);
});

import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  type AddressLike,
  AF,
  bind,
  convertAddress,
  ETH_P,
  getsockname,
  Sockaddr,
  SocketError,
  socket,
} from "../../src/index.ts";
import { Descriptors } from "../support/descriptors.ts";

test("an IPv4 address has its text, port and network-order bytes", () => {
  const address = Sockaddr.inet("192.0.2.7", 8080);
  expect(address.family).toBe("inet");
  expect(address.address).toBe("192.0.2.7");
  expect(address.port).toBe(8080);
  expect(String(address)).toBe("192.0.2.7:8080");
  expect(address.bytes).toEqual(
    new Uint8Array([2, 0, 0x1f, 0x90, 192, 0, 2, 7, 0, 0, 0, 0, 0, 0, 0, 0]),
  );
  expect(address.path).toBeUndefined();
  expect(address.scopeId).toBeUndefined();
  expect(JSON.stringify(address)).toBe('{"family":"inet","address":"192.0.2.7","port":8080}');
});

test("an IPv6 address has a zone by number, by name and as an option", () => {
  expect(String(Sockaddr.inet6("2001:db8::1", 443))).toBe("[2001:db8::1]:443");
  expect(String(Sockaddr.inet6("fe80::1%2", 80))).toBe("[fe80::1%2]:80");
  expect(Sockaddr.inet6("fe80::1%lo").scopeId).toBe(1);
  expect(Sockaddr.inet6("fe80::1", 0, { scopeId: "lo" }).scopeId).toBe(1);
  const address = Sockaddr.inet6("::1", 1, { scopeId: 7, flowinfo: 0x12345 });
  expect(address.scopeId).toBe(7);
  expect(address.flowinfo).toBe(0x12345);
  expect(address.bytes.length).toBe(28);
  expect(() => Sockaddr.inet6("fe80::1%no-such-one")).toThrow(
    expect.objectContaining({
      name: "SocketError",
      code: "ENODEV",
      message: expect.stringContaining("no-such-one"),
    }),
  );
});

test("a unix address is a pathname, abstract or unnamed", () => {
  const path = Sockaddr.unix("/run/x");
  expect(path.path).toBe("/run/x");
  expect(path.bytes.length).toBe(2 + 6 + 1);
  expect(String(path)).toBe("unix:/run/x");
  const abstract = Sockaddr.unix("\0name");
  expect(abstract.path).toBe("\0name");
  expect(abstract.bytes.length).toBe(2 + 5);
  expect(String(abstract)).toBe("unix:@name");
  const unnamed = Sockaddr.unix("");
  expect(unnamed.bytes.length).toBe(2);
  expect(unnamed.path).toBe("");
  expect(String(unnamed)).toBe("unix:");
  expect(Sockaddr.unix(new Uint8Array([0x2f, 0xff])).bytes).toEqual(
    new Uint8Array([1, 0, 0x2f, 0xff, 0]),
  );
});

test("a unix path may have 107 bytes, an abstract name 108", () => {
  expect(Sockaddr.unix("x".repeat(107)).bytes.length).toBe(110);
  expect(Sockaddr.unix(`\0${"x".repeat(107)}`).bytes.length).toBe(110);
  expect(() => Sockaddr.unix("x".repeat(108))).toThrow(RangeError);
  expect(() => Sockaddr.unix("é".repeat(54))).toThrow(/107 bytes, not 108/);
  expect(() => Sockaddr.unix(`\0${"x".repeat(108)}`)).toThrow(RangeError);
  expect(() => Sockaddr.unix("a\0b")).toThrow(TypeError);
});

test("a packet address is in host order, with interface and hardware address", () => {
  const address = Sockaddr.packet({
    interface: "lo",
    protocol: "arp",
    address: "02:fc:00:00:00:01",
    hatype: 1,
    pkttype: 4,
  });
  expect(address.ifindex).toBe(1);
  expect(address.protocol).toBe(ETH_P.ARP as number);
  expect(address.bytes.subarray(2, 4)).toEqual(new Uint8Array([0x08, 0x06]));
  expect(address.address).toBe("02:fc:00:00:00:01");
  expect([address.hatype, address.pkttype]).toEqual([1, 4]);
  expect(String(address)).toBe("packet:lo 02:fc:00:00:00:01");
  expect(String(Sockaddr.packet({ ifindex: 4_000_000 }))).toBe("packet:4000000");
  expect(() => Sockaddr.packet({ interface: "lo", ifindex: 1 })).toThrow(TypeError);
  expect(() => Sockaddr.packet({ address: "02:zz" })).toThrow(TypeError);
  expect(() => Sockaddr.packet({ protocol: 70_000 })).toThrow(RangeError);
});

test("netlink and vsock addresses have their numbers", () => {
  const netlink = Sockaddr.netlink({ pid: 77, groups: 5 });
  expect([netlink.pid, netlink.groups, String(netlink)]).toEqual([77, 5, "netlink:77 groups 0x5"]);
  const vsock = Sockaddr.vsock({ cid: 2, port: 1024 });
  expect([vsock.cid, vsock.port, String(vsock)]).toEqual([2, 1024, "vsock:2:1024"]);
});

test("a family without a codec keeps its bytes", () => {
  const address = new Sockaddr(200, [1, 2, 3]);
  expect(address.family).toBe(200);
  expect(address.data).toEqual(new Uint8Array([1, 2, 3]));
  expect(String(address)).toBe("200:010203");
  expect(address.toJSON()).toEqual({ family: 200, data: [1, 2, 3] });
  expect(new Sockaddr(200).bytes.length).toBe(16);
  expect(Sockaddr.from(address.bytes).equals(address)).toBe(true);
});

test("the constructor takes bytes, a number of zeros, or the family's own size", () => {
  expect(new Sockaddr("inet").bytes.length).toBe(16);
  expect(new Sockaddr("inet6").bytes.length).toBe(28);
  expect(new Sockaddr("unix").bytes.length).toBe(110);
  expect(new Sockaddr("packet").bytes.length).toBe(20);
  expect(new Sockaddr("netlink").bytes.length).toBe(12);
  expect(new Sockaddr("inet", 3).data).toEqual(new Uint8Array(3));
  expect(new Sockaddr("inet", 3).port).toBeUndefined();
  expect(new Sockaddr(AF.INET, new Uint8Array([0, 80, 127, 0, 0, 1])).port).toBe(80);
  expect(() => new Sockaddr("inet", [256])).toThrow(RangeError);
  expect(() => new Sockaddr("inet", -1)).toThrow(RangeError);
  expect(() => new Sockaddr("inet", 127)).toThrow(RangeError);
  expect(() => new Sockaddr(70_000)).toThrow(RangeError);
});

test("writing to the data changes the address", () => {
  const address = Sockaddr.inet("127.0.0.1", 80);
  address.data[1] = 81;
  address.data.set([10, 0, 0, 1], 2);
  expect(String(address)).toBe("10.0.0.1:81");
});

test("the kernel takes an address whose data was edited in place", () => {
  using open = new Descriptors();
  const address = new Sockaddr("inet");
  address.data.set([127, 0, 0, 9], 2);
  const fd = open.own(socket("inet", "dgram"));
  bind(fd, address);
  expect(getsockname(fd).address).toBe("127.0.0.9");
});

test("from copies, and refuses what is no struct sockaddr", () => {
  const bytes = Sockaddr.inet("127.0.0.1", 80).bytes.slice();
  const copy = Sockaddr.from(bytes);
  bytes.fill(0);
  expect(String(copy)).toBe("127.0.0.1:80");
  expect(() => Sockaddr.from(new Uint8Array(1))).toThrow(RangeError);
  expect(() => Sockaddr.from(new Uint8Array(129))).toThrow(RangeError);
  expect(() => Sockaddr.from("127.0.0.1" as never)).toThrow(TypeError);
});

test("an address equals another of the same bytes, given in any form", () => {
  const address = Sockaddr.inet("127.0.0.1", 80);
  expect(address.equals(Sockaddr.inet("127.0.0.1", 80))).toBe(true);
  expect(address.equals({ family: "inet", address: "127.0.0.1", port: 80 })).toBe(true);
  expect(address.equals(Sockaddr.inet("127.0.0.1", 81))).toBe(false);
  expect(address.equals(Sockaddr.unix("/x"))).toBe(false);
});

test("bad addresses throw before any system call", () => {
  for (const address of ["127.1", "256.0.0.1", "", "::1", "127.0.0.1\0", "localhost"]) {
    expect(() => Sockaddr.inet(address)).toThrow(TypeError);
  }
  for (const address of ["127.0.0.1", ":::", "g::1", "", "1:2:3:4:5:6:7"]) {
    expect(() => Sockaddr.inet6(address)).toThrow(TypeError);
  }
  for (const port of [-1, 65536, 1.5, Number.NaN]) {
    expect(() => Sockaddr.inet("127.0.0.1", port)).toThrow(RangeError);
  }
  expect(() => Sockaddr.inet("127.0.0.1", "80" as never)).toThrow(TypeError);
  expect(() => Sockaddr.inet(5 as never)).toThrow(TypeError);
  for (const like of [
    { family: "inet", address: "127.0.0.1", prot: 80 },
    { family: "unix", path: "/x", port: 1 },
    { family: 200, data: [], port: 1 },
  ]) {
    expect(() => bind(0, like as never)).toThrow(/unknown option "p(ro|or)t"; accepted: family, /);
  }
  expect(() => Sockaddr.inet6("::1", 0, { scopeID: 1 } as never)).toThrow(TypeError);
  expect(() => Sockaddr.packet({ iface: "lo" } as never)).toThrow(TypeError);
  for (const like of [{}, { family: "appletalk" }, { family: "nothing", data: [] }, null, 5]) {
    expect(() => bind(0, like as never)).toThrow(TypeError);
  }
});

test("any address's JSON is an address again", () => {
  const samples = [
    Sockaddr.inet("127.0.0.1", 80),
    Sockaddr.inet6("fe80::1%1", 80, { flowinfo: 3 }),
    Sockaddr.unix("/x"),
    Sockaddr.unix("\0abstract"),
    Sockaddr.unix(new Uint8Array([0, 0xff, 0xfe])),
    Sockaddr.packet({ interface: "lo", address: "02:fc:00:00:00:01", protocol: 3, hatype: 772 }),
    Sockaddr.netlink({ pid: 5 }),
    Sockaddr.vsock({ cid: 1, port: 2 }),
    new Sockaddr(200, [1]),
  ];
  for (const sample of samples) {
    const like = JSON.parse(JSON.stringify(sample)) as AddressLike;
    expect(sample.equals(like)).toBe(true);
  }
});

test("an address of a foreign family reaches the kernel, which refuses it", () => {
  using open = new Descriptors();
  const fd = open.own(socket("inet", "dgram"));
  for (const address of [Sockaddr.netlink({ pid: 5 }), new Sockaddr(200, [1])]) {
    expect(() => bind(fd, address)).toThrow(SocketError);
  }
});

test("any bytes can be read as an address without an error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 2, maxLength: 128 }), (bytes) => {
      const address = Sockaddr.from(bytes);
      expect(typeof String(address)).toBe("string");
      expect(Sockaddr.from(address.bytes).equals(address)).toBe(true);
      JSON.stringify(address);
    }),
    { numRuns: 2000 },
  );
  for (const family of [1, 2, 10, 16, 17, 40]) {
    for (let length = 2; length <= 40; length++) {
      const bytes = new Uint8Array(length).fill(0xa5);
      bytes[0] = family;
      bytes[1] = 0;
      expect(typeof String(Sockaddr.from(bytes))).toBe("string");
    }
  }
});

test("addresses are converted between text, bytes and integers", () => {
  expect(convertAddress("inet", "127.0.0.1")).toEqual(new Uint8Array([127, 0, 0, 1]));
  expect(convertAddress("inet", "127.0.0.1", { as: "integer" })).toBe(0x7f000001);
  expect(convertAddress("inet6", "::1", { as: "integer" })).toBe(1n);
  expect(convertAddress("inet", 0x7f000001)).toBe("127.0.0.1");
  expect(convertAddress("inet", 0xffffffffn)).toBe("255.255.255.255");
  expect(convertAddress("inet6", 2n ** 128n - 1n)).toBe("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  expect(convertAddress("inet6", new Uint8Array(16))).toBe("::");
  expect(convertAddress(AF.INET6, "2001:db8::ff00:42:8329")).toHaveLength(16);
});

test("what cannot be converted throws", () => {
  expect(() => convertAddress("inet", "127.0.0")).toThrow(TypeError);
  expect(() => convertAddress("inet6", "127.0.0.1")).toThrow(TypeError);
  expect(() => convertAddress("unix", "/x")).toThrow(TypeError);
  expect(() => convertAddress("inet", new Uint8Array(5))).toThrow(RangeError);
  expect(() => convertAddress("inet", 2 ** 32)).toThrow(RangeError);
  expect(() => convertAddress("inet", -1)).toThrow(RangeError);
  expect(() => convertAddress("inet6", 2n ** 128n)).toThrow(RangeError);
  expect(() => convertAddress("inet", 1.5)).toThrow(RangeError);
  expect(() => convertAddress("inet", "127.0.0.1", { as: "hex" as never })).toThrow(TypeError);
});

test("every IPv4 and IPv6 address survives text and integer", () => {
  const sizes = [
    ["inet", 4],
    ["inet6", 16],
  ] as const;
  for (const [family, size] of sizes) {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: size, maxLength: size }), (bytes) => {
        const text = convertAddress(family, bytes);
        expect(convertAddress(family, text)).toEqual(new Uint8Array(bytes));
        expect(convertAddress(family, convertAddress(family, text, { as: "integer" }))).toBe(text);
      }),
      { numRuns: 500 },
    );
  }
});

test("an address made from a Buffer is a copy of its own", () => {
  const source = Buffer.from(Sockaddr.inet("192.0.2.7", 80).bytes);
  const address = Sockaddr.from(source);
  source.fill(0xff);
  expect(address.port).toBe(80);
  expect(Buffer.isBuffer(address.bytes)).toBe(false);
});

test("a path keeps a byte order mark", () => {
  expect(Sockaddr.unix("\ufeffrun").path).toBe("\ufeffrun");
});

test("two different zones are refused, the same one twice is not", () => {
  expect(() => Sockaddr.inet6("fe80::1%1", 0, { scopeId: 2 })).toThrow(TypeError);
  expect(Sockaddr.inet6("fe80::1%1", 0, { scopeId: 1 }).scopeId).toBe(1);
});

test("a packet address without a hardware address survives JSON", () => {
  const address = Sockaddr.packet({ ifindex: 1 });
  expect(address.equals(JSON.parse(JSON.stringify(address)))).toBe(true);
});

test("packet addresses are equal whatever padding follows the hardware address", () => {
  const whole = Sockaddr.packet({ ifindex: 1, address: "02:fc:00:00:00:01" });
  const cut = Sockaddr.from(whole.bytes.subarray(0, 18));
  expect(cut.equals(whole) && whole.equals(cut)).toBe(true);
  expect(cut.equals(Sockaddr.packet({ ifindex: 1, address: "02:fc:00:00:00:02" }))).toBe(false);
  expect(cut.equals(Sockaddr.packet({ ifindex: 1 }))).toBe(false);
});

test("what is no object of fields, or of another family, is a TypeError", () => {
  for (const fields of [null, undefined, 5, "lo"]) {
    expect(() => Sockaddr.packet(fields as never)).toThrow(TypeError);
    expect(() => Sockaddr.vsock(fields as never)).toThrow(TypeError);
  }
  expect(() => Sockaddr.netlink(5 as never)).toThrow(TypeError);
  const foreign = { family: "inet", address: "127.0.0.1" };
  expect(() => Sockaddr.packet(foreign as never)).toThrow(TypeError);
});

test("options of a conversion that would be ignored are TypeErrors", () => {
  for (const options of [{ bogus: 1 }, 5, null]) {
    expect(() => convertAddress("inet", "127.0.0.1", options as never)).toThrow(TypeError);
  }
  const integer = { as: "integer" } as const;
  expect(() => convertAddress("inet", new Uint8Array(4) as never, integer)).toThrow(TypeError);
});

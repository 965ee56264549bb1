import { expect, test } from "bun:test";
import { close, configdev, ifaddrs, socket } from "../../src/index.ts";
import { run, VethPair } from "../support/namespace.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";

function inside(pair: VethPair, body: (fd: number) => void): void {
  pair.a.enter(() => {
    const fd = socket("inet", "dgram");
    body(fd);
    close(fd);
  });
}

function flags(): string[] {
  return ifaddrs().find(({ name }) => name === "veth0")?.flags ?? [];
}

testWith(namespaces)("the address is really set, as ip(8) and the peer see", () => {
  using pair = new VethPair();
  inside(pair, (fd) => configdev(fd, "veth0", "10.77.0.9"));
  expect(pair.a.ip("-4", "-o", "addr", "show", "dev", "veth0")).toContain("10.77.0.9/");
  pair.b.ip("route", "add", "10.77.0.9", "dev", "veth0", "metric", "1");
  expect(pair.b.ping("10.77.0.9")).toBe(1);
});

testWith(namespaces)("a netmask is set with the address", () => {
  using pair = new VethPair();
  inside(pair, (fd) => {
    configdev(fd, "veth0", "10.1.2.3", { netmask: "255.255.252.0", promisc: true });
    expect(flags()).toContain("promisc");
    const own = ifaddrs().find(({ address }) => address?.address === "10.1.2.3");
    expect(own?.netmask?.address).toBe("255.255.252.0");
    expect(() => configdev(fd, "veth0", null, { netmask: "255.0.0.0" })).toThrow(TypeError);
    expect(() => configdev(fd, "veth0", "10.1.2.3", { netmask: "/8" })).toThrow(TypeError);
    expect(() => configdev(fd, "veth0", "10.1.2.3", { netmask: 8 as never })).toThrow(/netmask/);
    const refused = { code: "EINVAL", syscall: "ioctl SIOCSIFNETMASK", fd };
    expect(() => configdev(fd, "veth0", "10.1.2.3", { netmask: "255.0.255.0" })).toThrow(
      expect.objectContaining(refused),
    );
  });
});

testWith(namespaces)("flags are set, cleared and left alone", () => {
  using pair = new VethPair();
  inside(pair, (fd) => {
    expect(flags()).toContain("up");
    configdev(fd, "veth0", null, { promisc: true, noarp: true });
    expect(flags()).toEqual(expect.arrayContaining(["up", "promisc", "noarp"]));
    configdev(fd, "veth0", null, { promisc: false });
    expect(flags()).not.toContain("promisc");
    expect(flags()).toContain("noarp");
    configdev(fd, "veth0", null, { up: false, noarp: false });
    expect(flags()).not.toContain("up");
    expect(flags()).not.toContain("noarp");
    configdev(fd, "veth0", "10.1.2.3", { up: true });
    expect(flags()).toContain("up");
    configdev(fd, "veth0", null);
    configdev(fd, "veth0", null, { up: undefined as never });
    expect(flags()).toContain("up");
  });
  expect(pair.a.ip("-4", "-o", "addr", "show", "dev", "veth0")).toContain("10.1.2.3/8");
});

testWith(namespaces)("an interface that is not there is the kernel's ENODEV", () => {
  using pair = new VethPair();
  inside(pair, (fd) => {
    const refused = { code: "ENODEV", syscall: "ioctl SIOCSIFADDR", fd };
    expect(() => configdev(fd, "no-such", "10.0.0.1")).toThrow(expect.objectContaining(refused));
    expect(() => configdev(fd, "no-such", null, { up: true })).toThrow(
      /^ioctl SIOCGIFFLAGS ENODEV no-such: No such device$/,
    );
  });
});

testWith(namespaces)("an address through a socket of another family is refused", () => {
  using pair = new VethPair();
  const before = pair.a.ip("-6", "-o", "addr", "show", "dev", "lo");
  pair.a.enter(() => {
    for (const [family, code] of [
      // To an IPv6 socket the same request names an interface by what is our address.
      ["inet6", "EAFNOSUPPORT"],
      ["unix", "ENOTTY"],
    ] as const) {
      const fd = socket(family, "dgram");
      expect(() => configdev(fd, "veth0", "1.0.0.0")).toThrow(
        expect.objectContaining({ code, message: expect.stringContaining("needs an IPv4 socket") }),
      );
      configdev(fd, "veth0", null, { promisc: true });
      expect(flags()).toContain("promisc");
      configdev(fd, "veth0", null, { promisc: false });
      close(fd);
    }
  });
  expect(pair.a.ip("-6", "-o", "addr", "show", "dev", "lo")).toBe(before);
});

testWith(namespaces, program("setpriv", "util-linux"))(
  "without the privilege EPERM names it",
  () => {
    using pair = new VethPair();
    const script = `
    const { configdev, socket } = await import(${JSON.stringify(`${import.meta.dir}/../../src/index.ts`)});
    try {
      configdev(socket("inet", "dgram"), "veth0", "10.0.0.1");
    } catch ({ code, message }) {
      console.log(code, message);
    }`;
    const unprivileged = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"];
    const output = run(...pair.a.command(...unprivileged, process.execPath, "-e", script));
    expect(output).toMatch(/^EPERM ioctl SIOCSIFADDR EPERM veth0: .*CAP_NET_ADMIN.*sudo/);
  },
);

test("wrong arguments throw before any call", () => {
  expect(() => configdev(99, "", null)).toThrow(RangeError);
  expect(() => configdev(99, "sixteen-letters!", null)).toThrow(RangeError);
  expect(() => configdev(99, "a\0b", null)).toThrow(TypeError);
  expect(() => configdev(99, 1 as never, null)).toThrow(TypeError);
  expect(() => configdev(99, "lo", "::1")).toThrow(TypeError);
  expect(() => configdev(99, "lo", "1.2.3")).toThrow(TypeError);
  expect(() => configdev(99, "lo", undefined as never)).toThrow(TypeError);
  expect(() => configdev(99, "lo", null, { up: 1 as never })).toThrow(TypeError);
  expect(() => configdev(99, "lo", null, { down: true } as never)).toThrow(/accepted: .*promisc/);
  expect(() => configdev(-2, "lo", null)).toThrow(RangeError);
  expect(() => configdev({ fd: -1 }, "lo", null, { up: true })).toThrow(
    expect.objectContaining({ code: "EBADF" }),
  );
});

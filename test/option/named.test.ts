// Options by name: shapes, refusals and what is checked beforehand.

import { describe, expect, test } from "bun:test";
import { readlinkSync } from "node:fs";
import {
  bind,
  close,
  connect,
  ERRNO,
  getsockname,
  SocketError,
  send,
  setSocketOption,
  setSocketOptions,
  socket,
  socketOption,
  socketOptions,
  socketpair,
} from "../../src/index.ts";
import { withConnection } from "../support/connection.ts";
import { socketError } from "../support/descriptors.ts";
import { capability, ipv6, kernel, nobody, testWith } from "../support/requirements.ts";
import { withSocket } from "../support/sockets.ts";

const set = setSocketOption as (fd: unknown, name: unknown, value?: unknown) => void;
const get = socketOption as (fd: unknown, name: unknown) => unknown;
const setAll = setSocketOptions as (fd: unknown, values?: unknown) => void;
const getAll = socketOptions as (fd: unknown, options?: unknown) => Record<string, unknown>;

describe("shapes", () => {
  test("a flag is a boolean, a count a number, a type and a family keywords", () => {
    withSocket("tcp6", (fd) => {
      expect(get(fd, "SO_REUSEADDR")).toBe(false);
      expect(get(fd, "SO_RCVBUF")).toBeNumber();
      expect(get(fd, "SO_TYPE")).toBe("stream");
      expect(get(fd, "SO_DOMAIN")).toBe("inet6");
      expect(get(fd, "SO_PROTOCOL")).toBe(6);
      expect(get(fd, "SO_ERROR")).toBe(0);
    });
  });

  test("SO_LINGER is seconds or null", () => {
    withSocket("tcp", (fd) => {
      expect(get(fd, "SO_LINGER")).toBeNull();
      for (const value of [0, 7, null]) {
        set(fd, "SO_LINGER", value);
        expect(get(fd, "SO_LINGER")).toBe(value);
      }
    });
  });

  test("a timeout is milliseconds; a small one is rounded up and never becomes none", () => {
    withSocket("udp", (fd) => {
      for (const [value, least, most] of [
        [1500, 1500, 1510],
        [0.0001, 0.001, 10],
        [1.1, 1.1, 12],
        [0, 0, 0],
        [86_400_000, 86_400_000, 86_400_010],
      ] as const) {
        set(fd, "SO_RCVTIMEO", value);
        expect(get(fd, "SO_RCVTIMEO")).toBeWithin(least, most + 0.001);
      }
    });
  });

  test("SO_PEERCRED names the other process", () => {
    const [a, b] = socketpair("unix", "stream");
    const { pid } = process;
    expect(get(a, "SO_PEERCRED")).toEqual({
      pid,
      uid: process.getuid?.() as number,
      gid: process.getgid?.() as number,
    });
    expect(get(a, "SO_PEERGROUPS")).toBeArray();
    close(a);
    close(b);
  });

  testWith(kernel("6.5"))("SO_PEERPIDFD is a descriptor of its own", () => {
    const [a, b] = socketpair("unix", "stream");
    const fd = get(a, "SO_PEERPIDFD") as number;
    expect(readlinkSync(`/proc/self/fd/${fd}`)).toMatch(/pidfd/);
    for (const each of [a, b, fd]) close(each);
  });

  test("SO_COOKIE is a bigint and stays the same", () => {
    withSocket("udp", (fd) => {
      expect(get(fd, "SO_COOKIE")).toBeTypeOf("bigint");
      expect(get(fd, "SO_COOKIE")).toBe(get(fd, "SO_COOKIE"));
    });
  });

  test("SO_ERROR is read once, and socketOptions leaves it alone", () => {
    const receiver = socket("inet", "dgram");
    bind(receiver, { family: "inet", address: "127.0.0.1" });
    const address = getsockname(receiver);
    close(receiver);
    withSocket("udp", (fd) => {
      connect(fd, address);
      send(fd, new Uint8Array(1));
      getAll(fd, { level: "all" });
      expect(get(fd, "SO_ERROR")).toBe(ERRNO.ECONNREFUSED as number);
      expect(get(fd, "SO_ERROR")).toBe(0);
    });
  });

  test("TCP_INFO has named fields", () => {
    withConnection((client, server) => {
      send(client, new Uint8Array(1000));
      const sent = socketOption(client, "TCP_INFO");
      const info = socketOption(server, "TCP_INFO");
      expect(sent).toMatchObject({ state: "established", caState: "open", bytesSent: 1000 });
      expect(sent.options).toContain("sack");
      expect(sent.sndWscale).toBe(info.rcvWscale);
      expect(sent.rtt).toBeGreaterThan(0);
      expect(info.bytesReceived).toBe(1000);
      expect(info.dataSegsIn).toBe(1);
      expect(sent.maxPacingRate).toBe(Number.POSITIVE_INFINITY);
      expect(socketOption(client, "TCP_CONGESTION")).toBeTruthy();
    });
  });

  test("SO_MEMINFO counts what waits to be read", () => {
    withConnection((client, server) => {
      send(client, new Uint8Array(1000));
      expect(socketOption(server, "SO_MEMINFO").rmemAlloc).toBeGreaterThanOrEqual(1000);
      expect(socketOption(server, "SO_MEMINFO").rcvbuf).toBe(socketOption(server, "SO_RCVBUF"));
    });
  });

  test("SO_MAX_PACING_RATE is Infinity where there is no limit", () => {
    withSocket("udp", (fd) => {
      expect(get(fd, "SO_MAX_PACING_RATE")).toBe(Number.POSITIVE_INFINITY);
      set(fd, "SO_MAX_PACING_RATE", 1e6);
      set(fd, "SO_MAX_PACING_RATE", Number.POSITIVE_INFINITY);
      expect(get(fd, "SO_MAX_PACING_RATE")).toBe(Number.POSITIVE_INFINITY);
    });
  });

  test("-1 restores a hop limit", () => {
    withSocket("udp6", (fd) => {
      const before = get(fd, "IPV6_UNICAST_HOPS");
      set(fd, "IPV6_UNICAST_HOPS", 3);
      set(fd, "IPV6_UNICAST_HOPS", -1);
      expect(get(fd, "IPV6_UNICAST_HOPS")).toBe(before as number);
    });
    withSocket("udp", (fd) => {
      const before = get(fd, "IP_TTL");
      set(fd, "IP_TTL", 3);
      set(fd, "IP_TTL", -1);
      expect(get(fd, "IP_TTL")).toBe(before as number);
    });
  });

  test("SO_TIMESTAMPING takes a number too", () => {
    withSocket("udp", (fd) => {
      set(fd, "SO_TIMESTAMPING", 0x18);
      expect(get(fd, "SO_TIMESTAMPING")).toEqual(["rx-software", "software"]);
    });
  });

  testWith(ipv6)("IPV6_MTU and IPV6_PATHMTU tell the connection's", () => {
    withSocket("udp6", (fd) => {
      expect(() => get(fd, "IPV6_MTU")).toThrow(SocketError);
      connect(fd, { family: "inet6", address: "::1", port: 9 });
      expect(get(fd, "IPV6_MTU")).toBe(65_536);
      expect(get(fd, "IPV6_PATHMTU")).toBe(65_536);
    });
  });

  test("IPV6_ADDRFORM makes an IPv4-mapped socket an IPv4 one", () => {
    withSocket("udp6", (fd) => {
      // On Windows it reaches no IPv4 address otherwise.
      set(fd, "IPV6_V6ONLY", false);
      connect(fd, { family: "inet6", address: "::ffff:127.0.0.1", port: 9 });
      expect(get(fd, "IPV6_ADDRFORM")).toBe("inet6");
      set(fd, "IPV6_ADDRFORM", "inet");
      expect(get(fd, "SO_DOMAIN")).toBe("inet");
    });
  });

  testWith(capability("net_admin"))("TCP_REPAIR opens its further options", () => {
    withConnection((client) => {
      set(client, "TCP_REPAIR", 1);
      expect(get(client, "TCP_REPAIR_WINDOW")).toHaveLength(20);
      set(client, "TCP_REPAIR_WINDOW", get(client, "TCP_REPAIR_WINDOW"));
      set(client, "TCP_REPAIR_QUEUE", 2);
      expect(get(client, "TCP_REPAIR_QUEUE")).toBe(2);
      expect(get(client, "TCP_QUEUE_SEQ")).toBeWithin(0, 2 ** 32);
      // struct tcp_repair_opt: TCPOPT_MSS and its value.
      set(client, "TCP_REPAIR_OPTIONS", new Uint8Array(new Uint32Array([2, 1000]).buffer));
      set(client, "TCP_REPAIR", 0);
    });
  });

  test("TCP_MD5SIG takes an address and a key", () => {
    withSocket("tcp", (fd) => {
      const address = { family: "inet", address: "127.0.0.1" };
      expect(() => set(fd, "TCP_MD5SIG", { address, key: "x".repeat(81) })).toThrow(RangeError);
      expect(() => set(fd, "TCP_MD5SIG", { address })).toThrow(TypeError);
      try {
        set(fd, "TCP_MD5SIG", { address, key: "secret" });
      } catch (error) {
        // Kernels built without TCP-MD5.
        expect(error).toMatchObject({ code: expect.stringMatching(/ENOPROTOOPT|EPERM/) });
      }
    });
  });
});

describe("refusals", () => {
  test("a kernel's refusal names the option", () => {
    withSocket("unix", (fd) => {
      expect(() => get(fd, "TCP_NODELAY")).toThrow(
        /^getsockopt EOPNOTSUPP TCP_NODELAY: (Operation not|Not) supported$/, // glibc, musl
      );
      expect(() => set(fd, "IP_TTL", 3)).toThrow(
        expect.objectContaining({
          name: "SocketError",
          code: "EOPNOTSUPP",
          syscall: "setsockopt",
          fd,
        }),
      );
    });
    withSocket("udp", (fd) => {
      expect(() => get(fd, "SO_PEERSEC")).toThrow(/^getsockopt ENOPROTOOPT SO_PEERSEC: /);
    });
  });

  test("a closed Socket is EBADF, and so is a closed descriptor", () => {
    for (const call of [
      () => get({ fd: -1 }, "SO_TYPE"),
      () => set({ fd: -1 }, "SO_BROADCAST", false),
      () => getAll({ fd: -1 }),
      () => setAll({ fd: -1 }, { SO_BROADCAST: false }),
      () => get(999_999, "SO_TYPE"),
      () => set(999_999, "SO_BROADCAST", false),
      () => getAll(999_999),
      () => setAll(999_999, { SO_BROADCAST: false }),
    ]) {
      expect(call).toThrow(expect.objectContaining({ name: "SocketError", code: "EBADF" }));
    }
    // On Windows a file has no such number.
    const { code } = socketError(() => getAll(0, { level: "tcp" }));
    expect(code).toBe(process.platform === "win32" ? "EBADF" : "ENOTSOCK");
  });

  test("EPERM of a locked filter says so", () => {
    withSocket("udp", (fd) => {
      set(fd, "SO_LOCK_FILTER", true);
      expect(() => set(fd, "SO_LOCK_FILTER", false)).toThrow(
        "setsockopt EPERM SO_LOCK_FILTER: Operation not permitted (the filter is locked",
      );
    });
  });

  testWith(nobody)("EPERM of a privilege says which", () => {
    const script = `
      import { setSocketOption, socket } from "${import.meta.dir}/../../src/index.ts";
      process.setgid?.(65534); process.setuid?.(65534);
      const fd = socket("inet", "dgram");
      for (const [name, value] of [["SO_MARK", 1], ["IP_TRANSPARENT", true], ["SO_PRIORITY", 7]]) {
        try { setSocketOption(fd, name, value); console.log("set"); } catch (e) { console.log(e.message); }
      }`;
    const { stdout, stderr } = Bun.spawnSync([process.execPath, "-e", script]);
    expect(String(stderr)).toBe("");
    const lines = String(stdout).trim().split("\n");
    expect(lines).toHaveLength(3);
    for (const [index, name] of ["SO_MARK", "IP_TRANSPARENT", "SO_PRIORITY"].entries()) {
      expect(lines[index]).toStartWith(`setsockopt EPERM ${name}: Operation not permitted (`);
      expect(lines[index]).toContain("CAP_NET_ADMIN");
      expect(lines[index]).toContain("setcap");
    }
  });
});

describe("several options at once", () => {
  test("an invalid one keeps every other from being set", () => {
    withSocket("udp", (fd) => {
      for (const bad of [{ SO_TYPE: "raw" }, { IP_TTL: 1000 }, { SO_NONSENSE: 1 }]) {
        expect(() => setAll(fd, { SO_BROADCAST: true, ...bad })).toThrow();
        expect(get(fd, "SO_BROADCAST")).toBe(false);
      }
    });
  });

  test("the kernel's refusal names the one, and those before it stay set", () => {
    withSocket("udp", (fd) => {
      expect(() => setAll(fd, { SO_BROADCAST: true, TCP_CORK: true, SO_KEEPALIVE: true })).toThrow(
        /^setsockopt ENOPROTOOPT TCP_CORK/,
      );
      expect(get(fd, "SO_BROADCAST")).toBe(true);
      expect(get(fd, "SO_KEEPALIVE")).toBe(false);
    });
  });

  test("the level is the socket's own unless told, by keyword or number", () => {
    withSocket("tcp", (fd) => {
      expect(Object.keys(getAll(fd)).every((name) => name.startsWith("SO_"))).toBe(true);
      expect(getAll(fd, {})).toHaveProperty("SO_REUSEADDR");
      expect(Object.keys(getAll(fd, { level: "tcp" })).every((name) => /^TCP_/.test(name))).toBe(
        true,
      );
      expect(getAll(fd, { level: 6 })).toHaveProperty("TCP_NODELAY", false);
      expect(getAll(fd, { level: "ip" })).toHaveProperty("IP_TTL");
      expect(getAll(fd, { level: "udp" })).toEqual({});
      expect(getAll(fd, { level: "all" })).toMatchObject({ SO_TYPE: "stream", TCP_NODELAY: false });
    });
  });

  test("a Socket-like object is a descriptor", () => {
    withSocket("tcp", (fd) => {
      set({ fd }, "TCP_NODELAY", true);
      expect(get({ fd }, "TCP_NODELAY")).toBe(true);
    });
  });
});

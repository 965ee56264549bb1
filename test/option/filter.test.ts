// What a socket lets in: BPF programs and ICMP types.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import {
  bind,
  close,
  connect,
  getsockname,
  getsockopt,
  recv,
  SO,
  Sockaddr,
  SocketError,
  send,
  sendto,
  setSocketOption,
  socket,
  socketOption,
} from "../../src/index.ts";
import { Namespace } from "../support/namespace.ts";
import { capability, namespaces, testWith } from "../support/requirements.ts";
import { withSocket } from "../support/sockets.ts";

/** A UDP socket that sends to itself and waits a tenth of a second. */
function withEcho(body: (fd: number, arrives: (size: number) => boolean) => void): void {
  withSocket("udp", (fd) => {
    bind(fd, { family: "inet", address: "127.0.0.1" });
    connect(fd, getsockname(fd));
    setSocketOption(fd, "SO_RCVTIMEO", 100);
    body(fd, (size) => {
      send(fd, new Uint8Array(size));
      try {
        return recv(fd, new Uint8Array(64)) === size;
      } catch (error) {
        expect(error).toMatchObject({ code: "EAGAIN" });
        return false;
      }
    });
  });
}

// linux/filter.h: BPF_LD+BPF_W+BPF_LEN, BPF_JMP+BPF_JGT+BPF_K, BPF_RET+BPF_K. 8: the UDP header.
const longerThan = (size: number) => [
  { code: 0x80, jt: 0, jf: 0, k: 0 },
  { code: 0x25, jt: 0, jf: 1, k: 8 + size },
  { code: 0x06, jt: 0, jf: 0, k: 0xffff_ffff },
  { code: 0x06, jt: 0, jf: 0, k: 0 },
];

describe("a BPF program", () => {
  test("drops what it does not accept, reads as it was attached, and is detached again", () => {
    withEcho((fd, arrives) => {
      expect(socketOption(fd, "SO_GET_FILTER")).toEqual([]);
      setSocketOption(fd, "SO_ATTACH_FILTER", longerThan(10));
      expect(socketOption(fd, "SO_GET_FILTER")).toEqual(longerThan(10));
      expect([arrives(10), arrives(11)]).toEqual([false, true]);
      setSocketOption(fd, "SO_DETACH_FILTER", true);
      expect(socketOption(fd, "SO_GET_FILTER")).toEqual([]);
      expect(arrives(10)).toBe(true);
    });
  });

  test("may be given as bytes, and have the kernel's full 4,096 instructions", () => {
    withSocket("udp", (fd) => {
      const long = new Uint8Array(4096 * 8);
      for (let index = 0; index < 4096; index++) long[index * 8] = 0x06;
      // Linux 6.7 raised it from 20 KiB.
      if (Number(readFileSync("/proc/sys/net/core/optmem_max", "utf8")) < long.length) {
        const attach = () => setSocketOption(fd, "SO_ATTACH_FILTER", long);
        expect(attach).toThrow("ENOMEM SO_ATTACH_FILTER");
        expect(attach).toThrow("net.core.optmem_max");
        return;
      }
      setSocketOption(fd, "SO_ATTACH_FILTER", long);
      const read = socketOption(fd, "SO_GET_FILTER");
      expect(read).toHaveLength(4096);
      expect(read[4095]).toEqual({ code: 6, jt: 0, jf: 0, k: 0 });
      // The kernel counts instructions here, and would write past the end of a short buffer.
      expect(() => getsockopt(fd, "socket", SO.GET_FILTER ?? 0, 4096)).toThrow(
        new RangeError("length must be 32768 for this option, not 4096"),
      );
      expect(getsockopt(fd, "socket", SO.GET_FILTER ?? 0, 2 ** 16)).toEqual(long);
      expect(() => setSocketOption(fd, "SO_ATTACH_FILTER", new Uint8Array(4097 * 8))).toThrow(
        RangeError,
      );
    });
  });

  test("that the kernel rejects is a SocketError", () => {
    withSocket("udp", (fd) => {
      const endless = [{ code: 0x80, jt: 0, jf: 0, k: 0 }];
      expect(() => setSocketOption(fd, "SO_ATTACH_FILTER", endless)).toThrow(
        expect.objectContaining({ name: "SocketError", code: "EINVAL" }),
      );
      expect(() => setSocketOption(fd, "SO_ATTACH_BPF", fd)).toThrow(SocketError);
    });
  });

  test("survives any number of collections while it is attached", () => {
    withEcho((fd, arrives) => {
      for (let round = 0; round < 20; round++) {
        setSocketOption(fd, "SO_ATTACH_FILTER", longerThan(round));
        Bun.gc(true);
        expect(socketOption(fd, "SO_GET_FILTER")).toEqual(longerThan(round));
      }
      expect([arrives(19), arrives(20)]).toEqual([false, true]);
    });
  });

  test("once locked, stays", () => {
    withSocket("udp", (fd) => {
      setSocketOption(fd, "SO_ATTACH_FILTER", longerThan(1));
      setSocketOption(fd, "SO_LOCK_FILTER", true);
      for (const change of [
        () => setSocketOption(fd, "SO_DETACH_FILTER", true),
        () => setSocketOption(fd, "SO_ATTACH_FILTER", longerThan(2)),
      ]) {
        expect(change).toThrow(/EPERM SO_(DE|AT)TACH_FILTER: .*locked/);
      }
    });
  });

  test("chooses among sockets of one port", () => {
    withSocket("udp", (fd) => {
      setSocketOption(fd, "SO_REUSEPORT", true);
      setSocketOption(fd, "SO_ATTACH_REUSEPORT_CBPF", [{ code: 6, jt: 0, jf: 0, k: 0 }]);
      setSocketOption(fd, "SO_DETACH_REUSEPORT_BPF", true);
      expect(() => setSocketOption(fd, "SO_DETACH_REUSEPORT_BPF", true)).toThrow(/ENOENT/);
    });
  });
});

describe("ICMP types", () => {
  testWith(capability("net_raw"))("nothing is blocked at first; the shorter list is read", () => {
    withSocket("raw", (fd) => {
      expect(socketOption(fd, "ICMP_FILTER")).toEqual({ block: [] });
      setSocketOption(fd, "ICMP_FILTER", { block: [8, "timestamp"] });
      expect(socketOption(fd, "ICMP_FILTER")).toEqual({ block: ["echo", "timestamp"] });
      setSocketOption(fd, "ICMP_FILTER", { pass: [] });
      expect(socketOption(fd, "ICMP_FILTER")).toEqual({ pass: [] });
    });
    withSocket("raw6", (fd) => {
      expect(socketOption(fd, "ICMP6_FILTER")).toEqual({ block: [] });
      setSocketOption(fd, "ICMP6_FILTER", { block: ["echo-request", 255] });
      expect(socketOption(fd, "ICMP6_FILTER")).toEqual({ block: ["echo-request", 255] });
    });
  });

  testWith(namespaces)(
    "a pinger that passes echo replies only does not see its own request",
    () => {
      using namespace = new Namespace();
      for (const [family, protocol, address, option, reply, request] of [
        ["inet", "icmp", "127.0.0.1", "ICMP_FILTER", "echoreply", 8],
        ["inet6", "icmpv6", "::1", "ICMP6_FILTER", "echo-reply", 128],
      ] as const) {
        const fd = namespace.enter(() => socket(family, "raw", protocol));
        setSocketOption(fd, option, { pass: [reply] });
        setSocketOption(fd, "SO_RCVTIMEO", 500);
        const echo = new Uint8Array([request, 0, 0, 0, 0x12, 0x34, 0, 1]);
        // The kernel fills in ICMPv6's checksum.
        if (family === "inet")
          new DataView(echo.buffer).setUint16(2, 0xffff - (0x0800 + 0x1234 + 1));
        sendto(fd, echo, Sockaddr[family](address));
        const packet = new Uint8Array(64);
        const length = recv(fd, packet);
        expect(packet[length - 8]).toBe(reply === "echoreply" ? 0 : 129);
        expect(packet[length - 3]).toBe(0x34);
        close(fd);
      }
    },
  );
});

// getsockopt and setsockopt with any level, name and bytes.

import { expect, test } from "bun:test";
import {
  close,
  getsockopt,
  IPPROTO,
  SO,
  SOCK,
  SOL,
  SocketError,
  setsockopt,
  socket,
  TCP,
} from "../../src/index.ts";

/** Calls `body` with a fresh socket. */
function withSocket(family: string, type: string, body: (fd: number) => void): void {
  const fd = socket(family, type);
  try {
    body(fd);
  } finally {
    close(fd);
  }
}

const int = (value: number) => new Uint8Array(new Int32Array([value]).buffer);

test("getsockopt returns the option's bytes, exactly as many as the kernel stored", () => {
  withSocket("inet", "dgram", (fd) => {
    expect(getsockopt(fd, SOL.SOCKET, SO.TYPE)).toEqual(int(SOCK.DGRAM));
    expect(getsockopt(fd, SOL.SOCKET, SO.TYPE, 2)).toEqual(int(SOCK.DGRAM).subarray(0, 2));
    expect(getsockopt(fd, SOL.SOCKET, SO.TYPE, 0)).toEqual(new Uint8Array());
  });
});

test("setsockopt takes a number as a C int", () => {
  withSocket("inet", "stream", (fd) => {
    setsockopt(fd, IPPROTO.TCP, TCP.NODELAY, 1);
    expect(getsockopt(fd, IPPROTO.TCP, TCP.NODELAY)).toEqual(int(1));
    expect(getsockopt(fd, "tcp", TCP.NODELAY)).toEqual(int(1));
  });
});

test("setsockopt takes bytes of any view", () => {
  withSocket("inet", "dgram", (fd) => {
    for (const [index, size] of [5000, 6000, 7000].entries()) {
      const around = new Int32Array([-1, size, -1]);
      const bytes = [
        around.subarray(1, 2),
        new DataView(around.buffer, 4, 4),
        around.buffer.slice(4, 8),
      ][index] as Int32Array;
      setsockopt(fd, "socket", SO.RCVBUF, bytes);
      // socket(7): Linux doubles it.
      const kept = process.platform === "linux" ? size * 2 : size;
      expect(getsockopt(fd, "socket", SO.RCVBUF)).toEqual(int(kept));
    }
  });
});

test("bytes given to getsockopt in place of a length are its input and stay as they were", () => {
  withSocket("inet", "dgram", (fd) => {
    const input = new Uint8Array([9, 9, 9, 9]);
    expect(getsockopt(fd, "socket", SO.TYPE, input)).toEqual(int(SOCK.DGRAM));
    expect(input).toEqual(new Uint8Array([9, 9, 9, 9]));
  });
});

test.skipIf(SO.GET_FILTER === undefined)(
  "the attached filter, which the kernel counts in instructions, is read as bytes",
  () => {
    withSocket("inet", "dgram", (fd) => {
      expect(getsockopt(fd, "socket", SO.GET_FILTER ?? 0)).toEqual(new Uint8Array());
    });
  },
);

test("what the kernel refuses is a SocketError", () => {
  withSocket("inet", "dgram", (fd) => {
    for (const [call, syscall] of [
      [() => getsockopt(fd, SOL.SOCKET, 9999), "getsockopt"],
      [() => setsockopt(fd, SOL.SOCKET, 9999, 1), "setsockopt"],
    ] as const) {
      expect(call).toThrow(SocketError);
      expect(call).toThrow(expect.objectContaining({ code: "ENOPROTOOPT", syscall, fd }));
    }
  });
});

test("wrong arguments throw before any system call", () => {
  const call = (...words: unknown[]) => setsockopt(...(words as Parameters<typeof setsockopt>));
  const get = (...words: unknown[]) => getsockopt(...(words as Parameters<typeof getsockopt>));
  for (const level of [null, undefined, "sockets", {}, 1n, true]) {
    expect(() => get(0, level, 1)).toThrow(TypeError);
    expect(() => call(0, level, 1, 1)).toThrow(TypeError);
  }
  for (const name of [null, undefined, "SO_TYPE", 1n]) {
    expect(() => get(0, 1, name)).toThrow(TypeError);
    expect(() => call(0, 1, name, 1)).toThrow(TypeError);
  }
  for (const number of [1.5, Number.NaN, 2 ** 32, -(2 ** 31) - 1]) {
    expect(() => get(0, number, 1)).toThrow(RangeError);
    expect(() => get(0, 1, number)).toThrow(RangeError);
    expect(() => call(0, 1, 1, number)).toThrow(RangeError);
  }
  for (const length of [-1, 1.5, 2 ** 24 + 1])
    expect(() => get(0, 1, 1, length)).toThrow(RangeError);
  for (const value of [null, undefined, true, "1", [1], {}]) {
    expect(() => call(0, 1, 1, value)).toThrow(TypeError);
  }
  expect(() => get(-1, 1, 1)).toThrow(RangeError);
});

test("getsockopt leaves a Buffer with input as it is", () => {
  withSocket("inet", "stream", (fd) => {
    const input = Buffer.alloc(8, 7);
    const result = getsockopt(fd, SOL.SOCKET, SO.TYPE, input);
    expect(result).toEqual(int(SOCK.STREAM));
    expect(Buffer.isBuffer(result)).toBe(false);
    expect(input.every((byte) => byte === 7)).toBe(true);
  });
});

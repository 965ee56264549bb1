import { expect, test } from "bun:test";
import { htonl, htons, ntohl, ntohs } from "../../src/index.ts";

test("16 and 32 bits are swapped to network order and back", () => {
  expect(htons(0x1234)).toBe(0x3412);
  expect(ntohs(0x3412)).toBe(0x1234);
  expect(htonl(0x01020304)).toBe(0x04030201);
  expect(ntohl(0xff000000)).toBe(0x000000ff);
  expect(htonl(0xff)).toBe(0xff000000);
  for (const value of [0, 1, 0xff, 0xff00, 0xffff]) expect(ntohs(htons(value))).toBe(value);
  for (const value of [0, 1, 0x80000000, 0xffffffff]) expect(ntohl(htonl(value))).toBe(value);
});

test("a value that does not fit is a RangeError, one that is no number a TypeError", () => {
  for (const convert of [htons, ntohs, htonl, ntohl]) {
    for (const value of [-1, 2 ** 32, 1.5, Number.NaN]) {
      expect(() => convert(value)).toThrow(RangeError);
    }
    expect(() => convert("1" as never)).toThrow(TypeError);
    expect(() => convert(1n as never)).toThrow(TypeError);
  }
  expect(() => htons(0x10000)).toThrow(RangeError);
});

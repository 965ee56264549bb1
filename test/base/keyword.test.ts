// Words for constants: what they may be, and what an unknown one is answered with.

import { expect, test } from "bun:test";
import { Message, socket, socketOption } from "../../src/index.ts";

function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
}

test("an unknown word lists the accepted ones, the nearest first", () => {
  const family = messageOf(() => socket("inett", "dgram"));
  expect(family).toContain('unknown family "inett"; did you mean inet?');
  for (const name of ["unspec", "unix", "inet6"]) expect(family).toContain(name);
  expect(messageOf(() => socket("inet", "datagram"))).toContain("accepted: stream, dgram, raw");
});

test("where there are hundreds, an unknown word is answered with the nearest alone", () => {
  const option = messageOf(() => socketOption(0, "XSO_REUSEADDR" as never));
  expect(option).toContain("SO_REUSEADDR");
  expect(option.length).toBeLessThan(300);
  const near = messageOf(() => socketOption(0, "SO_REUSEADR" as never));
  expect(near).toContain("SO_REUSEADDR");
  expect(near.length).toBeLessThan(300);
  const far = messageOf(() => socketOption(0, "something else entirely" as never));
  expect(far.length).toBeLessThan(300);
});

test("what shares a prefix and means something else is no keyword", () => {
  const refused: [family: string, type: string, protocol?: string][] = [
    ["inet", "sndbuf-lock"],
    ["inet", "nonblock"],
    ["inet", "destroy"],
    ["inet", "diag-by-family"],
    ["max", "dgram"],
    ["netlink", "raw", "add-membership"],
    ["netlink", "raw", "ext-ack"],
    ["netlink", "raw", "unused"],
    ["packet", "raw", "802-3-min"],
  ];
  for (const words of refused) {
    expect(() => socket(...(words as [string, string, string]))).toThrow(TypeError);
  }
  expect(() => socket("inet", "dgram", "max")).toThrow(TypeError);
});

test("flags of messages are words, both ways", () => {
  const message = new Message({ flags: ["trunc", "ctrunc"] });
  expect(message.flags.toSorted()).toEqual(["ctrunc", "trunc"]);
  expect(() => new Message({ flags: ["truncated"] })).toThrow(/did you mean trunc|accepted/);
});

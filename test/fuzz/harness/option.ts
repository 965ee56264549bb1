// Socket options, control messages and addresses: whatever the kernel or a caller gives, and the
// library's account of itself, as library.ts reads it.

import fc from "fast-check";
import {
  type ControlMessage,
  close,
  decodeControl,
  encodeControl,
  getsockopt,
  type OptionName,
  Sockaddr,
  SocketError,
  setSocketOption,
  setSocketOptions,
  setsockopt,
  socket,
  socketOption,
} from "../../../src/index.ts";
import { compare, symbolsIn } from "../../../src/native/library.ts";
import { symbols } from "../../../src/native/symbols.ts";
import { optionNames, optionsOf } from "../../../src/option/table.ts";
import { Choices, check, documented, type Harness, same } from "../choices.ts";

const ERRORS = [TypeError, RangeError, SocketError];
const codecs = optionsOf("all");
const names = optionNames();
const anything = fc.oneof(
  fc.anything(),
  fc.integer({ min: -2, max: 300 }),
  fc.boolean(),
  fc.uint8Array({ maxLength: 64 }),
  fc.dictionary(
    fc.constantFrom("group", "interface", "source", "address", "code", "k", "low", "high"),
    fc.oneof(fc.integer(), fc.constantFrom("lo", "239.1.2.3", "ff15::1", "127.0.0.1", "::1")),
  ),
);

/** SOL_SOCKET's SO_ATTACH_FILTER and its like take pointers. */
const LEVELS = [0, 6, 17, 41, 255, 263, 270];

/** Every option by every value, on a socket of this process' own, which nothing is sent by. */
function options(choices: Choices): void {
  const family = choices.pick(["inet", "inet6"] as const);
  const fd = socket(family, choices.pick(["dgram", "stream"] as const));
  try {
    while (!choices.isEmpty) {
      const name = choices.pick(names);
      // Joining a group is told to the network.
      if (/MEMBERSHIP|JOIN|MSFILTER|MULTICAST_ALL/.test(name)) return;
      const value = choices.value(anything);
      const set = setSocketOption as (fd: number, name: unknown, value: unknown) => void;
      documented(ERRORS, () => set(fd, name, value));
      documented(ERRORS, () => setSocketOptions(fd, { [name]: value }));
      documented(ERRORS, () => socketOption(fd, name as OptionName));
    }
  } finally {
    close(fd);
  }
}

function plainOptions(choices: Choices): void {
  const fd = socket("inet6", "dgram");
  try {
    const level = choices.pick(LEVELS);
    const name = choices.byte();
    // MCAST_JOIN_GROUP and its like, and the same of IPv4 and IPv6.
    if ((name >= 35 && name <= 48) || (name >= 20 && name <= 29)) return;
    const bytes = choices.rest();
    documented(ERRORS, () => setsockopt(fd, level, name, bytes));
    documented(ERRORS, () => getsockopt(fd, level, name, bytes.length));
  } finally {
    close(fd);
  }
}

/** What the kernel brought is told, and sent again where it can be. */
function control(bytes: Uint8Array): void {
  const messages = decodeControl(bytes);
  check(messages.length <= bytes.length, () => "messages without an end");
  const again = documented(ERRORS, () => encodeControl(messages));
  if (again === undefined) return;
  const twice = decodeControl(again);
  const text = (list: readonly ControlMessage[]) => Bun.inspect(list, { depth: 9 });
  check(text(decodeControl(encodeControl(twice))) === text(twice), () => text(messages));
}

function address(choices: Choices): void {
  const family = choices.byte();
  const bytes = Uint8Array.of(family, 0, ...choices.rest());
  const made = documented(ERRORS, () => Sockaddr.from(bytes));
  if (made === undefined) return;
  check(same(made.bytes, bytes), () => "other bytes");
  documented(ERRORS, () => [String(made), JSON.stringify(made)]);
}

/** The manifest with some of its bytes changed: an error that says what to do, or no difference. */
function manifest(choices: Choices): void {
  const text = [...symbols];
  while (!choices.isEmpty) {
    const at = choices.integer(2) % text.length;
    text.splice(at, choices.byte() & 7, String.fromCharCode(choices.byte()));
  }
  try {
    compare(symbolsIn(symbols), symbolsIn(text.join("")));
  } catch (error) {
    const { message } = error as Error;
    check(message.includes("does not match this package"), () => message);
  }
}

export const harness: Harness = {
  largest: 512,
  run(input) {
    const choices = new Choices(input);
    switch (choices.byte() & 7) {
      case 0: {
        const bytes = choices.rest();
        for (const { codec } of codecs) codec.decode?.(bytes.slice());
        return;
      }
      case 1:
        return options(choices);
      case 2:
        return plainOptions(choices);
      case 3:
        return address(choices);
      case 4:
        return manifest(choices);
      default:
        return control(choices.rest());
    }
  },
};

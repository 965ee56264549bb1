// Another network namespace, as the target of a link: a process, a descriptor, a path or a name.

import { descriptor } from "../base/descriptor.ts";
import { failure, SocketError } from "../base/error.ts";
import { I32_MAX, integer, knownKeys, wrongType } from "../base/validate.ts";
import { namespacePath } from "../calls/namespace.ts";
import { native } from "../native/library.ts";
import { cString } from "../native/memory.ts";
import { closeOwned, own } from "../readiness/ownership.ts";
import { integerBytes } from "./codec.ts";
import { constant } from "./constants.ts";
import type { Writer } from "./writer.ts";

/**
 * A network namespace: its descriptor, its path, the name that ip-netns(8) has for it, or a process
 * that is in it.
 */
export type Place = string | number | { readonly pid: number } | { readonly fd: number };

const PID_KEYS: ReadonlySet<string> = new Set(["pid"]);

/** A namespace that a message names, open until the message was answered. */
export class OpenPlace implements Disposable {
  readonly #attribute: "NET_NS_PID" | "NET_NS_FD";
  readonly #value: number;
  readonly #isOurs: boolean;

  constructor(place: Place) {
    this.#isOurs = typeof place === "string";
    this.#attribute = "NET_NS_FD";
    if (typeof place === "string") this.#value = open(place);
    else if (typeof place === "object" && place !== null && "pid" in place) {
      knownKeys(place, PID_KEYS);
      this.#attribute = "NET_NS_PID";
      this.#value = integer(place.pid, "namespace.pid", 1, I32_MAX);
    } else if (typeof place === "number" || (typeof place === "object" && place !== null)) {
      this.#value = descriptor(place, "netlink");
    } else throw wrongType("namespace", "a path, a descriptor or { pid }", place);
  }

  write(writer: Writer): void {
    writer.attribute(constant("IFLA", this.#attribute), integerBytes(this.#value, 4));
  }

  [Symbol.dispose](): void {
    if (!this.#isOurs) return;
    closeOwned(this.#value);
  }
}

function open(place: string): number {
  const path = namespacePath(place);
  const fd = native.rawsock_open_namespace(cString(path));
  if (fd < 0) throw new SocketError(failure(fd, "open").errno, "open", { subject: path });
  own(fd);
  return fd;
}

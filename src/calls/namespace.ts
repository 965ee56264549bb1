// Another network namespace, in which the library makes something: zig/namespace.zig. setns(2).

import { descriptor } from "../base/descriptor.ts";
import { failure, SocketError } from "../base/error.ts";
import { text } from "../base/validate.ts";
import { allocate, cString } from "../native/memory.ts";

/** A network namespace: its descriptor, its path, or the name that ip-netns(8) has for it. */
export type NetworkNamespace = number | string;

/** What the library is told of a namespace, for the next call only. */
export function entryOf(namespace: NetworkNamespace): { fd: number; path: Uint8Array | null } {
  if (typeof namespace !== "string") return { fd: descriptor(namespace, "setns"), path: null };
  return { fd: -1, path: cString(namespacePath(namespace)) };
}

/** Where a namespace is, by its path or its name. */
export function namespacePath(namespace: string): string {
  const name = text(namespace, "namespace");
  if (name === "") throw new TypeError("namespace must not be empty");
  return name.includes("/") ? name : `/run/netns/${name}`;
}

/** Where the library stores what failed. */
export const stepBytes = allocate(4);
const step = new Int32Array(stepBytes.buffer);

/** As zig/namespace.zig numbers them. */
const STEPS = ["open", "setns", "socket", "pthread_create", "device", "attach"] as const;
export type Step = (typeof STEPS)[number];

/** What failed in the last call that was given `stepBytes`. */
export function failedStep(): Step {
  return STEPS[step[0] as number] ?? "setns";
}

const REMEDY = "entering a network namespace needs CAP_SYS_ADMIN: run with sudo";

/** The error of a namespace that could not be entered. */
export function notEntered(result: number, syscall: Step, namespace: NetworkNamespace) {
  const remedy = failure(result, syscall).code === "EPERM" ? REMEDY : undefined;
  return new SocketError(-result, syscall, { subject: String(namespace), remedy });
}

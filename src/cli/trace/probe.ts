// Probes: packets that are to come to their end on their way, and what says that they did.

import type { ControlMessage } from "../../control/control.ts";
import type { ErrorControl } from "../../control/error.ts";
import { type IcmpError, icmpMark, isTooBig, isUnreachable } from "../shared/icmp.ts";

export type Family = "inet" | "inet6";

export type Answer = {
  /** Which probe it is about, as it was numbered when it was sent. */
  readonly probe: number;
  readonly address: string;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  /** A router on the way, the destination, or one that says that there is no way. */
  readonly kind: "expired" | "reached" | "unreachable" | "too big";
  /** What traceroute(8) puts behind the time: "!H". */
  readonly mark: string;
  /** Of `too big`: the most that fits. */
  readonly mtu: number | null;
};

/** A way to send probes. */
export type Prober = {
  /** The descriptors to wait for, and what for. */
  readonly fds: readonly number[];
  readonly event: "in" | "out";
  /** Sends a probe, and says when. SocketError EMSGSIZE: it is too big for the first link. */
  send(probe: number, hops: number, size: number): bigint;
  /** What has come in. */
  answers(): Answer[];
  /** What fits into the first link, after send() has thrown EMSGSIZE; null: it is not told. */
  localMtu?(): number | null;
  /** Nobody waits for this one any more. */
  forget(probe: number): void;
  close(): void;
};

/** An answer out of an ICMP error; null where it is none. */
export function answerOf(
  family: Family,
  probe: number,
  error: ErrorControl,
  control: readonly ControlMessage[],
  now: bigint,
): Answer | null {
  const { origin, type, icmpCode: code, info, offender } = error;
  const stamp = control.find((message) => message.kind === "timestamp");
  const time = stamp?.time ?? now;
  if (origin !== "icmp" && origin !== "icmp6") return null;
  return answer(family, probe, offender?.address ?? "", time, { type, code, info });
}

const PORT_UNREACHABLE = { inet: 3, inet6: 4 } as const;

export function answer(
  family: Family,
  probe: number,
  address: string,
  time: bigint,
  { type, code, info }: Omit<IcmpError, "family">,
): Answer {
  const error = { family, type, code, info };
  const mark = icmpMark(error);
  if (isTooBig(error)) return { probe, address, time, kind: "too big", mark, mtu: info };
  const refused = isUnreachable(error);
  const reached = refused && code === PORT_UNREACHABLE[family];
  const kind = reached ? "reached" : refused ? "unreachable" : "expired";
  return { probe, address, time, kind, mark: reached ? "" : mark, mtu: null };
}

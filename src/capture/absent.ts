// The error of an interface that is not there: it names those that are.

import { namedError, type SocketError } from "../base/error.ts";
import { ifNameIndex } from "../interface/list.ts";
import { ANY } from "./settings.ts";

/** `here`: whether the interfaces of this thread's network namespace are those that were meant. */
export function absent(name: string | number, syscall: string, here: boolean): SocketError {
  const names = here ? ifNameIndex().map(({ name }) => name) : [];
  const remedy = names.length === 0 ? undefined : `there are ${[...names, ANY].join(", ")}`;
  return namedError("ENODEV", syscall, { subject: String(name), remedy });
}

// A program as one fast function.

import { type CompileOptions, compile } from "./compiler/index.ts";
import type { Program } from "./instruction.ts";
import { type PacketFilter, realise } from "./realise.ts";
import { validate } from "./validate.ts";

/**
 * Makes one JavaScript function of a program, or of an expression of pcap-filter(7), which is
 * compiled for `options.link` first. The function takes a packet and returns how many bytes of it
 * to keep, as `run` does, only faster; its second argument is the packet's length on the wire,
 * where the bytes are only its beginning, and its third what else is known of it.
 *
 * Where the runtime forbids making code from text (a content security policy, `node
 * --disallow-code-generation-from-strings`), the function is the machine that `run` is.
 *
 * Throws a BpfError for an expression that means nothing, and for a program that the kernel would
 * refuse.
 */
export function filter(program: Program | string, options: CompileOptions = {}): PacketFilter {
  const compiled = typeof program === "string" ? compile(program, options) : program;
  validate(compiled);
  return realise(compiled);
}

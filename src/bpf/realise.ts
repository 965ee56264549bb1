// Makes the function that translate.ts wrote, or one that asks the machine where that is forbidden.

import type { Program } from "./instruction.ts";
import { execute } from "./machine.ts";
import {
  type Bytes,
  bytesOf,
  checkMetadata,
  extension,
  load,
  NOTHING_KNOWN,
  type PacketMetadata,
} from "./metadata.ts";
import { HELPERS, translate } from "./translate.ts";

/** How many bytes of a packet to keep; 0 drops it. */
export type PacketFilter = (packet: Bytes, length?: number, metadata?: PacketMetadata) => number;

type Make = (...helpers: readonly unknown[]) => PacketFilter;

/** The function of a program that validate() accepts. */
export function realise(program: Program): PacketFilter {
  const make = evaluate(translate(program));
  if (make === undefined) return interpreted(program);
  return make(bytesOf, load, extension, lengthOf, known);
}

function evaluate(text: string): Make | undefined {
  try {
    return new Function(...HELPERS, text) as Make;
  } catch {
    // Forbidden. Most runtimes say so by an EvalError, some by others; the machine does for all.
    return undefined;
  }
}

function interpreted(program: Program): PacketFilter {
  // The program may change; what was asked for is what it is now.
  const copy = program.map((instruction) => ({ ...instruction }));
  return (packet, length, metadata) => {
    const bytes = bytesOf(packet);
    const checked = known(metadata);
    const total = lengthOf(length, checked, bytes.length);
    return execute(copy, bytes, { ...checked, length: total });
  };
}

function known(metadata: PacketMetadata | undefined): PacketMetadata {
  if (metadata === undefined) return NOTHING_KNOWN;
  checkMetadata(metadata);
  return metadata;
}

/** The packet's length on the wire: as told, else that of its bytes. */
function lengthOf(length: number | undefined, metadata: PacketMetadata, size: number): number {
  if (length === undefined) return metadata.length ?? size;
  checkMetadata({ length });
  return length;
}

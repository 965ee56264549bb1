// Headers one behind the other in one array: the sizes first, then every header from the outermost
// in, then the checksums from the innermost out, as each covers what is above it.

import { wrongType } from "./field.ts";
import { type AnyLayer, type Protocol, Room } from "./protocol.ts";
import { protocolOf } from "./registry.ts";

/** One header of a frame that is being built. */
type Part = { readonly layer: AnyLayer; readonly protocol: Protocol; start: number };

/** A frame that is being built, the outermost header first. */
export class Frame {
  readonly #parts: Part[] = [];
  #size = 0;

  /** TypeError for a field that the layer's kind has not. */
  add(layer: AnyLayer, protocol: Protocol): void {
    if (protocol.fields !== undefined) checkFields(layer, protocol.fields);
    this.#parts.push({ layer, protocol, start: this.#size });
    this.#size += protocol.size(layer);
  }

  /** The headers around `payload`, filled up with zeros to `least` bytes. */
  assemble(payload: Uint8Array, least = 0): Uint8Array {
    const parts = this.#parts;
    const end = this.#size + payload.length;
    const room = new Room(new Uint8Array(Math.max(end, least)), end);
    if (payload.length > 0) room.bytes.set(payload, this.#size);
    for (let index = 0; index < parts.length; index++) {
      const { layer, protocol } = this.#enter(room, index);
      protocol.write(layer, room);
    }
    for (let index = parts.length - 1; index >= 0; index--) {
      if (parts[index]?.protocol.seal === undefined) continue;
      const { layer, protocol } = this.#enter(room, index);
      room.network = networkBelow(parts, index);
      protocol.seal?.(layer, room);
    }
    return room.bytes;
  }

  #enter(room: Room, index: number): Part {
    const parts = this.#parts;
    const part = parts[index] as Part;
    const above = parts[index + 1];
    room.start = part.start;
    room.payload = above === undefined ? this.#size : above.start;
    room.above = above?.layer;
    room.below = parts[index - 1]?.layer;
    return part;
  }
}

/** Nothing is ignored: what is misspelt would be computed, or 0. */
function checkFields(layer: AnyLayer, fields: Readonly<Record<string, true>>): void {
  for (const name in layer) {
    if (fields[name] === true || name === "kind") continue;
    const accepted = Object.keys(fields).join(", ");
    throw new TypeError(`${layer.kind} has no field "${name}"; it has ${accepted}`);
  }
}

/** Where the nearest IP header below begins, or -1. */
function networkBelow(parts: readonly Part[], index: number): number {
  for (let below = index - 1; below >= 0; below--) {
    const { layer, start } = parts[below] as Part;
    if (layer.kind === "ipv4" || layer.kind === "ipv6") return start;
  }
  return -1;
}

/** The protocol of a layer's kind; `name` is the argument's, for the TypeError. */
export function knownProtocol(layer: AnyLayer, name: string, index?: number): Protocol {
  const protocol = protocolOf(layer.kind);
  if (protocol !== undefined) return protocol;
  const which = index === undefined ? name : `${name}[${index}]`;
  throw wrongType(`${which}.kind`, "that of a protocol", layer.kind);
}

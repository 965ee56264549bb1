// Headers one behind the other in one array: the sizes first, then every header from the outermost
// in, then the checksums from the innermost out, as each covers what is above it.

import { wrongType } from "./field.ts";
import { type AnyLayer, type Protocol, Room } from "./protocol.ts";
import { protocolOf } from "./registry.ts";

/** `layers` around `payload`, filled up with zeros to `least` bytes. */
export function assemble(
  layers: readonly AnyLayer[],
  payload: Uint8Array,
  protocols: readonly Protocol[],
  least = 0,
): Uint8Array {
  const count = layers.length;
  const starts: number[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    starts.push(at);
    at += (protocols[index] as Protocol).size(layers[index] as AnyLayer);
  }
  starts.push(at);
  const end = at + payload.length;
  const room = new Room(new Uint8Array(Math.max(end, least)));
  if (payload.length > 0) room.bytes.set(payload, at);
  room.end = end;
  for (let index = 0; index < count; index++) {
    enter(room, layers, starts, index);
    (protocols[index] as Protocol).write(layers[index] as AnyLayer, room);
  }
  for (let index = count - 1; index >= 0; index--) {
    const protocol = protocols[index] as Protocol;
    if (protocol.seal === undefined) continue;
    enter(room, layers, starts, index);
    room.network = networkBelow(layers, starts, index);
    protocol.seal(layers[index] as AnyLayer, room);
  }
  return room.bytes;
}

function enter(room: Room, layers: readonly AnyLayer[], starts: number[], index: number): void {
  room.start = starts[index] as number;
  room.payload = starts[index + 1] as number;
  room.below = layers[index - 1];
  room.above = layers[index + 1];
}

/** Where the nearest IP header below begins, or -1. */
function networkBelow(layers: readonly AnyLayer[], starts: number[], index: number): number {
  for (let below = index - 1; below >= 0; below--) {
    const kind = layers[below]?.kind;
    if (kind === "ipv4" || kind === "ipv6") return starts[below] as number;
  }
  return -1;
}

/** The protocol of a layer's kind; `name` is the argument's, for the TypeError. */
export function knownProtocol(layer: AnyLayer, name: string): Protocol {
  if (typeof layer !== "object" || layer === null) throw wrongType(name, "a layer", layer);
  const protocol = protocolOf(layer.kind);
  if (protocol !== undefined) return protocol;
  throw wrongType(`${name}.kind`, "that of a protocol", layer.kind);
}

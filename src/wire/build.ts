// From layers to the bytes of a frame.

import "./table.ts";
import { assemble, knownProtocol } from "./assemble.ts";
import { type Bytes, isBytes, NOTHING, plainBytes } from "./bytes.ts";
import { U32, uint, wrongType } from "./field.ts";
import type { LayerInit } from "./layers.ts";
import type { AnyLayer, Protocol } from "./protocol.ts";

/** Bytes behind the last header, among the layers. */
export type Payload = { kind: "payload"; data: Bytes };

export type BuildOptions = {
  /** What is behind the last header. */
  readonly payload?: Bytes | undefined;
  /** Zeros fill the frame up to so many bytes: 60 are what Ethernet wants without its FCS. */
  readonly minimumLength?: number | undefined;
};

/**
 * Puts layers together, the outermost first, and the payload: as last element, or as second
 * argument. What a layer sets is used as it is, a wrong checksum too; of what is not set, lengths,
 * the numbers that say what follows, checksums and the padding of options are computed, and the
 * rest is 0: set `ttl` and `hopLimit`. `build([...packet.layers, packet.payload])` gives the bytes
 * of a packet again, without its trailer. TypeError or RangeError for what fits no field.
 */
export function build(
  layers: readonly (LayerInit | Payload | Bytes)[],
  rest: Bytes | BuildOptions = {},
): Uint8Array {
  if (!Array.isArray(layers)) throw wrongType("layers", "an array", layers);
  const options = isBytes(rest) ? { payload: rest } : rest;
  const last = lastPayload(layers[layers.length - 1]);
  const count = last === undefined ? layers.length : layers.length - 1;
  if (last !== undefined && options.payload !== undefined) {
    throw new TypeError("the payload must not be given twice");
  }
  const payload = last ?? options.payload;
  const headers: AnyLayer[] = [];
  const protocols: Protocol[] = [];
  for (let index = 0; index < count; index++) {
    const layer = layers[index] as AnyLayer;
    protocols.push(knownProtocol(layer, `layers[${index}]`));
    headers.push(layer);
  }
  const data = payload === undefined ? NOTHING : plainBytes(payload, "payload");
  const least = uint(options.minimumLength, "minimumLength", U32);
  return assemble(headers, data, protocols, least);
}

function lastPayload(last: LayerInit | Payload | Bytes | undefined): Bytes | undefined {
  if (last === undefined || isBytes(last)) return last;
  return last.kind === "payload" ? last.data : undefined;
}

// From layers to the bytes of a frame.

import "./table.ts";
import { Frame, knownProtocol } from "./assemble.ts";
import { type Bytes, isBytes, NOTHING, plainBytes } from "./bytes.ts";
import { U32, uint, wrongType } from "./field.ts";
import type { LayerInit } from "./layers.ts";

/** Bytes behind the last header, among the layers. */
export type Payload = {
  kind: "payload";
  /** The bytes. */
  data: Bytes;
};

/** Of `build`. */
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
  rest?: Bytes | BuildOptions,
): Uint8Array {
  if (!Array.isArray(layers)) throw wrongType("layers", "an array", layers);
  const given = rest === undefined ? NO_OPTIONS : isBytes(rest) ? { payload: rest } : rest;
  const frame = new Frame();
  let { payload } = given;
  for (let index = 0; index < layers.length; index++) {
    const layer = layers[index] as LayerInit | Payload | Bytes;
    if (typeof layer !== "object" || layer === null) {
      throw wrongType(`layers[${index}]`, "a layer or bytes", layer);
    }
    if (!isPayload(layer)) frame.add(layer, knownProtocol(layer, "layers", index));
    else if (index < layers.length - 1) throw new TypeError("the payload must be the last layer");
    else if (payload !== undefined) throw new TypeError("the payload must not be given twice");
    else payload = "kind" in layer ? layer.data : layer;
  }
  const data = payload === undefined ? NOTHING : plainBytes(payload, "payload");
  return frame.assemble(data, uint(given.minimumLength, "minimumLength", U32));
}

const NO_OPTIONS: BuildOptions = {};

function isPayload(layer: LayerInit | Payload | Bytes): layer is Payload | Bytes {
  return "kind" in layer ? layer.kind === "payload" : isBytes(layer);
}

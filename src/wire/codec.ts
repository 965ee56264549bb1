// The public form of a protocol: decode and encode of one header.

import { Frame, knownProtocol } from "./assemble.ts";
import { type Bytes, NOTHING, plainBytes } from "./bytes.ts";
import { WireError } from "./error.ts";
import { wrongType } from "./field.ts";
import {
  type AnyLayer,
  type Codec,
  type Decoded,
  type Init,
  type Protocol,
  Scan,
} from "./protocol.ts";

/** The protocols behind the codecs, by the functions that read them. */
const protocols = new WeakMap<object, Protocol>();

export function codec<L extends AnyLayer>(protocol: Protocol<L>): Codec<L> {
  const own: Codec<L> = {
    kind: protocol.kind,
    decode: (bytes: Bytes) => decode(protocol, bytes),
    encode: (layer: Init<L>, payload?: Bytes, below?: AnyLayer) =>
      encode(protocol, layer, payload, below),
  };
  protocols.set(own.decode, protocol as Protocol);
  return own;
}

/** The protocol that a codec of this package stands for. */
export function protocolBehind({ decode }: { decode: object }): Protocol | undefined {
  return protocols.get(decode);
}

function decode<L extends AnyLayer>(protocol: Protocol<L>, given: Bytes): Decoded<L> {
  const bytes = plainBytes(given, "bytes");
  const scan = new Scan(bytes, 0, bytes.length);
  const length = protocol.scan(scan);
  if (length < 0) {
    const { kind } = protocol;
    const { offset, message } = scan.problem ?? { offset: 0, message: `this is no ${kind}` };
    throw new WireError(kind, offset, message);
  }
  const layer = (scan.layer as L | undefined) ?? protocol.read(bytes, 0, length);
  return { layer, payload: bytes.subarray(length, scan.end), length };
}

function encode<L extends AnyLayer>(
  protocol: Protocol<L>,
  layer: Init<L>,
  payload: Bytes = NOTHING,
  below: AnyLayer | undefined,
): Uint8Array {
  if (typeof layer !== "object" || layer === null) throw wrongType("layer", "an object", layer);
  const own: AnyLayer = layer.kind === protocol.kind ? layer : { ...layer, kind: protocol.kind };
  const data = plainBytes(payload, "payload");
  const frame = new Frame();
  if (below === undefined) {
    frame.add(own, protocol);
    return frame.assemble(data);
  }
  // The pseudo-header is made from the header below, which is cut off again.
  const lower = knownProtocol(below, "below");
  frame.add(below, lower);
  frame.add(own, protocol);
  return frame.assemble(data).slice(lower.size(below));
}

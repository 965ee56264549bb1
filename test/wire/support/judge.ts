// Our layers and tshark's fields side by side: every value of every field, in order, of all frames.

import { dissect, type Layer, type Layers, type LinkType } from "../../../src/wire/index.ts";
import type { Fields } from "./tshark.ts";

type Kind = keyof Layers;
type Value = string | number | boolean | undefined;

/** A field of ours and tshark's name for it; what it reads as a value, where that is no number. */
export type Row = {
  readonly kind: Kind;
  /** Another kind whose fields tshark gives the same names. */
  readonly also?: Kind;
  readonly field: string;
  readonly name: string;
  /** `below` is the layer before it. */
  readonly ours: (layer: Layer, below?: Layer) => Value | readonly Value[];
  readonly theirs: (text: string) => Value;
};

/** Numbers: tshark writes some in hexadecimal. */
export const number = (text: string): number => Number(text);
export const boolean = (text: string): boolean => text === "1" || text === "True";
export const address = (text: string): string => text.toLowerCase();
export const octets = (text: string): string => text.replaceAll(":", "");

type Extract_<K extends Kind> = Layers[K];

/** The rows of one kind: fields of ours by tshark's names. */
export function rows<K extends Kind>(
  kind: K,
  table: Readonly<
    Record<
      string,
      | keyof Extract_<K>
      | readonly [keyof Extract_<K>, Row["theirs"]]
      | readonly [string, Row["theirs"], (layer: Extract_<K>) => Value | readonly Value[]]
    >
  >,
): Row[] {
  return Object.entries(table).map(([name, entry]) => {
    const [field, theirs = number, ours] = (
      typeof entry === "object" ? entry : [entry]
    ) as readonly [string, Row["theirs"]?, ((layer: Layer) => Value | readonly Value[])?];
    const own = (layer: Layer) => (layer as unknown as Record<string, Value>)[field];
    return { kind, field, name, theirs, ours: ours ?? own };
  });
}

export type Difference = {
  readonly frame: number;
  readonly field: string;
  readonly name: string;
  readonly ours: readonly Value[];
  readonly theirs: readonly Value[];
};

export type Verdict = { readonly compared: number; readonly differences: Difference[] };

/** Compares the fields of all frames. */
export function judge(
  frames: readonly Uint8Array[],
  fields: readonly Fields[],
  table: readonly Row[],
  link: LinkType = "ethernet",
): Verdict {
  let compared = 0;
  const differences: Difference[] = [];
  frames.forEach((bytes, frame) => {
    const { layers } = dissect(bytes, { link });
    for (const row of table) {
      const ours = layers
        .flatMap((layer, index) =>
          layer.kind === row.kind || layer.kind === row.also
            ? row.ours(layer, layers[index - 1])
            : undefined,
        )
        .filter((value) => value !== undefined);
      const theirs = (fields[frame]?.get(row.name) ?? []).map(row.theirs);
      compared += Math.max(ours.length, theirs.length);
      if (Bun.deepEquals(ours, theirs)) continue;
      differences.push({ frame, field: `${row.kind}.${row.field}`, name: row.name, ours, theirs });
    }
  });
  return { compared, differences };
}

// What is known before an instruction of a filter is carried out.

/** A field of a header, and what its values are. */
export type Field = {
  readonly text: string;
  readonly values: "type" | "protocol" | "address" | "version" | "number" | "hex";
};

/** The EtherTypes of the network headers whose fields are known. */
export const NETWORK = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;

export type State = {
  /** What the accumulator holds. */
  readonly field: Field | undefined;
  /** The EtherType that the packet has, where the way here says so. */
  readonly network: number | undefined;
};

export const NOTHING_KNOWN: State = { field: undefined, network: undefined };

/** What is known where two ways meet. */
export function meet(known: State | undefined, other: State): State {
  if (known === undefined) return other;
  return {
    field: known.field?.text === other.field?.text ? known.field : undefined,
    network: known.network === other.network ? known.network : undefined,
  };
}

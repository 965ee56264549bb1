// What is there, and what changed while the kernel was asked for it, as one list.

/** An object as a monitor tells it. */
export type Told = {
  readonly action: string;
  readonly kind: string;
  readonly [field: string]: unknown;
};

/** The fields that tell one object from another of its kind. */
const IDENTITY: Readonly<Record<string, readonly string[]>> = {
  link: ["index"],
  address: ["family", "index", "address", "peer"],
  neighbour: ["family", "index", "destination", "lladdr", "vlan", "flags"],
  // A table may hold several routes to one destination.
  route: [
    ...["family", "destination", "from", "table", "tos", "metric", "type", "index", "gateway"],
    ...["via", "nexthop", "source"],
  ],
};
/** Of a neighbour its hardware address may change; a bridge's table is told by it. */
const PLACE: Readonly<Record<string, readonly string[]>> = {
  route: ["family", "destination", "from", "table", "tos", "metric"],
};

function keyOf(told: Told, fields: readonly string[] | undefined): string {
  // Of a rule everything.
  const { action: _, ...all } = told;
  const values = fields === undefined ? all : fields.map((field) => all[field] ?? null);
  return `${told.kind} ${JSON.stringify(values, bigints)}`;
}

function bigints(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}` : value;
}

function identity(told: Told): string {
  const fields = IDENTITY[told.kind];
  if (told.kind !== "neighbour" || told.destination === undefined) return keyOf(told, fields);
  const proxy = (told.flags as string[]).includes("proxy");
  return keyOf({ ...told, lladdr: null, flags: proxy }, fields);
}

/**
 * `present` with the changes applied in their order: what was made or changed replaces what it is
 * another state of, what was deleted is left out.
 */
export function merge(present: readonly Told[], changes: readonly Told[]): Told[] {
  if (changes.length === 0) return [...present];
  const all = new Map<string, Told>();
  for (const told of present) all.set(identity(told), told);
  for (const change of changes) {
    if (change.action !== "new" && change.action !== "delete") continue;
    const key = identity(change);
    if (change.action === "delete") {
      all.delete(key);
      continue;
    }
    if (change.replaces === true) {
      const place = keyOf(change, PLACE[change.kind]);
      for (const [own, told] of all) {
        if (told.kind === change.kind && keyOf(told, PLACE[told.kind]) === place) all.delete(own);
      }
    }
    all.set(key, { ...change, action: "present" });
  }
  return [...all.values()];
}

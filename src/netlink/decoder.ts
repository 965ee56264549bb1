// The messages of a list are mostly alike: links of a kind have the same attributes, and most of
// them the same values. So what the first of a sort became is kept, with its bytes; of those after
// it only what differs is decoded, into a copy. That also spares the engine to grow each object
// field by field, which takes longer than to read the attributes.

import { type Attribute, lengthAt, typeAt } from "./attribute.ts";
import { aligned, u16At } from "./layout.ts";
import { type AttributeTable, type Entry, IGNORED, keep, type Rows } from "./table.ts";

/** What becomes of an attribute of the next message. */
const STEP = {
  /** Another tells it. */
  ignored: 0,
  unknown: 1,
  /** It was empty, which says nothing. */
  empty: 2,
  /** Decoded each time: an object belongs to who gets it. */
  own: 3,
  /** Its fields are fields of the whole. */
  ownSpread: 4,
  /** Where its bytes are the same its value is, which is one that cannot change. */
  shared: 5,
  sharedSpread: 6,
} as const;

type Step = (typeof STEP)[keyof typeof STEP];

/** Sorts that are kept: a machine has few kinds of links, each in few states. */
const PATTERNS_MAX = 32;

type Fields = Record<string, unknown>;

/** Messages and their attributes are aligned to words, and a header of an attribute is one. */
const WORD = 4;
const WORD_BITS = 2;
/** The half of it that is the length; the type is the other. */
const LENGTH = 0xffff;
/** In a hash: more than any type. */
const EMPTY = 0x1_0000;

/** A message, what it became, and what is to be done with another that has its attributes. */
class Pattern<T extends object> {
  readonly context: number;
  readonly #object: T;
  readonly #hasUnknown: boolean;
  /** Of each attribute: length and type as they stand, and the same as places in `#words`. */
  readonly #headers: Int32Array;
  readonly #places: Int32Array;
  readonly #steps: Uint8Array;
  readonly #rows: readonly (Entry | undefined)[];
  readonly #words: Int32Array;
  /** Of each attribute: the next that is not shared. Of each word: the attribute it is of. */
  readonly #runs: Int32Array;
  readonly #owners: Int32Array;

  constructor(context: number, object: T, words: Int32Array, places: Int32Array, plan: Plan) {
    this.context = context;
    this.#object = { ...object };
    this.#hasUnknown = "unknown" in object;
    this.#headers = places.slice(0, -1).map((place) => words[place] as number);
    this.#places = places;
    this.#steps = Uint8Array.from(plan, ([step]) => step);
    this.#rows = plan.map(([, row]) => row);
    this.#words = words;
    const count = plan.length;
    this.#runs = new Int32Array(count);
    this.#owners = new Int32Array(words.length);
    for (let index = count - 1; index >= 0; index--) {
      const isLast = index === count - 1 || (this.#steps[index + 1] as Step) < STEP.shared;
      this.#runs[index] = isLast ? index + 1 : (this.#runs[index + 1] as number);
      this.#owners.fill(index, places[index], places[index + 1]);
    }
  }

  /** The object of a message of this sort; undefined: it is of another, or malformed. */
  copy(bytes: Uint8Array, words: Int32Array, start: number, end: number): T | undefined {
    const headers = this.#headers;
    const places = this.#places;
    const steps = this.#steps;
    const own = this.#words;
    const copy: T = { ...this.#object };
    const target = copy as Fields & { unknown?: Attribute[] };
    if (this.#hasUnknown) target.unknown = [];
    // Counted in words. Where each begins follows from the pattern as long as lengths are its own,
    // so that nothing waits for what was read just before.
    let at = start >>> WORD_BITS;
    let index = 0;
    while (index < headers.length) {
      let place = places[index] as number;
      if ((steps[index] as Step) >= STEP.shared) {
        const run = this.#runs[index] as number;
        const same = sameUntil(words, at, own, place, places[run] as number);
        at += same - place;
        if (at << WORD_BITS > end) return undefined;
        index = same === places[run] ? run : (this.#owners[same] as number);
        if (index === run) continue;
        place = places[index] as number;
        at -= same - place;
      }
      const header = words[at] as number;
      const expected = headers[index] as number;
      const length = header & LENGTH;
      if (length > end - (at << WORD_BITS)) return undefined;
      let next = at + (places[index + 1] as number) - place;
      if (header !== expected) {
        if ((header ^ expected) >>> 16 !== 0 || length < WORD) return undefined;
        next = at + (aligned(length) >>> WORD_BITS);
      }
      const isIgnored = steps[index] === STEP.ignored;
      if (!isIgnored && !this.#set(target, index, bytes, at << WORD_BITS, length)) return undefined;
      at = next;
      index++;
    }
    return end - (at << WORD_BITS) < WORD ? copy : undefined;
  }

  #set(
    target: Fields & { unknown?: Attribute[] },
    index: number,
    bytes: Uint8Array,
    at: number,
    size: number,
  ): boolean {
    const step = this.#steps[index] as Step;
    // What says something becomes a field, in its place among the others: that is another sort.
    if (step === STEP.empty) return size === WORD;
    const row = this.#rows[index];
    if (row === undefined) {
      keep(target, typeAt(bytes, at), bytes, at + WORD, at + size);
      return true;
    }
    const { field, value } = row;
    const told = value.decode(bytes, at + WORD, size - WORD, this.context);
    // Of another length than it should have: it is told as unknown.
    if (told === undefined) return false;
    if (value.spread !== undefined) return spread(target, told as Fields, value.spread);
    target[field] = told;
    return true;
  }
}

/** Where the words from `at` on are no longer those from `place` on; `end` at the most. */
function sameUntil(words: Int32Array, at: number, own: Int32Array, place: number, end: number) {
  let found = place;
  for (let index = at; found < end && words[index] === own[found]; index++) found++;
  return found;
}

/** False: it has others of the fields than the first had. */
function spread(target: Fields, told: Fields, fields: readonly string[]): boolean {
  for (const field of fields) {
    const value = told[field];
    if ((value === undefined) !== (target[field] === undefined)) return false;
    if (value !== undefined) target[field] = value;
  }
  return true;
}

/**
 * Decodes messages of a table, one after the other; it is of one list or monitor, and knows what
 * that had. `make` is the object before its attributes.
 */
export class Decoder<T extends object> {
  readonly #table: Pick<AttributeTable<Rows>, "decode" | "types">;
  readonly #make: () => T;
  /** By the types of the attributes in their order; null: such messages have no pattern. */
  readonly #patterns = new Map<number, Pattern<T> | null>();
  #last: Pattern<T> | undefined;
  #bytes: Uint8Array | undefined;
  #words: Int32Array = new Int32Array(0);

  constructor(table: Pick<AttributeTable<Rows>, "decode" | "types">, make: () => T) {
    this.#table = table;
    this.#make = make;
  }

  /**
   * The object of the attributes between `start` and `end`. `context` is what their meaning depends
   * on. What the caller sets of it besides is not what an attribute is.
   */
  decode(bytes: Uint8Array, start: number, end: number, context: number): T {
    if (bytes !== this.#bytes) this.#view(bytes);
    const words = this.#words;
    if (words.length === 0 || start % WORD !== 0) return this.#whole(bytes, start, end, context);
    const last = this.#last;
    if (last?.context === context) {
      const copy = last.copy(bytes, words, start, end);
      if (copy !== undefined) return copy;
    }
    const hash = hashOf(bytes, start, end, context);
    const pattern = this.#patterns.get(hash);
    if (pattern !== undefined && pattern !== null && pattern !== last) {
      const copy = pattern.context === context ? pattern.copy(bytes, words, start, end) : undefined;
      this.#last = pattern;
      if (copy !== undefined) return copy;
    }
    const object = this.#whole(bytes, start, end, context);
    if (pattern === undefined && this.#patterns.size < PATTERNS_MAX) {
      const made = patternOf(this.#table, object, bytes, start, end, context);
      this.#patterns.set(hash, made);
      this.#last = made ?? undefined;
    }
    return object;
  }

  #view(bytes: Uint8Array): void {
    const { buffer, byteOffset, length } = bytes;
    const count = byteOffset % WORD === 0 ? Math.floor(length / WORD) : 0;
    this.#bytes = bytes;
    this.#words = new Int32Array(buffer, count === 0 ? 0 : byteOffset, count);
  }

  #whole(bytes: Uint8Array, start: number, end: number, context: number): T {
    const object = this.#make();
    this.#table.decode(bytes, start, end, object, context);
    return object;
  }
}

/**
 * The types of attributes in their order, and which are empty, as one number, up to one that is
 * malformed.
 */
function hashOf(bytes: Uint8Array, start: number, end: number, context: number): number {
  let hash = context;
  for (let at = start; end - at >= WORD; ) {
    const length = u16At(bytes, at);
    if (length < WORD || length > end - at) break;
    hash = (Math.imul(hash, 31) + typeAt(bytes, at) + (length === WORD ? EMPTY : 0)) | 0;
    at += aligned(length);
  }
  return hash;
}

type Plan = (readonly [Step, Entry | undefined])[];

/** The pattern of a message that became `object`; null: its parts depend on each other. */
function patternOf<T extends object>(
  table: Pick<AttributeTable<Rows>, "types">,
  object: T,
  bytes: Uint8Array,
  start: number,
  end: number,
  context: number,
): Pattern<T> | null {
  const rows = table.types();
  const fields = new Set<string>();
  const plan: Plan = [];
  const places: number[] = [];
  let at = start;
  for (; end - at >= WORD; at += aligned(lengthAt(bytes, at, end))) {
    const row = rows[typeAt(bytes, at)];
    const step = stepOf(row, bytes, at, context);
    if (step === undefined) return null;
    const own = typeof row === "object" ? row : undefined;
    plan.push([step, own]);
    places.push((at - start) / WORD);
    // Told twice, the last counts.
    for (const field of own === undefined ? [] : (own.value.spread ?? [own.field])) {
      if (fields.has(field)) return null;
      fields.add(field);
    }
  }
  places.push((at - start) / WORD);
  const copy = new Uint8Array(at - start);
  // The last may lack its padding, and what is behind it may be too little for another.
  copy.set(bytes.subarray(start, Math.min(at, end)));
  return new Pattern(context, object, new Int32Array(copy.buffer), Int32Array.from(places), plan);
}

/** undefined: its row does not understand it. */
function stepOf(
  row: Entry | typeof IGNORED | undefined,
  bytes: Uint8Array,
  at: number,
  context: number,
): Step | undefined {
  if (row === IGNORED) return STEP.ignored;
  if (row === undefined) return STEP.unknown;
  const { value } = row;
  const length = u16At(bytes, at) - WORD;
  const told = value.decode(bytes, at + WORD, length, context);
  if (told === undefined) return value.isOften === "empty" && length === 0 ? STEP.empty : undefined;
  if (value.spread === undefined) return isPrimitive(told) ? STEP.shared : STEP.own;
  const isShared = Object.values(told as Fields).every(isPrimitive);
  return isShared ? STEP.sharedSpread : STEP.ownSpread;
}

function isPrimitive(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

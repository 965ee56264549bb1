// What a call has opened, so that one which waits for ever can be ended.

type Closable = { close(): void };
type Maker = Record<string, unknown>;

const MAKERS = ["open", "adopt", "pair"] as const;

export class Instances {
  #opened: WeakRef<Closable>[] = [];

  /** Takes note of what these classes make. */
  constructor(classes: readonly unknown[]) {
    for (const one of classes as Maker[]) {
      for (const maker of MAKERS) {
        const make = one[maker];
        if (typeof make !== "function") continue;
        one[maker] = (...words: unknown[]) => {
          const made = Reflect.apply(make, one, words);
          for (const instance of [made].flat()) this.#opened.push(new WeakRef(instance));
          return made;
        };
      }
    }
  }

  close(): void {
    for (const reference of this.#opened) reference.deref()?.close();
  }

  forget(): void {
    this.#opened = [];
  }
}

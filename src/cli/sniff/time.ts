// Times before lines, as tcpdump's -t, -tt, -ttt, -tttt and -ttttt have them.

const MICRO = 1000n;
const SECOND = 1_000_000n;

export class Stamps {
  readonly #style: number;
  #first: bigint | undefined;
  #last: bigint | undefined;

  /** `style`: how often -t was given. */
  constructor(style: number) {
    this.#style = style;
  }

  /** The text before a packet of that time, in nanoseconds since 1970, with a space behind it. */
  text(nanoseconds: bigint): string {
    const time = nanoseconds / MICRO;
    this.#first ??= time;
    const since = this.#style === 3 ? (this.#last ?? time) : this.#first;
    this.#last = time;
    switch (this.#style) {
      case 0:
        return `${clock(time)} `;
      case 1:
        return "";
      case 2:
        return `${time / SECOND}.${micros(time)} `;
      case 4:
        return `${date(time)} ${clock(time)} `;
      default:
        // With a space before it, as there.
        return ` ${duration(time - since)} `;
    }
  }
}

function micros(time: bigint): string {
  return String(((time % SECOND) + SECOND) % SECOND).padStart(6, "0");
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

/** The time of day, here. */
function clock(time: bigint): string {
  const there = new Date(Number(time / 1000n));
  const parts = [there.getHours(), there.getMinutes(), there.getSeconds()];
  return `${parts.map(two).join(":")}.${micros(time)}`;
}

function date(time: bigint): string {
  const there = new Date(Number(time / 1000n));
  return `${there.getFullYear()}-${two(there.getMonth() + 1)}-${two(there.getDate())}`;
}

function duration(time: bigint): string {
  const [sign, length] = time < 0n ? ["-", -time] : ["", time];
  const seconds = Number(length / SECOND);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${sign}${parts.map(two).join(":")}.${micros(length)}`;
}

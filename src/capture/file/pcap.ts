// pcap: pcap-savefile(5), and what other programs made of it (draft-ietf-opsawg-pcap).

import type { FilePacket, Link } from "../packet.ts";
import type { ByteOrder, FileInterface } from "./block.ts";
import { SecondsClock } from "./clock.ts";
import { CaptureFileError } from "./error.ts";
import { linkOf } from "./link.ts";
import { BATCH, limited, type Parser, type Settings } from "./parser.ts";
import type { Window } from "./window.ts";

export const PCAP = {
  microseconds: 0xa1b2_c3d4,
  nanoseconds: 0xa1b2_3c4d,
  /** Alexey Kuznetzov's, whose records say more. */
  modified: 0xa1b2_cd34,
} as const;

/** The header of the file, and of a record. */
export const FILE_HEADER = 24;
export const RECORD_HEADER = 16;
/** What the headers of records have behind that, with the usual magic and the modified one. */
const LONGER = { usual: [24, 20], modified: [28] } as const;
const MODIFIED_HEADER = 24;
/** Of the modified header: the interface's index, and the packet's type as packet(7) has it. */
const MODIFIED = { interface: 16, type: 22, outgoing: 4 } as const;

/** The field of the link type holds the length of the frame check sequence, too. */
const LINK_MASK = 0x03ff_ffff;
const FCS_PRESENT = 0x0400_0000;
const FCS_SHIFT = 28;

/** DG/UX's tcpdump wrote that version. */
const DGUX = 543;

/** Whether the lengths of records stand in the other order: always, where that shows, or never. */
type Swapped = "always" | "maybe" | "never";

/** Which byte order makes one of pcap's magics of these bytes. */
export function pcapOrder(view: DataView, at: number): ByteOrder | undefined {
  const magics: readonly number[] = Object.values(PCAP);
  if (magics.includes(view.getUint32(at, true))) return "little";
  return magics.includes(view.getUint32(at)) ? "big" : undefined;
}

export class PcapParser implements Parser {
  readonly format = "pcap";
  readonly byteOrder: ByteOrder;
  readonly interfaces: readonly FileInterface[];
  readonly section = {};
  readonly names = [];
  readonly statistics = [];
  readonly secrets = [];
  readonly custom = [];
  readonly omitted = 0;
  readonly goesTo = 0;
  readonly #settings: Settings;
  readonly #little: boolean;
  readonly #modified: boolean;
  readonly #link: Link;
  readonly #swapped: Swapped;
  readonly #clock: SecondsClock;
  /** The size of a record's header, which the first records tell. */
  #header = 0;

  /** Takes the header of the file, which is in the window. */
  constructor(window: Window, byteOrder: ByteOrder, settings: Settings) {
    const { view, start } = window;
    const little = byteOrder === "little";
    const magic = view.getUint32(start, little);
    const network = view.getUint32(start + 20, little);
    const nanoseconds = magic === PCAP.nanoseconds;
    this.byteOrder = byteOrder;
    this.#little = little;
    this.#settings = settings;
    this.#modified = magic === PCAP.modified;
    this.#swapped = swappedIn(
      view.getUint16(start + 4, little),
      view.getUint16(start + 6, little),
      window.offset(start + 4),
    );
    this.#clock = new SecondsClock(nanoseconds ? 1 : 1000);
    this.#link = linkOf(network & LINK_MASK);
    const words = network >>> FCS_SHIFT;
    const fcs = (network & FCS_PRESENT) === 0 ? {} : { fcsLength: 2 * words };
    const resolution = nanoseconds ? 1e9 : 1e6;
    const snaplen = view.getUint32(start + 16, little);
    this.interfaces = [{ link: this.#link, snaplen, resolution, ...fcs }];
    window.start += FILE_HEADER;
  }

  parse(window: Window, packets: FilePacket[], own: boolean): number {
    const { view, bytes, end } = window;
    const little = this.#little;
    if (this.#header === 0) {
      const wanted = this.#chooseHeader(window);
      if (wanted > 0) return wanted;
    }
    const header = this.#header;
    const { buffer, byteOffset } = bytes;
    while (packets.length < BATCH) {
      const at = window.start;
      if (end - at < header) return header;
      let size = view.getUint32(at + 8, little);
      let length = view.getUint32(at + 12, little);
      if (this.#swapped !== "never" && (this.#swapped === "always" || size > length)) {
        [size, length] = [length, size];
      }
      limited(size, this.#settings, "a packet", window.offset(at));
      const from = at + header;
      if (end - from < size) return header + size;
      window.start = from + size;
      const packet: FilePacket = {
        data: own
          ? bytes.slice(from, from + size)
          : new Uint8Array(buffer, byteOffset + from, size),
        length,
        timestamp: this.#clock.time(view.getUint32(at, little), view.getUint32(at + 4, little)),
        interface: 0,
        link: this.#link,
      };
      packets.push(this.#modified ? this.#withDirection(packet, view, at) : packet);
    }
    return 0;
  }

  /** Where the record has an interface, it has the direction as well. */
  #withDirection(packet: FilePacket, view: DataView, at: number): FilePacket {
    if (view.getUint32(at + MODIFIED.interface, this.#little) === 0) return packet;
    const outgoing = view.getUint8(at + MODIFIED.type) === MODIFIED.outgoing;
    return { ...packet, direction: outgoing ? "out" : "in" };
  }

  /**
   * Some programs wrote longer records without another magic. That the usual ones make no sense,
   * and the longer do, tells them. How many bytes have to be there to say so, 0: enough. Of what
   * comes bit by bit, the first record has to do: whoever waits for it is not kept waiting.
   */
  #chooseHeader(window: Window): number {
    const usual = this.#modified ? MODIFIED_HEADER : RECORD_HEADER;
    if (window.available < usual) return usual;
    this.#header = usual;
    if (this.#sensible(window, usual) !== undefined) return 0;
    const longer = LONGER[this.#modified ? "modified" : "usual"];
    // One header that makes sense is chance, and so are zeros.
    const convincing = (header: number) => (this.#sensible(window, header, 1) ?? 0) > 1;
    this.#header = longer.find(convincing) ?? usual;
    return 0;
  }

  /** How many of the first records are such as captures have; undefined where one is not. */
  #sensible({ view, start, end }: Window, header: number, least = 0): number | undefined {
    const little = this.#little;
    let at = start;
    let count = 0;
    for (; count < RECORDS && end - at >= header; count++) {
      const size = view.getUint32(at + 8, little);
      const length = view.getUint32(at + 12, little);
      const swapped = this.#swapped === "always" || (this.#swapped === "maybe" && size > length);
      const [kept, whole] = swapped ? [length, size] : [size, length];
      if (whole > this.#settings.maximum || kept > whole || kept < least) return undefined;
      if (view.getUint32(at + 4, little) >= 1e9) return undefined;
      at += header + kept;
    }
    return count;
  }
}

/** Records that are looked at to know their headers. */
const RECORDS = 4;

/** By the version, as libpcap does; it refuses the same ones. */
function swappedIn(major: number, minor: number, offset: number): Swapped {
  if (major === 2 && minor <= 4) {
    if (minor < 3) return "always";
    return minor === 3 ? "maybe" : "never";
  }
  if (major === DGUX && minor === 0) return "always";
  throw new CaptureFileError(`a pcap file of the unknown version ${major}.${minor}`, offset);
}

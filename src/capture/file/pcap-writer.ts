// Writes pcap files: pcap-savefile(5).

import { integer, knownKeys, U32_MAX, wrongType } from "../../base/validate.ts";
import type { Link } from "../packet.ts";
import { type Form, formTime, type Place, placedTime } from "../place.ts";
import { Splitter } from "./clock.ts";
import { copyPlace } from "./copy.ts";
import {
  declared,
  type InterfaceInit,
  keepsNanoseconds,
  type Resolution,
  SNAPLEN,
} from "./interface.ts";
import { linkNumber } from "./link.ts";
import { checkPacket, checkSize } from "./packet-check.ts";
import { FILE_HEADER, PCAP, RECORD_HEADER } from "./pcap.ts";
import type { RotateOptions } from "./rotation.ts";
import type { PacketTarget } from "./sink.ts";
import { type AnyPacket, type Encoder, KEY, PacketWriter, type Room } from "./writer.ts";

/** How `PcapWriter.create` writes. */
export type PcapOptions = {
  /** What packets begin with; of the first packet unless told, or "ethernet". */
  readonly link?: Link;
  /** The most bytes of a packet: 262144, which is the most that other programs read. */
  readonly snaplen?: number;
  /** One, whose link and snaplen count. */
  readonly interfaces?: readonly InterfaceInit[];
  /** Nanoseconds unless told. Packets that would lose some of theirs are a RangeError. */
  readonly resolution?: Resolution;
  /** Begins a new file from time to time. */
  readonly rotate?: RotateOptions;
  /** Whether flush and close wait for the disk, fsync(2). */
  readonly sync?: boolean;
};

const OPTIONS: ReadonlySet<string> = new Set([
  "link",
  "snaplen",
  "interfaces",
  "resolution",
  "rotate",
  "sync",
]);
const VERSION = [2, 4] as const;
const NOTHING: Uint8Array = new Uint8Array(0);

class PcapEncoder implements Encoder {
  size = 0;
  #timestamp = 0n;
  #place: Place | undefined;
  #data = NOTHING;
  #length = 0;
  pending: Uint8Array | undefined;
  #link: Link | undefined;
  readonly #snaplen: number;
  readonly #nanoseconds: boolean;
  readonly #splitter = new Splitter();

  constructor(link: Link | undefined, snaplen: number, nanoseconds: boolean) {
    this.#link = link;
    this.#snaplen = snaplen;
    this.#nanoseconds = nanoseconds;
  }

  begin(): Uint8Array {
    this.#link ??= "ethernet";
    const bytes = new Uint8Array(FILE_HEADER);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, this.#nanoseconds ? PCAP.nanoseconds : PCAP.microseconds, true);
    view.setUint16(4, VERSION[0], true);
    view.setUint16(6, VERSION[1], true);
    view.setUint32(16, this.#snaplen, true);
    view.setUint32(20, linkNumber(this.#link), true);
    return bytes;
  }

  admit(packet: AnyPacket): void {
    const { data, length, timestamp, link } = packet;
    checkPacket(data, length, timestamp, this.#snaplen);
    if (link !== undefined && link !== this.#link) this.#setLink(link);
    const splitter = this.#splitter;
    splitter.seconds(timestamp);
    if (splitter.high > U32_MAX) {
      throw new RangeError(`timestamp ${timestamp} is later than pcap can say (2106)`);
    }
    if (!this.#nanoseconds) {
      if (splitter.low % 1000 !== 0) throw nanosecondsLost(timestamp);
      splitter.low /= 1000;
    }
    this.#timestamp = timestamp;
    this.#place = undefined;
    this.#data = data;
    this.#length = length;
    this.size = RECORD_HEADER + data.length;
  }

  admitPlace(place: Place): void {
    checkSize(place.kept, this.#snaplen);
    const splitter = this.#splitter;
    splitter.high = place.seconds;
    splitter.low = this.#nanoseconds ? place.nanoseconds : place.nanoseconds / 1000;
    if (!Number.isInteger(splitter.low)) throw nanosecondsLost(placedTime(place));
    this.#place = place;
    this.#length = place.length;
    this.size = RECORD_HEADER + place.kept;
  }

  describe(form: Form): boolean {
    form.blocks = false;
    form.nanoseconds = this.#nanoseconds;
    form.snaplen = this.#snaplen === 0 ? U32_MAX : this.#snaplen;
    form.interface = 0;
    form.number = 0;
    return true;
  }

  written(form: Form): void {
    this.#place = undefined;
    this.#timestamp = formTime(form);
  }

  get timestamp(): bigint {
    return this.#place === undefined ? this.#timestamp : placedTime(this.#place);
  }

  #setLink(link: Link): void {
    linkNumber(link);
    if (this.#link !== undefined) {
      throw new RangeError(
        `a pcap file has one link type: "${this.#link}", not "${link}"; pcapng has several`,
      );
    }
    this.#link = link;
  }

  put({ bytes, halves, view }: Room, at: number): void {
    const place = this.#place;
    const count = place === undefined ? this.#data.length : place.kept;
    view.setUint32(at, this.#splitter.high, true);
    view.setUint32(at + 4, this.#splitter.low, true);
    view.setUint32(at + 8, count, true);
    view.setUint32(at + 12, this.#length, true);
    if (place === undefined) bytes.set(this.#data, at + RECORD_HEADER);
    else copyPlace(place, bytes, halves, at + RECORD_HEADER);
  }
}

export function nanosecondsLost(timestamp: bigint): RangeError {
  return new RangeError(`timestamp ${timestamp} would lose nanoseconds: choose that resolution`);
}

/**
 * Writes a pcap file, which every program reads. It has one link type, and neither comments nor
 * directions, nor anything else but packets: those are left out.
 */
export class PcapWriter extends PacketWriter {
  /** Makes the file at once. Throws what open(2) fails with. */
  static create(target: PacketTarget, options: PcapOptions = {}): PcapWriter {
    knownKeys(options, OPTIONS);
    const { resolution = "nanoseconds", interfaces = [], rotate, sync = false } = options;
    if (!Array.isArray(interfaces) || interfaces.length > 1) {
      throw wrongType("interfaces", "at most one interface: pcapng has several", interfaces);
    }
    const { link = interfaces[0]?.link, snaplen = interfaces[0]?.snaplen ?? SNAPLEN } = options;
    integer(snaplen, "snaplen", 0, U32_MAX);
    if (link !== undefined) linkNumber(link);
    if (interfaces[0] !== undefined) {
      declared(interfaces[0], 0, { link: link ?? "ethernet", snaplen });
    }
    if (typeof sync !== "boolean") throw wrongType("sync", "a boolean", sync);
    const encoder = new PcapEncoder(link, snaplen, keepsNanoseconds(resolution));
    return new PcapWriter(encoder, { target, rotate, sync }, KEY);
  }
}

// macOS and FreeBSD: a device of bpf(4). Compiled and compared with the headers, never yet run.

import { interfaceIndex, interfaceName } from "../address/interface.ts";
import { ERRNO } from "../base/constants.ts";
import { check, namedError, SocketError } from "../base/error.ts";
import { lazy } from "../base/lazy.ts";
import type { Program } from "../bpf/instruction.ts";
import { constants, native } from "../native/library.ts";
import { allocate } from "../native/memory.ts";
import { deviceProgram } from "../native/pointers.ts";
import { Structure } from "../native/record.ts";
import { closeOwned, eventSourceMemory } from "../readiness/ownership.ts";
import { absent } from "./absent.ts";
import type { CapturedPacket, Link } from "./packet.ts";
import { captureProgram } from "./program.ts";
import { ANY, type Settings } from "./settings.ts";
import type { Batch, Statistics, Tap } from "./tap.ts";
import { type PacketView, plain, timestampOf } from "./view.ts";

const REMEDY = "capturing needs to open /dev/bpf*: run with sudo";
const UNSUPPORTED =
  "this system captures from one interface, with its own clock, for one capture each";

const ifreq = new Structure("ifreq");
const instruction = new Structure("bpf_insn");
const counters = new Structure("bpf_stat");

/** Where a packet's header has what. */
const layout = lazy(() => {
  const header = new Structure("bpf_hdr");
  const time = header.field("bh_tstamp");
  return {
    seconds: header.integer("bh_tstamp").offset,
    // struct timeval, or Apple's of two 32-bit numbers: the halves are seconds and microseconds.
    microseconds: time[0] + time[1] / 2,
    kept: header.offset("bh_caplen"),
    length: header.offset("bh_datalen"),
    size: header.offset("bh_hdrlen"),
    alignment: constants.BPF?.ALIGNMENT ?? 1,
  };
});

/** DLT_* of what such a system has; others are the same as LINKTYPE_. */
const DLT: ReadonlyMap<number, Link> = new Map<number, Link>([
  [0, "null"],
  [1, "ethernet"],
  [9, "ppp"],
  [12, "raw"],
  [108, "loop"],
]);

function request(name: string): number {
  const found = constants.BIOC?.[name];
  if (found === undefined) throw new TypeError(`this platform has no BIOC${name}`);
  return found;
}

/** The program as an array of struct bpf_insn. */
function encoded(program: Program): Uint8Array {
  const { size } = instruction;
  const bytes = allocate(program.length * size);
  for (const [index, { code, jt, jf, k }] of program.entries()) {
    const target = bytes.subarray(index * size);
    instruction.integer("code").set(target, code);
    instruction.integer("jt").set(target, jt);
    instruction.integer("jf").set(target, jf);
    instruction.integer("k").set(target, k);
  }
  return bytes;
}

class DevicePacket implements PacketView {
  readonly data: Uint8Array;
  readonly length: number;
  readonly timestamp: bigint;
  readonly interface: number;
  readonly direction: "in" | "out";
  readonly checksum = "unknown";

  constructor(packet: CapturedPacket) {
    this.data = packet.data;
    this.length = packet.length;
    this.timestamp = packet.timestamp;
    this.interface = packet.interface;
    this.direction = packet.direction;
  }

  copy(): CapturedPacket {
    return plain(this, this.data.slice());
  }
}

export class Device implements Tap {
  readonly fd: number;
  readonly link: Link;
  readonly name: string;
  readonly delay: number;
  readonly timeout: number;
  readonly #index: number;
  readonly #snaplen: number;
  readonly #direction: "in" | "out";
  readonly #room: number;
  /** What was read and is given out. */
  #buffer: Uint8Array<ArrayBuffer>;
  #end = 0;
  #at = 0;
  /** Batches in use of the buffer: then another is read into. */
  #used = 0;
  #errno = 0;
  #received = 0;
  #dropped = 0;

  constructor(fd: number, name: string, settings: Settings) {
    this.fd = fd;
    this.name = name;
    this.#index = interfaceIndex(name);
    this.#snaplen = settings.snaplen;
    this.timeout = settings.timeout;
    this.delay = settings.timeout;
    // The device does not tell which way a packet goes.
    this.#direction = settings.direction === "out" ? "out" : "in";
    const word = allocate(4);
    const number = new DataView(word.buffer);
    const set = (what: string, value: number): void => {
      number.setUint32(0, value, true);
      this.#ioctl(what, word);
    };
    // The size before the interface, and the filter before it too: nothing comes until then.
    set("SBLEN", settings.ring.blockSize);
    this.#room = number.getUint32(0, true);
    this.#buffer = allocate(this.#room);
    this.#setTimeout(settings.timeout);
    if (settings.direction === "in") set("SSEESENT", 0);
    this.#attach(settings, name, number, word);
    if (settings.promiscuous) this.#ioctl("PROMISC", null);
    this.link = this.#link(number, word);
  }

  /**
   * The link is known when there is an interface, and the filter when there is a link: so that
   * nothing unfiltered is seen, one that keeps nothing is there at first, and setting one throws
   * away what has come.
   */
  #attach(settings: Settings, name: string, number: DataView, word: Uint8Array): void {
    this.#filter([{ code: 6, jt: 0, jf: 0, k: 0 }]);
    const bytes = allocate(ifreq.size);
    bytes.set(new TextEncoder().encode(name).subarray(0, 15));
    this.#ioctl("SETIF", bytes);
    const { direction } = settings;
    const own = { ...settings, direction: "both" as const };
    if (direction === "out") this.#only("OUT", number, word);
    this.#filter(captureProgram(own, this.#link(number, word)).kernel);
  }

  /** FreeBSD's; elsewhere what is received cannot be left out. */
  #only(way: "OUT", number: DataView, word: Uint8Array): void {
    const value = constants.BPF?.[`D_${way}`];
    if (value === undefined) throw unsupported('direction: "out"');
    number.setUint32(0, value, true);
    this.#ioctl("SDIRECTION", word);
  }

  #filter(program: Program): void {
    this.#ioctl("SETF", deviceProgram(encoded(program), program.length));
  }

  #link(number: DataView, word: Uint8Array): Link {
    this.#ioctl("GDLT", word);
    const type = number.getUint32(0, true);
    return DLT.get(type) ?? type;
  }

  #setTimeout(milliseconds: number): void {
    const time = new Structure("timeval");
    const bytes = time.allocate();
    time.integer("tv_sec").set(bytes, Math.floor(milliseconds / 1000));
    time.integer("tv_usec").set(bytes, (milliseconds % 1000) * 1000);
    this.#ioctl("SRTIMEOUT", bytes);
  }

  #ioctl(what: string, argument: Uint8Array | null): void {
    const status = native.rawsock_ioctl(this.fd, request(what), argument, 0);
    if (status < 0) throw new SocketError(-status, `ioctl BIOC${what}`, { subject: this.name });
  }

  take(most: number): Batch | undefined {
    if (this.#at >= this.#end && !this.#read()) return undefined;
    const packets = this.#walk(most);
    this.#used++;
    const buffer = this.#buffer;
    let ended = false;
    const end = (): void => {
      if (ended) return;
      ended = true;
      if (buffer === this.#buffer) this.#used--;
    };
    return { packets, end };
  }

  #read(): boolean {
    if (this.#used > 0) {
      this.#buffer = allocate(this.#room);
      this.#used = 0;
    }
    const length = native.rawsock_read(this.fd, this.#buffer, 0, this.#room);
    if (length <= 0) {
      if (length < 0 && length !== -ERRNO.EAGAIN) this.#errno = -length;
      return false;
    }
    this.#at = 0;
    this.#end = length;
    return true;
  }

  #walk(most: number): PacketView[] {
    const { seconds, microseconds, kept, length, size, alignment } = layout();
    const view = new DataView(this.#buffer.buffer);
    const packets: PacketView[] = [];
    while (packets.length < most && this.#at + size + 2 <= this.#end) {
      const at = this.#at;
      const header = view.getUint16(at + size, true);
      const bytes = Math.min(view.getUint32(at + kept, true), this.#snaplen);
      packets.push(
        new DevicePacket({
          data: this.#buffer.subarray(at + header, at + header + bytes),
          length: view.getUint32(at + length, true),
          timestamp: timestampOf(
            view.getUint32(at + seconds, true),
            view.getUint32(at + microseconds, true) * 1000,
          ),
          interface: this.#index,
          direction: this.#direction,
          checksum: "unknown",
        }),
      );
      const whole = header + view.getUint32(at + kept, true);
      this.#at = at + Math.ceil(whole / alignment) * alignment;
    }
    return packets;
  }

  /** Its memory is small: that it has filled is to be told of at once. */
  share(): number {
    return 0;
  }

  failure(): SocketError | undefined {
    if (this.#errno === 0) return undefined;
    const gone = this.#errno === ERRNO.ENXIO;
    if (gone) return namedError("ENODEV", "capture", { subject: this.name });
    return new SocketError(this.#errno, "capture", { subject: this.name });
  }

  statistics(): Statistics {
    const room = counters.allocate();
    // They count from the start; of an interface that is gone, what was last known.
    if (native.rawsock_ioctl(this.fd, request("GSTATS"), room, 0) >= 0) {
      this.#received = counters.integer("bs_recv").get(room);
      this.#dropped = counters.integer("bs_drop").get(room);
    }
    return { received: this.#received, dropped: this.#dropped, freezes: 0 };
  }

  leave(): void {
    this.#at = this.#end;
  }
}

/** Windows. */
const NOTHING = { remedy: "this system has no sockets and no devices that capture packets" };

function unsupported(what: string): SocketError {
  return new SocketError(ERRNO.EOPNOTSUPP ?? 0, "capture", { subject: what, remedy: UNSUPPORTED });
}

/** Opens a device; what fails leaves nothing behind. */
export function openDevice(settings: Settings): Device {
  const { interface: wanted, fanout, hardwareStamps, namespace } = settings;
  if (!new Structure("bpf_hdr").exists) throw namedError("EOPNOTSUPP", "capture", NOTHING);
  if (wanted === ANY) throw unsupported(`interface: "${ANY}"`);
  if (fanout !== undefined) throw unsupported("fanout");
  if (hardwareStamps) throw unsupported('timestamps: "hardware"');
  if (namespace !== undefined) throw unsupported("namespace");
  const name = typeof wanted === "string" ? wanted : interfaceName(wanted);
  if (typeof wanted === "string" && !isThere(name)) throw absent(name, "if_nametoindex", true);
  const fd = native.rawsock_device_open(eventSourceMemory());
  if (fd < 0) {
    const remedy = fd === -ERRNO.EACCES || fd === -ERRNO.EPERM ? REMEDY : undefined;
    throw new SocketError(-fd, "open", { subject: "/dev/bpf", remedy });
  }
  try {
    return new Device(fd, name, settings);
  } catch (error) {
    closeOwned(fd);
    throw error;
  }
}

function isThere(name: string): boolean {
  try {
    return check(interfaceIndex(name), "if_nametoindex") > 0;
  } catch (error) {
    if (error instanceof SocketError && error.code === "ENODEV") return false;
    throw error;
  }
}

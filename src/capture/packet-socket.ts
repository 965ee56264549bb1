// Linux: a packet socket with a ring. packet(7).

import { ERRNO, PACKET, SOL } from "../base/constants.ts";
import { check, namedError, SocketError } from "../base/error.ts";
import { bind } from "../calls/socket.ts";
import { constants, native } from "../native/library.ts";
import { cString } from "../native/memory.ts";
import { Structure } from "../native/record.ts";
import { setSocketOption, socketOption } from "../option/option.ts";
import { closeOwned } from "../readiness/ownership.ts";
import { makeSocket } from "../socket/make.ts";
import { absent } from "./absent.ts";
import { InterfaceRequest } from "./interface-request.ts";
import { COOKED, hardwareLink } from "./link.ts";
import type { Link } from "./packet.ts";
import { type CaptureProgram, captureProgram, NOTHING } from "./program.ts";
import { Ring } from "./ring.ts";
import { makeRing, RingMemory } from "./ring-memory.ts";
import { ANY, type Settings } from "./settings.ts";
import type { Batch, Statistics, Tap } from "./tap.ts";

/** What a block may be late besides its time: the kernel's timer, and this process' turn. */
const LATE_MS = 20;

const GONE = "the interface is gone, or in another network namespace";

type Found = { readonly index: number; readonly name: string; readonly link: Link };

/** The interface, as the socket's network namespace has it. */
function find(fd: number, { interface: wanted, namespace }: Settings): Found {
  if (wanted === ANY) return { index: 0, name: ANY, link: COOKED };
  const request = new InterfaceRequest(fd);
  const name = typeof wanted === "string" ? wanted : request.name(wanted);
  if (name === undefined) throw absent(wanted, "ioctl SIOCGIFNAME", namespace === undefined);
  const index = request.index(name);
  if (index === undefined) throw absent(name, "ioctl SIOCGIFINDEX", namespace === undefined);
  const type = request.hardwareType(name);
  return { index, name, link: hardwareLink(check(type, "ioctl SIOCGIFHWADDR", fd)) ?? COOKED };
}

const statistics = new Structure("tpacket_stats_v3");

export class PacketSocket implements Tap {
  readonly fd: number;
  readonly link: Link;
  readonly name: string;
  readonly delay: number;
  readonly timeout: number;
  readonly #index: number;
  readonly #ring: Ring;
  #counted: Statistics = { received: 0, dropped: 0, freezes: 0 };

  constructor(fd: number, found: Found, settings: Settings) {
    this.fd = fd;
    this.link = found.link;
    this.name = found.name;
    this.#index = found.index;
    this.timeout = settings.timeout;
    this.delay = settings.timeout + LATE_MS;
    const program = captureProgram(settings, found.link);
    this.#ring = new Ring(ringOf(fd, settings), {
      link: found.link,
      snaplen: settings.snaplen,
      keepsMore: program.keepsMore,
      filter: program.here,
      lost: () => this.#count().dropped,
      stop: () => setSocketOption(fd, "SO_ATTACH_FILTER", NOTHING),
    });
    try {
      this.#begin(program, settings);
    } catch (error) {
      this.#ring.leave();
      throw error;
    }
  }

  /** Nothing comes before bind(2): the socket has no protocol until then. */
  #begin({ kernel }: CaptureProgram, settings: Settings): void {
    const { fd } = this;
    const { fanout, direction, promiscuous, hardwareStamps } = settings;
    if (direction === "in") ignoreOutgoing(fd);
    if (hardwareStamps) stampByHardware(fd, this.name);
    // What would come before the socket is in its group, others of the group get as well.
    setSocketOption(fd, "SO_ATTACH_FILTER", fanout === undefined ? kernel : NOTHING);
    bind(fd, { family: "packet", ifindex: this.#index, protocol: "all" });
    this.#throwIfDown();
    if (promiscuous) {
      setSocketOption(fd, "PACKET_ADD_MEMBERSHIP", { interface: this.#index, type: "promisc" });
    }
    if (fanout === undefined) return;
    setSocketOption(fd, "PACKET_FANOUT", fanout);
    setSocketOption(fd, "SO_ATTACH_FILTER", kernel);
  }

  #throwIfDown(): void {
    const error = this.failure();
    if (error !== undefined) throw error;
  }

  take(most: number): Batch | undefined {
    return this.#ring.take(most);
  }

  share(): number {
    return this.#ring.share();
  }

  /** The socket's pending error: a bound interface went down, or away. */
  failure(): SocketError | undefined {
    const errno = socketOption(this.fd, "SO_ERROR") as number;
    if (errno === 0) return undefined;
    const { fd, name } = this;
    if (errno !== ERRNO.ENETDOWN) return new SocketError(errno, "capture", { fd, subject: name });
    const isThere = new InterfaceRequest(fd).name(this.#index) !== undefined;
    if (!isThere) return namedError("ENODEV", "capture", { fd, subject: name, remedy: GONE });
    const remedy = `the interface is down: \`ip link set ${name} up\``;
    return new SocketError(errno, "capture", { fd, subject: name, remedy });
  }

  /** Reads the kernel's counters, which then begin again: what they have counted. */
  #count(): Statistics {
    const room = statistics.allocate();
    const { fd } = this;
    const option = PACKET.STATISTICS ?? 0;
    const level = SOL.PACKET ?? 0;
    check(native.rawsock_getsockopt(fd, level, option, room, room.length), "getsockopt", fd);
    const received = statistics.integer("tp_packets").get(room);
    const dropped = statistics.integer("tp_drops").get(room);
    const freezes = statistics.integer("tp_freeze_q_cnt").get(room);
    const before = this.#counted;
    this.#counted = {
      received: before.received + received,
      dropped: before.dropped + dropped,
      freezes: before.freezes + freezes,
    };
    return { received, dropped, freezes };
  }

  statistics(): Statistics {
    const { dropped } = this.#count();
    this.#ring.lose(dropped);
    return this.#counted;
  }

  leave(): void {
    this.#ring.leave();
  }
}

/** A kernel before 4.20 does not know the option: the filter does it. */
function ignoreOutgoing(fd: number): void {
  try {
    setSocketOption(fd, "PACKET_IGNORE_OUTGOING", true);
  } catch (error) {
    if (!(error instanceof SocketError) || error.code !== "ENOPROTOOPT") throw error;
  }
}

const NO_STAMPS = 'the card or its driver stamps no packets: timestamps: "software"';
const STAMP_PRIVILEGE = "it needs CAP_NET_ADMIN: run with sudo";

/** Has the card stamp packets, and the ring show its stamps. */
function stampByHardware(fd: number, name: string): void {
  const status = native.rawsock_ring_stamp_by_hardware(fd, cString(name));
  if (status < 0) {
    const remedy = status === -ERRNO.EPERM ? STAMP_PRIVILEGE : NO_STAMPS;
    throw new SocketError(-status, "ioctl SIOCSHWTSTAMP", { fd, subject: name, remedy });
  }
  setSocketOption(fd, "PACKET_TIMESTAMP", constants.SOF_TIMESTAMPING?.RAW_HARDWARE ?? 0);
}

function ringOf(fd: number, { ring, timeout, mayShrink }: Settings): RingMemory {
  const made = makeRing(fd, ring, timeout, mayShrink, ERRNO.ENOMEM ?? 0);
  if (made instanceof RingMemory) return made;
  const { status, syscall } = made;
  const { blockSize, blocks } = ring;
  const short = status === -(ERRNO.ENOMEM ?? 0);
  const remedy = short ? "there is no memory for it: ask for fewer or smaller blocks" : undefined;
  const subject = `PACKET_RX_RING of ${blocks} blocks of ${blockSize} bytes`;
  throw new SocketError(-status, syscall, { fd, subject, remedy });
}

/** Opens a capture's socket; what fails leaves nothing behind. */
export function openPacketSocket(settings: Settings): PacketSocket {
  const options = settings.namespace === undefined ? {} : { namespace: settings.namespace };
  const raw = makeSocket("packet", "raw", 0, options).fd;
  const found = closingOnError(raw, () => find(raw, settings));
  if (found.link !== COOKED) {
    return closingOnError(raw, () => new PacketSocket(raw, found, settings));
  }
  close(raw);
  const cooked = makeSocket("packet", "dgram", 0, options).fd;
  return closingOnError(cooked, () => new PacketSocket(cooked, found, settings));
}

function close(fd: number): void {
  closeOwned(fd);
}

function closingOnError<T>(fd: number, body: () => T): T {
  try {
    return body();
  } catch (error) {
    close(fd);
    throw error;
  }
}

// Socket options by the kernel's name, which fixes level and type; raw.ts takes any as bytes.
// getsockopt(2), setsockopt(2), socket(7). The options themselves are listed in option/table.

import { ERRNO } from "../base/constants.ts";
import { type Descriptor, descriptor } from "../base/descriptor.ts";
import { failure, SocketError } from "../base/error.ts";
import { knownKeys, wrongType } from "../base/validate.ts";
import { native } from "../native/library.ts";
import { allocate } from "../native/memory.ts";
import { DEFAULT_ROOM, Request } from "./codec.ts";
import { LENGTH_MAX } from "./raw.ts";
import {
  type Option,
  type OptionInput,
  type OptionInputs,
  type OptionLevel,
  type OptionName,
  type OptionValue,
  type OptionValues,
  option,
  optionsOf,
} from "./table.ts";

/**
 * getsockopt(2) by name: flags are booleans, counts and sizes numbers; OPTIONS.md lists them all.
 * TypeError: no such option, not one of this platform, or one that can only be set.
 */
export function socketOption<Name extends OptionName>(
  fd: Descriptor,
  name: Name,
): OptionValue<Name> {
  const number = descriptor(fd, "getsockopt");
  const wanted = option(name);
  if (wanted.codec.decode === undefined || wanted.access === "write") {
    throw new TypeError(`${name} can only be set`);
  }
  const bytes = read(number, wanted);
  if (typeof bytes === "number") throw refused(bytes, "getsockopt", number, wanted);
  return wanted.codec.decode(bytes) as OptionValue<Name>;
}

/**
 * setsockopt(2) by name. TypeError or RangeError, before anything is set: no such option, not one
 * of this platform, one that can only be read, or a value that does not fit.
 *
 * SO_REUSEADDR on Windows is not what it is elsewhere: a server there binds to a port in TIME_WAIT
 * without it, and with it to a port that another program is listening at, whose connections it may
 * get. A server on Windows sets SO_EXCLUSIVEADDRUSE instead, so that nobody does that to it.
 */
export function setSocketOption<Name extends OptionName>(
  fd: Descriptor,
  name: Name,
  value: OptionInput<Name>,
): void {
  const number = descriptor(fd, "setsockopt");
  write(number, encoded(name, value));
}

const LEVEL_KEYS: ReadonlySet<string> = new Set(["level"]);

/**
 * Every option of a level, or of "all", that the socket answers. Left out are what it refuses, what
 * can only be set, and what reading would change or make: SO_ERROR, SO_PEERPIDFD, TCP_SAVED_SYN,
 * PACKET_STATISTICS and the like, which `socketOption` reads.
 */
export function socketOptions(
  fd: Descriptor,
  options: { readonly level?: OptionLevel | "all" | number } = {},
): Partial<OptionValues> {
  const number = descriptor(fd, "getsockopt");
  if (typeof options !== "object" || options === null) {
    throw wrongType("options", "an object", options);
  }
  knownKeys(options, LEVEL_KEYS);
  const values: Record<string, unknown> = {};
  for (const wanted of optionsOf(options.level ?? "socket")) {
    const { codec, access } = wanted;
    if (codec.decode === undefined || access === "write" || access === "take") continue;
    const bytes = read(number, wanted);
    if (typeof bytes !== "number") values[wanted.name] = codec.decode(bytes);
    else if (NO_SOCKET.has(-bytes)) throw failure(bytes, "getsockopt", number);
  }
  return values as Partial<OptionValues>;
}

/** Refusals that concern the descriptor and not the option. */
const NO_SOCKET: ReadonlySet<number | undefined> = new Set([ERRNO.EBADF, ERRNO.ENOTSOCK]);

/**
 * Sets several options in the order given. Names and values are all checked before the first is
 * set; where the kernel refuses one, the error names it and those before it stay set.
 */
export function setSocketOptions(fd: Descriptor, values: Partial<OptionInputs>): void {
  const number = descriptor(fd, "setsockopt");
  if (typeof values !== "object" || values === null) {
    throw wrongType("values", "an object of options", values);
  }
  const settings = Object.entries(values).map(([name, value]) => encoded(name, value));
  for (const setting of settings) write(number, setting);
}

/** An option and what it is to be set to. */
type Setting = {
  readonly option: Option;
  readonly value: Uint8Array | Request;
  /** As it was given. */
  readonly input: unknown;
};

function encoded(name: string, value: unknown): Setting {
  const wanted = option(name);
  if (wanted.codec.encode === undefined || wanted.access === "read" || wanted.access === "take") {
    throw new TypeError(`${name} can only be read`);
  }
  return { option: wanted, value: wanted.codec.encode(value, name), input: value };
}

function write(fd: number, { option: wanted, value, input }: Setting): void {
  const other = value instanceof Request;
  const bytes = other ? value.bytes : value;
  const { level, number } = other ? value : wanted;
  const status = native.rawsock_setsockopt(fd, level, number, bytes, 0, bytes.length);
  if (status < 0) throw refused(status, "setsockopt", fd, wanted, input);
}

const scratch = allocate(4096);
/** What SO_PEERSEC and SO_PEERGROUPS say where there is too little room. */
const TOO_SHORT = -(ERRNO.ERANGE ?? 0);

/** The option's bytes, until the next call, or -errno. */
function read(fd: number, wanted: Option): Uint8Array | number {
  const room = wanted.codec.room ?? DEFAULT_ROOM;
  // Some options take input: they see zeros.
  scratch.fill(0, 0, room);
  const size = native.rawsock_getsockopt(fd, wanted.level, wanted.number, scratch, room);
  if (size >= 0 && size <= room) return scratch.subarray(0, size);
  // Lists of unknown length say ERANGE, or how long they are.
  return size > room || size === TOO_SHORT ? readLong(fd, wanted) : size;
}

function readLong(fd: number, { level, number }: Option): Uint8Array | number {
  for (let room = scratch.length; ; room *= 16) {
    const bytes = allocate(room);
    const size = native.rawsock_getsockopt(fd, level, number, bytes, room);
    if (size >= 0 && size <= room) return bytes.subarray(0, size);
    if (size < 0 && (size !== TOO_SHORT || room >= LENGTH_MAX)) return size;
  }
}

const LOCKED = "the filter is locked: SO_LOCK_FILTER";
const PRIVILEGE =
  "it needs CAP_NET_ADMIN, or CAP_NET_RAW where that suffices: run with sudo, or once " +
  '`sudo setcap cap_net_admin,cap_net_raw+ep "$(readlink -f "$(which bun)")"`';
const OPTION_MEMORY = "a larger net.core.optmem_max allows longer filters";
const REPAIR = "tcp(7): set TCP_REPAIR first, which needs CAP_NET_ADMIN";

/** The refusal of an option, with the cure where it is a matter of privilege. */
function refused(
  result: number,
  syscall: string,
  fd: number,
  { name }: Option,
  input?: unknown,
): SocketError {
  const remedy = remedyFor(name, result);
  const missing = result === -(ERRNO.ENODEV ?? 0) ? interfaceIn(input) : undefined;
  const subject = missing === undefined ? name : `${name} ${missing}`;
  return new SocketError(-result, syscall, { fd, subject, remedy });
}

/** The interface that a value names: itself, in a field, or behind a group's address. */
function interfaceIn(input: unknown): unknown {
  if (typeof input !== "object" || input === null) return input;
  if ("interface" in input) return input.interface;
  return "group" in input ? String(input.group).split("%")[1] : undefined;
}

function remedyFor(name: string, result: number): string | undefined {
  const isFilter = /_FILTER$/.test(name);
  if (result === -(ERRNO.ENOMEM ?? 0)) return isFilter ? OPTION_MEMORY : undefined;
  if (result !== -ERRNO.EPERM) return undefined;
  if (isFilter) return LOCKED;
  return /^TCP_(REPAIR_|QUEUE_SEQ|TIMESTAMP)/.test(name) ? REPAIR : PRIVILEGE;
}

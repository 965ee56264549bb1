// The descriptor of a device: /dev/net/tun, or what the system has in its place.

import { failure, SocketError } from "../base/error.ts";
import {
  boolean,
  encodableText,
  integer,
  knownKeys,
  oneOf,
  U16_MAX,
  wrongType,
} from "../base/validate.ts";
import {
  entryOf,
  failedStep,
  type NetworkNamespace,
  notEntered,
  type Step,
  stepBytes,
} from "../calls/namespace.ts";
import { native } from "../native/library.ts";
import { allocate, decodeText } from "../native/memory.ts";
import { Structure } from "../native/record.ts";
import { eventSourceMemory } from "../readiness/ownership.ts";

/** IP packets, or Ethernet frames. */
export type TunMode = "tun" | "tap";

/** Which interface `Tun.open` makes or takes, and what stands before its packets. */
export type TunOptions = {
  /**
   * The interface's name, of at most 15 bytes. "vpn%d" takes the first number that is free; where
   * it is left out that is "tun%d" or "tap%d".
   */
  readonly name?: string;
  /** IP packets, "tun", unless told; "tap": Ethernet frames. */
  readonly mode?: TunMode;
  /** The interface may be opened several times, with this option each time. */
  readonly multiQueue?: boolean;
  /**
   * Each packet has a struct virtio_net_hdr before it, which tells of checksums and segments that
   * are left to the other side. A number is the header's size, 10 unless told.
   */
  readonly virtioHeader?: boolean | number;
  /** The interface stays when it is closed. Some kernels let anybody open one without an owner. */
  readonly persist?: boolean;
  /** Fails with EBUSY where the interface is there already. */
  readonly exclusive?: boolean;
  /** The network namespace of the interface, which takes CAP_SYS_ADMIN to enter. */
  readonly namespace?: NetworkNamespace;
};

const KEYS: ReadonlySet<string> = new Set([
  "name",
  "mode",
  "multiQueue",
  "virtioHeader",
  "persist",
  "exclusive",
  "namespace",
]);
const MODES = ["tun", "tap"] as const;

/** As zig/tun_options.zig numbers them. */
const TAP = 1;
const MULTI_QUEUE = 2;
const VIRTIO_HEADER = 4;
const EXCLUSIVE = 8;

/** IFNAMSIZ with the NUL. */
const NAME_MAX = 15;
const nameBytes = allocate(NAME_MAX + 1);
const encoder = new TextEncoder();
const header = new Structure("virtio_net_hdr");

export type Opened = {
  readonly fd: number;
  readonly name: string;
  readonly mode: TunMode;
  readonly multiQueue: boolean;
  /** Of the virtio header before each packet; 0: there is none. */
  readonly headerSize: number;
};

/** Checks everything, then opens. */
export function openDevice(options: TunOptions): Opened {
  knownKeys(options, KEYS);
  const { namespace } = options;
  const mode = options.mode === undefined ? "tun" : oneOf(options.mode, "mode", MODES);
  const multiQueue = flag(options.multiQueue, "multiQueue");
  const headerSize = sizeOf(options.virtioHeader);
  const name = options.name === undefined ? "" : nameOf(options.name);
  flag(options.persist, "persist");
  const flags =
    (mode === "tap" ? TAP : 0) |
    (multiQueue ? MULTI_QUEUE : 0) |
    (headerSize > 0 ? VIRTIO_HEADER : 0) |
    (flag(options.exclusive, "exclusive") ? EXCLUSIVE : 0);
  const { fd: entry, path } = namespace === undefined ? HERE : entryOf(namespace);
  nameBytes.fill(0);
  encoder.encodeInto(name, nameBytes);
  const memory = eventSourceMemory();
  const fd = native.rawsock_tun_open(memory, entry, path, nameBytes, flags, stepBytes);
  if (fd < 0) throw refused(fd, failedStep(), name, namespace);
  const end = nameBytes.indexOf(0);
  const given = decodeText(nameBytes.subarray(0, end < 0 ? nameBytes.length : end));
  return { fd, name: given, mode, multiQueue, headerSize };
}

const HERE = { fd: -1, path: null } as const;

function flag(value: unknown, name: string): boolean {
  return value === undefined ? false : boolean(value, name);
}

/** A name that the kernel takes, or a pattern: dev_valid_name() and dev_alloc_name(). */
function nameOf(value: unknown): string {
  const name = encodableText(value, "name");
  const { length } = encoder.encode(name);
  if (length < 1 || length > NAME_MAX) {
    throw new RangeError(`name must have 1 to ${NAME_MAX} bytes, not ${length}`);
  }
  if (name === "." || name === ".." || /[/:\s]/.test(name)) {
    throw new TypeError(`name must not be ".", "..", or hold "/", ":" or space: "${name}"`);
  }
  if (name.replace("%d", "").includes("%")) {
    throw new TypeError(`name may hold "%d" once and no other "%": "${name}"`);
  }
  return name;
}

function sizeOf(virtioHeader: unknown): number {
  if (virtioHeader === undefined || virtioHeader === false) return 0;
  if (virtioHeader === true) return header.size;
  if (typeof virtioHeader !== "number") {
    throw wrongType("virtioHeader", "a boolean or a size", virtioHeader);
  }
  return integer(virtioHeader, "virtioHeader", header.size, U16_MAX);
}

const DEVICE_REMEDIES: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "there is none: `sudo modprobe tun`; into a container, `--device /dev/net/tun`"],
  ["ENODEV", "the kernel's driver is not loaded: `sudo modprobe tun`"],
  ["ENXIO", "the kernel's driver is not loaded: `sudo modprobe tun`"],
  ["EACCES", "this user may not open it: run with sudo, or `sudo chmod 666 /dev/net/tun`"],
  ["EPERM", "opening it is forbidden here: into a container, `--device /dev/net/tun`"],
  ["EOPNOTSUPP", "this system has no such device"],
]);
const ATTACH_REMEDIES: ReadonlyMap<string, string> = new Map([
  [
    "EPERM",
    "making a network device needs CAP_NET_ADMIN: run with sudo; one that is persistent can be " +
      "opened by its owner and group",
  ],
  [
    "EBUSY",
    "it is in use, and only where all open it with `multiQueue: true` can several do so; or " +
      "there must be none yet, with `exclusive: true`",
  ],
  ["EINVAL", "an interface of this name is no such device, or was made with other options"],
]);

function refused(
  result: number,
  step: Step,
  name: string,
  namespace: NetworkNamespace | undefined,
): SocketError {
  const { code } = failure(result, step);
  if (step === "device") {
    const remedy = DEVICE_REMEDIES.get(code);
    return new SocketError(-result, "open", { subject: "/dev/net/tun", remedy });
  }
  if (step !== "attach") return notEntered(result, step, namespace ?? "");
  const remedy = ATTACH_REMEDIES.get(code);
  const subject = name === "" ? {} : { subject: name };
  return new SocketError(-result, "ioctl TUNSETIFF", { ...subject, remedy });
}

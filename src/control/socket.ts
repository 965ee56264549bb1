// Control messages of the socket level: passed descriptors, credentials, times, counters.
// unix(7), socket(7), Documentation/networking/timestamping.rst.

import { SCM, SO, SOL } from "../base/constants.ts";
import { integer, wrongType } from "../base/validate.ts";
import { Structure } from "../native/record.ts";
import { at, type ControlCodec, integerAt, nanosecondsAt, setNanoseconds, time } from "./codec.ts";

export type SocketControl =
  | { kind: "rights"; fds: number[] }
  | { kind: "credentials"; pid: number; uid: number; gid: number }
  | { kind: "pidfd"; fd: number }
  | { kind: "timestamp"; time: bigint }
  | { kind: "timestamping"; software?: bigint; hardware?: bigint; flags?: number }
  | { kind: "txtime"; time: bigint }
  | { kind: "overflow"; dropped: number }
  | { kind: "mark"; value: number }
  | { kind: "priority"; value: number };

type Of<Kind extends SocketControl["kind"]> = Extract<SocketControl, { kind: Kind }>;

const INT32_MAX = 2 ** 31 - 1;
const U32_MAX = 0xffff_ffff;
const DESCRIPTOR_SIZE = 4;

const ucred = new Structure("ucred");
const [PID] = ucred.field("pid");
const [UID] = ucred.field("uid");
const [GID] = ucred.field("gid");
const timespec = new Structure("timespec");
const [SECONDS] = timespec.field("tv_sec");
const [NANOSECONDS] = timespec.field("tv_nsec");
const timeval = new Structure("timeval");
const [TIMEVAL_SECONDS] = timeval.field("tv_sec");
const [MICROSECONDS] = timeval.field("tv_usec");

/** Where the stamps lie: software, one that is no longer used, hardware. */
const STAMPS = 3;
const SOFTWARE = 0;
const HARDWARE = 2 * timespec.size;
/** SO_TIMESTAMPING as it is sent: the flags for this message. */
const TIMESTAMPING_FLAGS_SIZE = 4;

const stamp = {
  size: () => timespec.size,
  encode(message: Of<"timestamp">, view: DataView, at: number) {
    setNanoseconds(view, at + SECONDS, NANOSECONDS - SECONDS, time(message.time, "time"));
  },
  decode(view: DataView, at: number, length: number): Of<"timestamp"> | null {
    if (length !== timespec.size) return null;
    return { kind: "timestamp", time: timespecAt(view, at) };
  },
};

/** SO_TIMESTAMP's struct timeval. */
const microStamp = {
  takes: () => false,
  size: () => timeval.size,
  encode: stamp.encode,
  decode(view: DataView, at: number, length: number): Of<"timestamp"> | null {
    if (length !== timeval.size) return null;
    const seconds = at + TIMEVAL_SECONDS;
    const distance = MICROSECONDS - TIMEVAL_SECONDS;
    return { kind: "timestamp", time: nanosecondsAt(view, seconds, distance, 1000) };
  },
};

function timespecAt(view: DataView, at: number): bigint {
  return nanosecondsAt(view, at + SECONDS, NANOSECONDS - SECONDS, 1);
}

const timestamping = {
  receivedSize: STAMPS * timespec.size,
  size: ({ flags }: Of<"timestamping">) =>
    flags === undefined ? STAMPS * timespec.size : TIMESTAMPING_FLAGS_SIZE,
  encode(message: Of<"timestamping">, view: DataView, at: number) {
    const { software, hardware, flags } = message;
    if (flags !== undefined) {
      if (software !== undefined || hardware !== undefined) {
        throw new TypeError("timestamping has either flags, to send, or times");
      }
      view.setUint32(at, integer(flags, "flags", 0, U32_MAX), true);
      return;
    }
    const distance = NANOSECONDS - SECONDS;
    const first = at + SECONDS;
    setNanoseconds(view, first + SOFTWARE, distance, time(software ?? 0n, "software"));
    setNanoseconds(view, first + HARDWARE, distance, time(hardware ?? 0n, "hardware"));
  },
  decode(view: DataView, at: number, length: number): Of<"timestamping"> | null {
    if (length === TIMESTAMPING_FLAGS_SIZE) {
      return { kind: "timestamping", flags: view.getUint32(at, true) };
    }
    if (length !== STAMPS * timespec.size) return null;
    const message: Of<"timestamping"> = { kind: "timestamping" };
    const software = timespecAt(view, at + SOFTWARE);
    const hardware = timespecAt(view, at + HARDWARE);
    // A stamp that was not taken is zero.
    if (software !== 0n) message.software = software;
    if (hardware !== 0n) message.hardware = hardware;
    return message;
  },
};

/** The kinds, by type. What arrives in two layouts is sent in the one that is listed first. */
export const socketCodecs: readonly ControlCodec[] = [
  at<Of<"rights">>([SOL.SOCKET, SCM.RIGHTS], "rights", {
    size({ fds }) {
      if (!Array.isArray(fds)) throw wrongType("fds", "an array", fds);
      return fds.length * DESCRIPTOR_SIZE;
    },
    encode({ fds }, view, at) {
      for (const [index, fd] of fds.entries()) {
        const number = integer(fd, `fds[${index}]`, 0, INT32_MAX);
        view.setInt32(at + index * DESCRIPTOR_SIZE, number, true);
      }
    },
    decode(view, at, length) {
      if (length % DESCRIPTOR_SIZE !== 0) return null;
      const fds: number[] = [];
      for (let place = at; place < at + length; place += DESCRIPTOR_SIZE) {
        fds.push(view.getInt32(place, true));
      }
      return { kind: "rights", fds };
    },
  }),
  at<Of<"credentials">>([SOL.SOCKET, SCM.CREDENTIALS], "credentials", {
    size: () => ucred.size,
    encode({ pid, uid, gid }, view, at) {
      view.setInt32(at + PID, integer(pid, "pid", 0, INT32_MAX), true);
      view.setUint32(at + UID, integer(uid, "uid", 0, U32_MAX), true);
      view.setUint32(at + GID, integer(gid, "gid", 0, U32_MAX), true);
    },
    decode(view, at, length) {
      if (length !== ucred.size) return null;
      const pid = view.getInt32(at + PID, true);
      const uid = view.getUint32(at + UID, true);
      return { kind: "credentials", pid, uid, gid: view.getUint32(at + GID, true) };
    },
  }),
  integerAt([SOL.SOCKET, SCM.PIDFD], "pidfd", "fd", { most: INT32_MAX, signed: true }),
  at<Of<"timestamp">>([SOL.SOCKET, SO.TIMESTAMPNS_OLD ?? SCM.TIMESTAMPNS], "timestamp", stamp),
  at<Of<"timestamp">>([SOL.SOCKET, SO.TIMESTAMPNS_NEW], "timestamp", stamp),
  at<Of<"timestamp">>([SOL.SOCKET, SO.TIMESTAMP_OLD ?? SCM.TIMESTAMP], "timestamp", microStamp),
  at<Of<"timestamp">>([SOL.SOCKET, SO.TIMESTAMP_NEW], "timestamp", microStamp),
  at<Of<"timestamping">>([SOL.SOCKET, SO.TIMESTAMPING_OLD], "timestamping", timestamping),
  at<Of<"timestamping">>([SOL.SOCKET, SO.TIMESTAMPING_NEW], "timestamping", timestamping),
  at<Of<"txtime">>([SOL.SOCKET, SCM.TXTIME], "txtime", {
    size: () => 8,
    encode(message, view, at) {
      view.setBigInt64(at, time(message.time, "time"), true);
    },
    decode(view, at, length) {
      return length === 8 ? { kind: "txtime", time: view.getBigInt64(at, true) } : null;
    },
  }),
  integerAt([SOL.SOCKET, SO.RXQ_OVFL], "overflow", "dropped", { most: U32_MAX }),
  integerAt([SOL.SOCKET, SO.MARK], "mark", "value", { most: U32_MAX }),
  integerAt([SOL.SOCKET, SO.PRIORITY], "priority", "value", { most: U32_MAX }),
].flat();

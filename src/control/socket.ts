// Control messages of the socket level: passed descriptors, credentials, times, counters.
// unix(7), socket(7), Documentation/networking/timestamping.rst.

import { SCM, SO, SOL } from "../base/constants.ts";
import { I32_MAX, integer, U32_MAX, wrongType } from "../base/validate.ts";
import { Structure } from "../native/record.ts";
import {
  at,
  type ControlCodec,
  integerAt,
  nanosecondsAt,
  type Shape,
  setNanoseconds,
  time,
} from "./codec.ts";

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

const DESCRIPTOR_SIZE = 4;

const timespec = new Structure("timespec");

/** A struct timespec at a fixed place. */
function timespecCodec() {
  const seconds = timespec.offset("tv_sec");
  const distance = timespec.offset("tv_nsec") - seconds;
  return {
    get: (view: DataView, at: number) => nanosecondsAt(view, at + seconds, distance, 1),
    set: (view: DataView, at: number, value: bigint) =>
      setNanoseconds(view, at + seconds, distance, value),
  };
}

function stamp(): Shape<Of<"timestamp">> {
  const codec = timespecCodec();
  const { size } = timespec;
  return {
    size: () => size,
    encode(message, view, at) {
      codec.set(view, at, time(message.time, "time"));
    },
    decode(view, at, length) {
      return length === size ? { kind: "timestamp", time: codec.get(view, at) } : null;
    },
  };
}

/** SO_TIMESTAMP's struct timeval, which is received alone. */
function microStamp(): Shape<Of<"timestamp">> {
  const timeval = new Structure("timeval");
  const seconds = timeval.offset("tv_sec");
  const distance = timeval.offset("tv_usec") - seconds;
  const { size } = timeval;
  return {
    takes: () => false,
    size: () => size,
    encode() {},
    decode(view, at, length) {
      if (length !== size) return null;
      return { kind: "timestamp", time: nanosecondsAt(view, at + seconds, distance, 1000) };
    },
  };
}

/** SO_TIMESTAMPING as it is sent: the flags for this message. */
const TIMESTAMPING_FLAGS_SIZE = 4;

function timestamping(): Shape<Of<"timestamping">> {
  const codec = timespecCodec();
  /** Software, one that is no longer used, hardware. */
  const whole = 3 * timespec.size;
  const hardwareAt = 2 * timespec.size;
  return {
    receivedSize: whole,
    size: ({ flags }) => (flags === undefined ? whole : TIMESTAMPING_FLAGS_SIZE),
    encode({ software, hardware, flags }, view, at) {
      if (flags !== undefined) {
        if (software !== undefined || hardware !== undefined) {
          throw new TypeError("timestamping has either flags, to send, or times");
        }
        view.setUint32(at, integer(flags, "flags", 0, U32_MAX), true);
        return;
      }
      codec.set(view, at, time(software ?? 0n, "software"));
      codec.set(view, at + hardwareAt, time(hardware ?? 0n, "hardware"));
    },
    decode(view, at, length) {
      if (length === TIMESTAMPING_FLAGS_SIZE) {
        return { kind: "timestamping", flags: view.getUint32(at, true) };
      }
      if (length !== whole) return null;
      const message: Of<"timestamping"> = { kind: "timestamping" };
      const software = codec.get(view, at);
      const hardware = codec.get(view, at + hardwareAt);
      // A stamp that was not taken is zero.
      if (software !== 0n) message.software = software;
      if (hardware !== 0n) message.hardware = hardware;
      return message;
    },
  };
}

const rights = (): Shape<Of<"rights">> => ({
  size({ fds }) {
    if (!Array.isArray(fds)) throw wrongType("fds", "an array", fds);
    return fds.length * DESCRIPTOR_SIZE;
  },
  encode({ fds }, view, at) {
    for (const [index, fd] of fds.entries()) {
      const number = integer(fd, `fds[${index}]`, 0, I32_MAX);
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
});

function credentials(): Shape<Of<"credentials">> {
  const ucred = new Structure("ucred");
  const pidAt = ucred.offset("pid");
  const uidAt = ucred.offset("uid");
  const gidAt = ucred.offset("gid");
  const { size } = ucred;
  return {
    size: () => size,
    encode({ pid, uid, gid }, view, at) {
      view.setInt32(at + pidAt, integer(pid, "pid", 0, I32_MAX), true);
      view.setUint32(at + uidAt, integer(uid, "uid", 0, U32_MAX), true);
      view.setUint32(at + gidAt, integer(gid, "gid", 0, U32_MAX), true);
    },
    decode(view, at, length) {
      if (length !== size) return null;
      const pid = view.getInt32(at + pidAt, true);
      const uid = view.getUint32(at + uidAt, true);
      return { kind: "credentials", pid, uid, gid: view.getUint32(at + gidAt, true) };
    },
  };
}

const txtime = (): Shape<Of<"txtime">> => ({
  size: () => 8,
  encode(message, view, at) {
    view.setBigInt64(at, time(message.time, "time"), true);
  },
  decode(view, at, length) {
    return length === 8 ? { kind: "txtime", time: view.getBigInt64(at, true) } : null;
  },
});

/** The kinds, by type. What arrives in two layouts is sent in the one that is listed first. */
export const socketCodecs = (): readonly ControlCodec[] =>
  [
    at<Of<"rights">>([SOL.SOCKET, SCM.RIGHTS], "rights", rights),
    at<Of<"credentials">>([SOL.SOCKET, SCM.CREDENTIALS], "credentials", credentials),
    integerAt([SOL.SOCKET, SCM.PIDFD], "pidfd", "fd", { most: I32_MAX, signed: true }),
    at<Of<"timestamp">>([SOL.SOCKET, SO.TIMESTAMPNS_OLD ?? SCM.TIMESTAMPNS], "timestamp", stamp),
    at<Of<"timestamp">>([SOL.SOCKET, SO.TIMESTAMPNS_NEW], "timestamp", stamp),
    at<Of<"timestamp">>([SOL.SOCKET, SO.TIMESTAMP_OLD ?? SCM.TIMESTAMP], "timestamp", microStamp),
    at<Of<"timestamp">>([SOL.SOCKET, SO.TIMESTAMP_NEW], "timestamp", microStamp),
    at<Of<"timestamping">>([SOL.SOCKET, SO.TIMESTAMPING_OLD], "timestamping", timestamping),
    at<Of<"timestamping">>([SOL.SOCKET, SO.TIMESTAMPING_NEW], "timestamping", timestamping),
    at<Of<"txtime">>([SOL.SOCKET, SCM.TXTIME], "txtime", txtime),
    integerAt([SOL.SOCKET, SO.RXQ_OVFL], "overflow", "dropped", { most: U32_MAX }),
    integerAt([SOL.SOCKET, SO.MARK], "mark", "value", { most: U32_MAX }),
    integerAt([SOL.SOCKET, SO.PRIORITY], "priority", "value", { most: U32_MAX }),
  ].flat();

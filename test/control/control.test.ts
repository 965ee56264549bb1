import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  AF,
  type ControlMessage,
  decodeControl,
  ERRNO,
  encodeControl,
  IP,
  IPPROTO,
  Message,
  recvmsg,
  SO,
  SOL,
  Sockaddr,
  sendmsg,
  socketpair,
} from "../../src/index.ts";
import { Descriptors } from "../support/descriptors.ts";
import { run } from "../support/namespace.ts";
import { patience } from "../support/patience.ts";
import { python, testWith } from "../support/requirements.ts";
import { furtherKinds, kind, u8, u16, u32 } from "./further-kinds.ts";

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const natural = fc.nat(2 ** 31 - 1);
const nanoseconds = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const positive = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });
const inet = fc.ipV4();
const inet6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => {
  return Sockaddr.from(new Uint8Array([AF.INET6, 0, 0, 0, 0, 0, 0, 0, ...bytes, 0, 0, 0, 0]))
    .address as string;
});
const socket4 = fc.tuple(inet, u16).map(([address, port]) => Sockaddr.inet(address, port));
const socket6 = fc.tuple(inet6, u16).map(([address, port]) => Sockaddr.inet6(address, port));

/** Every kind, in the form in which it is decoded. */
const kinds: Record<string, fc.Arbitrary<ControlMessage>> = {
  rights: fc.record({ kind: kind("rights"), fds: fc.array(natural) }),
  credentials: fc.record({ kind: kind("credentials"), pid: natural, uid: u32, gid: u32 }),
  pidfd: fc.record({ kind: kind("pidfd"), fd: natural }),
  timestamp: fc.record({ kind: kind("timestamp"), time: nanoseconds }),
  timestamping: fc.record(
    { kind: kind("timestamping"), software: positive, hardware: positive },
    { requiredKeys: ["kind"] },
  ),
  "timestamping flags": fc.record({ kind: kind("timestamping"), flags: u32 }),
  txtime: fc.record({ kind: kind("txtime"), time: nanoseconds }),
  overflow: fc.record({ kind: kind("overflow"), dropped: u32 }),
  mark: fc.record({ kind: kind("mark"), value: u32 }),
  priority: fc.record({ kind: kind("priority"), value: u32 }),
  "pktinfo of IPv4": fc.record({
    kind: kind("pktinfo"),
    ifindex: natural,
    address: inet,
    // in_pktinfo of Windows has no such field.
    ...(process.platform === "win32" ? {} : { specDst: inet }),
  }),
  "pktinfo of IPv6": fc.record({ kind: kind("pktinfo"), ifindex: natural, address: inet6 }),
  ttl: fc.record({ kind: kind("ttl"), value: u8 }),
  tos: fc.record({ kind: kind("tos"), value: u8 }),
  hoplimit: fc.record({ kind: kind("hoplimit"), value: fc.integer({ min: -1, max: 255 }) }),
  tclass: fc.record({ kind: kind("tclass"), value: fc.integer({ min: -1, max: 255 }) }),
  flowinfo: fc.record({ kind: kind("flowinfo"), value: u32 }),
  origdstaddr: fc.record({ kind: kind("origdstaddr"), address: fc.oneof(socket4, socket6) }),
  fragsize: fc.record({ kind: kind("fragsize"), size: natural }),
  segment: fc.record({ kind: kind("segment"), size: u16 }),
  gro: fc.record({ kind: kind("gro"), size: natural }),
  error: fc.record({
    kind: kind("error"),
    errno: fc.constant(ERRNO.EHOSTUNREACH as number),
    code: fc.constant("EHOSTUNREACH"),
    origin: fc.constantFrom("none", "local", "icmp", "icmp6", "zerocopy", "txtime", 99),
    type: u8,
    icmpCode: u8,
    info: u32,
    // Zero is left out where it says nothing.
    data: u32.map((data) => (data | 1) >>> 0),
    offender: fc.oneof(fc.constant(null), socket4, socket6),
  }) as fc.Arbitrary<ControlMessage>,
  auxdata: fc.record({
    kind: kind("auxdata"),
    // Without the bits that the other fields tell.
    status: u32.map((status) => (status & ~0xdc) >>> 0),
    length: u32,
    snaplen: u32,
    checksum: fc.constant("unknown" as const),
    losing: fc.constant(false),
  }),
  ...furtherKinds,
  unknown: fc.record({
    kind: kind("unknown"),
    level: int32.map((level) => level | 0x4000_0000),
    type: int32,
    data: fc.uint8Array({ maxLength: 100 }),
  }),
};

/** Linux has them all. */
function isKnown(arbitrary: fc.Arbitrary<ControlMessage>): boolean {
  if (process.platform === "linux") return true;
  try {
    encodeControl(fc.sample(arbitrary, 1));
    return true;
  } catch (error) {
    if (error instanceof TypeError && error.message.startsWith("unknown kind")) return false;
    throw error;
  }
}

const anyKind = fc.oneof(...Object.values(kinds).filter(isKnown));

/** With addresses as text, which toEqual compares by value. */
function plain(control: readonly ControlMessage[]): unknown {
  return control.map((message) =>
    Object.fromEntries(
      Object.entries(message).map(([key, value]) => [
        key,
        value instanceof Sockaddr ? value.toString() : value,
      ]),
    ),
  );
}

for (const [name, arbitrary] of Object.entries(kinds)) {
  test.skipIf(!isKnown(arbitrary))(`${name} comes back from its bytes as it was`, () => {
    fc.assert(
      fc.property(arbitrary, (message) => {
        const bytes = encodeControl([message]);
        expect(bytes.length % 8).toBe(0);
        expect(plain(decodeControl(bytes))).toEqual(plain([message]));
      }),
    );
  });
}

test("several control messages at once keep their order", () => {
  fc.assert(
    fc.property(fc.array(anyKind, { maxLength: 20 }), (control) => {
      expect(plain(decodeControl(encodeControl(control)))).toEqual(plain(control));
    }),
  );
  expect(encodeControl([])).toEqual(new Uint8Array(0));
  expect(decodeControl(new Uint8Array(0))).toEqual([]);
});

test("integers of different kinds and lengths in turn are told apart", () => {
  const all: ControlMessage[] = [
    { kind: "ttl", value: 7 },
    { kind: "gro", size: 7 },
    { kind: "overflow", dropped: 0xffff_ffff },
    { kind: "hoplimit", value: -1 },
    { kind: "segment", size: 7 },
  ];
  const kinds = all.filter((message) => isKnown(fc.constant(message)));
  for (const first of kinds) {
    for (const second of kinds) {
      for (const one of [first, first, second]) {
        expect(decodeControl(encodeControl([one]))).toEqual([one]);
      }
    }
    // A length beyond 32 bits.
    const bytes = encodeControl([first]);
    bytes[7] = 1;
    expect(decodeControl(bytes)).toEqual([]);
  }
});

test("what is cut off decodes as far as it is whole", () => {
  fc.assert(
    fc.property(fc.array(anyKind, { minLength: 1, maxLength: 6 }), fc.nat(), (control, cut) => {
      const bytes = encodeControl(control);
      const decoded = decodeControl(bytes.subarray(0, cut % bytes.length));
      expect(decoded.length).toBeLessThanOrEqual(control.length);
      expect(plain(decoded)).toEqual(plain(control.slice(0, decoded.length)));
    }),
  );
});

test("an error of the network has data only where the kernel said something", () => {
  const error = {
    kind: "error",
    errno: ERRNO.ECONNREFUSED as number,
    code: "ECONNREFUSED",
    type: 3,
    icmpCode: 3,
    info: 0,
    offender: null,
  } as const;
  for (const origin of ["local", "icmp", "icmp6"] as const) {
    expect(decodeControl(encodeControl([{ ...error, origin }]))).toEqual([{ ...error, origin }]);
  }
  const [completion] = decodeControl(encodeControl([{ ...error, origin: "zerocopy" }]));
  expect(completion).toMatchObject({ data: 0 });
});

test("a vlan's tag is in auxdata, and its status says so", () => {
  const vlan = { tci: 0x2005, tpid: 0x88a8 };
  const [message] = decodeControl(
    encodeControl([{ kind: "auxdata", status: 1, length: 60, snaplen: 46, vlan }]),
  );
  expect(message).toMatchObject({ kind: "auxdata", length: 60, snaplen: 46, vlan });
});

test("a tpid that the kernel does not tell is 802.1Q's", () => {
  const bytes = encodeControl([
    { kind: "auxdata", status: 1, length: 60, snaplen: 46, vlan: { tci: 5, tpid: 9 } },
  ]);
  bytes[16] = 0x10;
  expect(decodeControl(bytes)).toEqual([
    {
      kind: "auxdata",
      status: 16,
      length: 60,
      snaplen: 46,
      vlan: { tci: 5, tpid: 0x8100 },
      checksum: "unknown",
      losing: false,
    },
  ]);
});

test.skipIf(SO.TIMESTAMP_NEW === undefined)(
  "microseconds and times after 2106 are nanoseconds",
  () => {
    const stamp = (type: number, seconds: bigint, fraction: bigint) => {
      const data = new Uint8Array(new BigInt64Array([seconds, fraction]).buffer);
      return encodeControl([{ kind: "unknown", level: SOL.SOCKET, type, data }]);
    };
    const time = (...words: Parameters<typeof stamp>) => decodeControl(stamp(...words));
    const micro = [SO.TIMESTAMP_OLD, SO.TIMESTAMP_NEW] as number[];
    const nano = [SO.TIMESTAMPNS_OLD, SO.TIMESTAMPNS_NEW] as number[];
    for (const type of micro) {
      expect(time(type, 1_700_000_000n, 999_999n)).toEqual([
        { kind: "timestamp", time: 1_700_000_000_999_999_000n },
      ]);
    }
    for (const type of nano) {
      for (const seconds of [0n, 1n, 65_535n, 65_536n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 33n, -1n]) {
        expect(time(type, seconds, 123_456_789n)).toEqual([
          { kind: "timestamp", time: seconds * 1_000_000_000n + 123_456_789n },
        ]);
      }
    }
  },
);

test("a known kind with the wrong number of bytes is unknown, with its bytes", () => {
  const data = new Uint8Array([1, 2]);
  const odd = { kind: "unknown", level: IPPROTO.IP, type: IP.TTL as number, data } as const;
  const control: ControlMessage[] = [odd, { kind: "ttl", value: 5 }];
  expect(decodeControl(encodeControl(control))).toEqual(control);
  expect(decodeControl(encodeControl([odd]))).toEqual([odd]);
});

test("fields of the wrong type or out of range throw, and name themselves", () => {
  const encode = (message: unknown) => () => encodeControl([message as ControlMessage]);
  for (const [message, error] of [
    [{ kind: "ttl", value: 256 }, RangeError],
    [{ kind: "ttl", value: -1 }, RangeError],
    [{ kind: "ttl", value: "5" }, TypeError],
    [{ kind: "ttl" }, TypeError],
    [{ kind: "hoplimit", value: -2 }, RangeError],
    [{ kind: "rights", fds: 5 }, TypeError],
    [{ kind: "rights" }, TypeError],
    [{ kind: "rights", fds: [1.5] }, RangeError],
    [{ kind: "rights", fds: [null] }, TypeError],
    [{ kind: "credentials", pid: 1, uid: -1, gid: 0 }, RangeError],
    [{ kind: "timestamp", time: 5 }, TypeError],
    [{ kind: "timestamp", time: 2n ** 63n }, RangeError],
    [{ kind: "timestamping", flags: 1, software: 1n }, TypeError],
    [{ kind: "pktinfo", ifindex: 1, address: "300.1.1.1" }, TypeError],
    [{ kind: "pktinfo", ifindex: 1, address: "::g" }, TypeError],
    [{ kind: "pktinfo", ifindex: 1 }, TypeError],
    [{ kind: "pktinfo", ifindex: 1, address: "::1", specDst: "1.2.3.4" }, TypeError],
    [{ kind: "pktinfo", ifindex: -1, address: "::1" }, RangeError],
    [{ kind: "segment", size: 65536 }, RangeError],
    [{ kind: "unknown", level: 0.5, type: 0, data: new Uint8Array(0) }, RangeError],
    [{ kind: "unknown", level: 0, type: 0, data: "x" }, TypeError],
    [{ kind: "nonsense" }, TypeError],
    [{ kind: 5 }, TypeError],
    [{}, TypeError],
    [null, TypeError],
    ["ttl", TypeError],
  ] as const) {
    expect(encode(message)).toThrow(error);
  }
  expect(encode({ kind: "nonsense" })).toThrow(/accepted: rights, credentials/);
  expect(encode({ kind: "ttl", value: 256 })).toThrow(/value must be an integer from 0 to 255/);
  expect(() => encodeControl(5 as never)).toThrow(TypeError);
  expect(() => decodeControl("text" as never)).toThrow(TypeError);
  expect(() => decodeControl(undefined as never)).toThrow(TypeError);
});

test("an offset view and a whole buffer decode alike", () => {
  const bytes = encodeControl([{ kind: "ttl", value: 9 }]);
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  const ttl: ControlMessage[] = [{ kind: "ttl", value: 9 }];
  expect(decodeControl(shifted.subarray(3))).toEqual(ttl);
  expect(decodeControl(new DataView(shifted.buffer, 3))).toEqual(ttl);
  expect(decodeControl(bytes.slice().buffer)).toEqual(ttl);
});

testWith(python)("the bytes are those of CPython's cmsg", () => {
  const script = `import socket, struct, sys
def cmsg(level, kind, data):
    return struct.pack("Nii", socket.CMSG_LEN(len(data)), level, kind) + data + bytes(
        socket.CMSG_SPACE(len(data)) - socket.CMSG_LEN(len(data)))
out = cmsg(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("3i", 3, 4, 5))
out += cmsg(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, struct.pack("3i", 1, 2, 3))
out += cmsg(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, socket.inet_pton(socket.AF_INET6, "fe80::1") + struct.pack("I", 7))
out += cmsg(socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT, struct.pack("i", 64))
print(out.hex())`;
  const bytes = encodeControl([
    { kind: "rights", fds: [3, 4, 5] },
    { kind: "credentials", pid: 1, uid: 2, gid: 3 },
    { kind: "pktinfo", ifindex: 7, address: "fe80::1" },
    { kind: "hoplimit", value: 64 },
  ]);
  expect(bytes.toHex()).toBe(run("python3", "-c", script).trim());
});

test(
  "100,000 random and mutated inputs never throw nor read beyond their end",
  () => {
    const edges = fc.constantFrom(0, 1, 2, 8, 15, 16, 17, 20, 24, 29, 35, 37, 41, 63, 67, 103, 255);
    const seeds = fc.array(anyKind, { maxLength: 4 }).map((control) => encodeControl(control));
    const changes = fc.array(fc.tuple(fc.nat(), edges), { maxLength: 6 });
    const input = fc.oneof(
      fc.uint8Array({ maxLength: 96 }),
      fc.array(edges, { maxLength: 96 }).map((bytes) => Uint8Array.from(bytes)),
      fc.tuple(seeds, changes).map(([bytes, mutations]) => {
        for (const [at, value] of mutations) if (bytes.length > 0) bytes[at % bytes.length] = value;
        return bytes;
      }),
    );
    const inputs = fc.sample(input, 20_000);
    let tried = 0;
    for (const bytes of inputs) {
      // Behind the end lies what must not be seen.
      const fenced = new Uint8Array(bytes.length + 64).fill(0xee);
      fenced.set(bytes);
      for (let cut = 0; cut < 5; cut++) {
        const length = cut === 0 ? bytes.length : (bytes.length * cut * 7) % (bytes.length + 1);
        const decoded = decodeControl(fenced.subarray(0, length));
        const whole = decoded.reduce((sum, message) => sum + 16 + dataLength(message), 0);
        if (whole > length) throw new Error(`${whole} of ${length}: ${bytes.toHex()}`);
        tried++;
      }
    }
    expect(tried).toBe(100_000);
  },
  30_000 * patience,
);

/** The fewest bytes a decoded message can have come from. */
function dataLength(message: ControlMessage): number {
  if (message.kind === "unknown") return message.data.length;
  if (message.kind === "rights") return message.fds.length * 4;
  return 1;
}

test("the kernel takes or refuses hostile control data, and nothing else happens", () => {
  using open = new Descriptors();
  const [from, to] = open.own(socketpair("unix", "dgram"));
  const arrived = new Message({ iovec: [new Uint8Array(4)] });
  fc.assert(
    fc.property(int32, int32, fc.uint8Array({ maxLength: 64 }), (level, type, data) => {
      const control: ControlMessage[] = [{ kind: "unknown", level, type, data }];
      try {
        sendmsg(from, new Message({ iovec: [new Uint8Array(1)], control }));
      } catch (error) {
        expect(error).toHaveProperty("syscall", "sendmsg");
        return;
      }
      recvmsg(to, arrived);
      expect(arrived.control).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

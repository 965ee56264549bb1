// Control messages of further families, and of packet sockets: where their fields lie.

import { expect, test } from "bun:test";
import { type ControlMessage, decodeControl, encodeControl } from "../../src/index.ts";

test("control messages of further families lie as their headers say", () => {
  const words = (control: ControlMessage) => encodeControl([control]).subarray(8).toHex();
  // Level and type, then the data and its padding.
  const operation = words({ kind: "alg-operation", value: "encrypt" });
  expect(operation).toBe("1701000003000000" + "0100000000000000");
  const iv = words({ kind: "alg-iv", iv: new Uint8Array([1, 2, 3, 4]) });
  expect(iv).toBe("1701000002000000" + "0400000001020304");
  const record = words({ kind: "tls-record", type: 22 });
  expect(record).toBe("1a01000001000000" + "1600000000000000");
  const sent = words({ kind: "sctp-send", stream: 3, ppid: 0x01020304 });
  expect(sent).toBe("8400000002000000" + "03000000010203040000000000000000");
  for (const wrong of [
    { kind: "alg-operation", value: "sign" },
    { kind: "alg-iv", iv: "0102" },
    { kind: "alg-operation" },
  ]) {
    expect(() => encodeControl([wrong as never])).toThrow(TypeError);
  }
  expect(() => encodeControl([{ kind: "sctp-send", stream: 65_536 }])).toThrow(RangeError);
  expect(() => encodeControl([{ kind: "tls-record", type: 256 }])).toThrow(RangeError);
});

test("auxdata says what the network card did with the checksum, and whether packets are lost", () => {
  const auxdata = { kind: "auxdata", length: 60, snaplen: 60 } as const;
  for (const [status, checksum, losing] of [
    [0, "unknown", false],
    [8, "partial", false],
    [128, "valid", false],
    [132, "valid", true],
  ] as const) {
    const message = { ...auxdata, status, checksum, losing };
    expect(decodeControl(encodeControl([{ ...auxdata, status }]))).toEqual([message]);
    expect(decodeControl(encodeControl([{ ...message, status: 0 }]))).toEqual([message]);
  }
  const wrong = { ...auxdata, status: 0, checksum: "good" };
  expect(() => encodeControl([wrong as never])).toThrow(TypeError);
});

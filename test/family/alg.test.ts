// AF_ALG, cryptography of the kernel: Documentation/crypto/userspace-if.rst.

import { expect, test } from "bun:test";
import { createCipheriv } from "node:crypto";
import {
  accept,
  bind,
  type ControlMessage,
  close,
  Message,
  recv,
  Socket,
  SocketError,
  send,
  sendmsg,
  setSocketOption,
  socket,
} from "../../src/index.ts";
import { Descriptors, socketError } from "../support/descriptors.ts";
import { family, testWith } from "../support/requirements.ts";

const withAlg = testWith(family("alg", "seqpacket"));

const key = Uint8Array.from({ length: 16 }, (_, index) => index);
const iv = Uint8Array.from({ length: 16 }, (_, index) => 255 - index);
const text = new TextEncoder().encode("what is to be kept secret: sixteen times n bytes");

/** The descriptor of an operation: what accept(2) gives of an algorithm. */
function operation(own: Descriptors, type: string, name: string, prepare?: (fd: number) => void) {
  const algorithm = own.own(socket("alg", "seqpacket"));
  bind(algorithm, { family: "alg", type, name });
  prepare?.(algorithm);
  return own.own(accept(algorithm).fd);
}

withAlg("hashes of the kernel are those of Bun", () => {
  using own = new Descriptors();
  for (const name of ["md5", "sha1", "sha256", "sha512"] as const) {
    const hash = operation(own, "hash", name);
    for (const length of [0, 1, 64, 5000]) {
      const data = new Uint8Array(length).fill(length);
      // In two parts.
      send(hash, data.subarray(0, length >> 1), { more: true });
      send(hash, data.subarray(length >> 1));
      const digest = new Uint8Array(64);
      const found = digest.subarray(0, recv(hash, digest)).toHex();
      expect(found).toBe(new Bun.CryptoHasher(name).update(data).digest("hex"));
    }
  }
});

withAlg("a Socket accepts operations, at once and without an address", async () => {
  using algorithm = Socket.open("alg", "seqpacket");
  algorithm.bind({ family: "alg", type: "hash", name: "sha256" });
  using hash = await algorithm.accept({ timeout: 5000 });
  expect(hash.peerAddress).toBeNull();
  await hash.send(text);
  const digest = new Uint8Array(32);
  expect(await hash.recv(digest, { timeout: 5000 })).toBe(32);
  expect(digest.toHex()).toBe(new Bun.CryptoHasher("sha256").update(text).digest("hex"));
  for await (using other of algorithm.connections({ timeout: 5000 })) {
    expect(other.fd).toBeGreaterThan(hash.fd);
    break;
  }
});

withAlg("what is accepted has no address but its family", () => {
  using own = new Descriptors();
  const algorithm = own.own(socket("alg", "seqpacket"));
  const address = { family: "alg", type: "hash", name: "sha1" } as const;
  bind(algorithm, address);
  const accepted = accept(algorithm);
  own.own(accepted.fd);
  expect(accepted.address.family).toBe("alg");
  expect(accepted.address.data.length).toBe(0);
});

function cipher(fd: number, value: "encrypt" | "decrypt", data: Uint8Array): Uint8Array {
  const control: ControlMessage[] = [
    { kind: "alg-operation", value },
    { kind: "alg-iv", iv },
  ];
  expect(sendmsg(fd, new Message({ iovec: [data], control }))).toBe(data.length);
  const out = new Uint8Array(data.length);
  expect(recv(fd, out)).toBe(data.length);
  return out;
}

withAlg("control messages choose the operation and the initialisation vector", () => {
  using own = new Descriptors();
  const fd = operation(own, "skcipher", "cbc(aes)", (algorithm) =>
    setSocketOption(algorithm, "ALG_SET_KEY", key),
  );
  const padded = text.subarray(0, text.length - (text.length % 16));
  const reference = createCipheriv("aes-128-cbc", key, iv).setAutoPadding(false);
  const expected = new Uint8Array(reference.update(padded));
  expect(cipher(fd, "encrypt", padded)).toEqual(expected);
  expect(cipher(fd, "decrypt", expected)).toEqual(padded);
});

withAlg("associated data are authenticated and not encrypted", () => {
  using own = new Descriptors();
  const nonce = iv.subarray(0, 12);
  const associated = new TextEncoder().encode("in the clear");
  const tagged = operation(own, "aead", "gcm(aes)", (algorithm) => {
    setSocketOption(algorithm, "ALG_SET_KEY", key);
    // The size is the length of the value.
    setSocketOption(algorithm, "ALG_SET_AEAD_AUTHSIZE", 16);
  });
  const control = (value: "encrypt" | "decrypt"): ControlMessage[] => [
    { kind: "alg-operation", value },
    { kind: "alg-iv", iv: nonce },
    { kind: "alg-associated", length: associated.length },
  ];
  sendmsg(tagged, new Message({ iovec: [associated, text], control: control("encrypt") }));
  const sealed = new Uint8Array(associated.length + text.length + 16);
  expect(recv(tagged, sealed)).toBe(sealed.length);
  const reference = createCipheriv("aes-128-gcm", key, nonce).setAAD(associated);
  const expected = [associated, reference.update(text), reference.final(), reference.getAuthTag()];
  expect(Buffer.from(sealed)).toEqual(Buffer.concat(expected));

  sendmsg(tagged, new Message({ iovec: [sealed], control: control("decrypt") }));
  const opened = new Uint8Array(associated.length + text.length);
  expect(recv(tagged, opened)).toBe(opened.length);
  expect(opened.subarray(associated.length)).toEqual(text);

  sealed[sealed.length - 1] = ~(sealed.at(-1) ?? 0);
  sendmsg(tagged, new Message({ iovec: [sealed], control: control("decrypt") }));
  expect(socketError(() => recv(tagged, opened)).code).toBe("EBADMSG");
});

withAlg("an algorithm that is not there is ENOENT", () => {
  const fd = socket("alg", "seqpacket");
  const address = { family: "alg", type: "hash", name: "no-such-hash" } as const;
  expect(socketError(() => bind(fd, address))).toMatchObject({ code: "ENOENT", syscall: "bind" });
  close(fd);
});

test("without AF_ALG, socket(2) says that the family is not there", () => {
  try {
    close(socket("alg", "seqpacket"));
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    expect(["EAFNOSUPPORT", "EPERM"]).toContain(error.code);
  }
});

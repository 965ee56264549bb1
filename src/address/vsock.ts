// AF_VSOCK: struct sockaddr_vm. vsock(7). Linux and macOS.

import { AF } from "../base/constants.ts";
import { integer, U32_MAX } from "../base/validate.ts";
import { Structure } from "../native/record.ts";
import { type FamilyCodec, stamp } from "./family.ts";

export type VsockFields = { cid: number; port: number };

const structure = new Structure("sockaddr_vm");
const cidField = structure.integer("svm_cid");
const portField = structure.integer("svm_port");

export const vsock: FamilyCodec<VsockFields> = {
  family: AF.VSOCK,
  keys: ["cid", "port"],

  get size() {
    return structure.size;
  },

  get least() {
    return cidField.end;
  },

  encode({ cid, port }) {
    if (AF.VSOCK === undefined) throw new TypeError("this platform has no vsock sockets");
    const bytes = stamp(structure.allocate(), AF.VSOCK);
    cidField.set(bytes, integer(cid, "cid", 0, U32_MAX));
    portField.set(bytes, integer(port, "port", 0, U32_MAX));
    return bytes;
  },

  decode(bytes) {
    return { cid: cidField.get(bytes), port: portField.get(bytes) };
  },

  text(bytes) {
    return `vsock:${cidField.get(bytes)}:${portField.get(bytes)}`;
  },
};

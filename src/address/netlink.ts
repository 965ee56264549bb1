// AF_NETLINK: struct sockaddr_nl. netlink(7). Linux.

import { AF } from "../base/constants.ts";
import { integer, U32_MAX } from "../base/validate.ts";
import { Structure } from "../native/record.ts";
import { type FamilyCodec, stamp } from "./family.ts";

export type NetlinkFields = { pid?: number; groups?: number };

const structure = new Structure("sockaddr_nl");
const pidField = structure.integer("nl_pid");
const groupsField = structure.integer("nl_groups");

export const netlink: FamilyCodec<NetlinkFields> = {
  family: AF.NETLINK,
  keys: ["pid", "groups"],

  get size() {
    return structure.size;
  },

  get least() {
    return groupsField.end;
  },

  encode({ pid = 0, groups = 0 }) {
    if (AF.NETLINK === undefined) throw new TypeError("this platform has no netlink sockets");
    const bytes = stamp(structure.allocate(), AF.NETLINK);
    pidField.set(bytes, integer(pid, "pid", 0, U32_MAX));
    groupsField.set(bytes, integer(groups, "groups", 0, U32_MAX));
    return bytes;
  },

  decode(bytes) {
    return { pid: pidField.get(bytes), groups: groupsField.get(bytes) };
  },

  text(bytes) {
    const groups = groupsField.get(bytes);
    const joined = groups === 0 ? "" : ` groups 0x${groups.toString(16)}`;
    return `netlink:${pidField.get(bytes)}${joined}`;
  },
};

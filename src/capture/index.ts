// `rawsock/capture`: packets from interfaces and from files.

export * from "./file/index.ts";
export type { CapturedPacket, FilePacket, Link, VlanTag } from "./packet.ts";

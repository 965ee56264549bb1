// `rawsock/capture`: packets from interfaces and from files.

export type { Program } from "../bpf/instruction.ts";
export type { Limits } from "../socket/limits.ts";
export { Capture, capture } from "./capture.ts";
export * from "./file/index.ts";
export { type CaptureInterface, interfaces } from "./interfaces.ts";
export type { CapturedPacket, FilePacket, Link, VlanTag } from "./packet.ts";
export type { CaptureOptions } from "./settings.ts";
export type { Statistics } from "./tap.ts";
export type { PacketView } from "./view.ts";

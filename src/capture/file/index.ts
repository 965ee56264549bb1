export type {
  Block,
  ByteOrder,
  CustomBlock,
  FileInterface,
  InterfaceStatistics,
  NameRecord,
  Secrets,
  Section,
} from "./block.ts";
export type { Names, StatisticsInit } from "./encode.ts";
export { CaptureFileError } from "./error.ts";
export type { InterfaceInit, Resolution } from "./interface.ts";
export { type PcapOptions, PcapWriter } from "./pcap-writer.ts";
export { type PcapngOptions, PcapngWriter } from "./pcapng-writer.ts";
export { type PacketReader, type PacketSource, type ReadOptions, readPackets } from "./reader.ts";
export type { RotateOptions } from "./rotation.ts";
export type { PacketTarget } from "./sink.ts";
export type { AnyPacket, PacketWriter } from "./writer.ts";

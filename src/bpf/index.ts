// `rawsock/bpf`: classic BPF, for SO_ATTACH_FILTER and for packets in memory.

export { type AssembleOptions, assemble } from "./assemble.ts";
export {
  type CompileAsyncOptions,
  type CompileOptions,
  compile,
  compileAsync,
  type LinkName,
  type Names,
  type PortProtocol,
} from "./compiler/index.ts";
export { type DisassembleOptions, disassemble } from "./disassemble.ts";
export { BpfError } from "./error.ts";
export { filter } from "./filter.ts";
export { CODE, EXTENSION, type Instruction, type Program } from "./instruction.ts";
export { run } from "./machine.ts";
export type { Bytes, PacketMetadata } from "./metadata.ts";
export { parse } from "./parse.ts";
export type { PacketFilter } from "./realise.ts";
export { validate } from "./validate.ts";

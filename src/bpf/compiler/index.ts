export { type CompileAsyncOptions, compile, compileAsync } from "./compile.ts";
export type { CompileOptions, Link, LinkName, Names, PortProtocol } from "./link.ts";

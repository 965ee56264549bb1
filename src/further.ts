// What goes further than sockets.ts, and is loaded by the first call of any of it: options, names
// and databases, interfaces, Unix helpers, checksums.

export * as checksum from "./checksum.ts";
export * from "./configdev.ts";
export * from "./interface.ts";
export * from "./netdb.ts";
export * from "./option.ts";
export * from "./resolve.ts";
export * from "./socket/stream.ts";
export * from "./unix.ts";

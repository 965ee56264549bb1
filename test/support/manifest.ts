// The manifest within a library's bytes, also of a library that this machine cannot run.

import { symbolsIn } from "../../src/native/library.ts";
import type { Abi } from "./abi.ts";

type Manifest = Abi & {
  readonly target: string;
  readonly symbols: Readonly<Record<string, string>>;
  /** Its sections as the library would give them: zig/manifest.zig. */
  readonly text: readonly string[];
};

/** The JSON object within a library's bytes that begins like this. */
function json(library: string, beginning: string): string {
  const start = library.indexOf(beginning);
  if (start < 0) throw new Error(`the library holds no ${beginning}`);
  let depth = 0;
  for (let end = start; end < library.length; end++) {
    if (library[end] === "{") depth++;
    if (library[end] === "}" && --depth === 0) return library.slice(start, end + 1);
  }
  throw new Error(`${beginning} has no end`);
}

/** The manifest of a library. */
export function manifest(library: Buffer): Manifest {
  const bytes = library.toString("latin1");
  const pattern = /((?:linux|macos|freebsd|windows)-\w+)\n(rawsock_[^\n]+)\n/;
  const [head = "", target = "", list = ""] = pattern.exec(bytes) ?? [];
  const constants = json(bytes, '{"AF":{');
  const records = json(bytes, '{"sockaddr":{"size":');
  return {
    target,
    symbols: symbolsIn(list),
    constants: JSON.parse(constants),
    records: JSON.parse(records),
    text: [head + constants, records, "{}", "{}"],
  };
}

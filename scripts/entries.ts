// The package's entry points, as package.json exports them.

import manifest from "../package.json";

export type EntryPoint = {
  /** "rawsock/checksum". */
  readonly name: string;
  /** "src/checksum/index.ts". */
  readonly source: string;
  /** "dist/bun/checksum/index.js", and what other runtimes than Bun get. */
  readonly bundle: string;
  readonly other: string;
  /** Needs no native library and nothing of Bun's: other runtimes get it, too. */
  readonly pure: boolean;
  /** Stands above `rawsock`, which does not contain it. */
  readonly above: boolean;
};

/** The folders of src whose entry points run anywhere: test/package/tidy.test.ts sees to that. */
const PURE: ReadonlySet<string> = new Set(["./bpf", "./wire"]);
const ABOVE: ReadonlySet<string> = new Set(["./capture", "./netlink", "./tun"]);

type Conditions = { readonly types: string; readonly bun: string; readonly default: string };
const exported: Readonly<Record<string, string | Conditions>> = manifest.exports;

export const entryPoints: readonly EntryPoint[] = Object.entries(exported).flatMap(
  ([path, conditions]) => {
    if (typeof conditions === "string") return [];
    const { bun, default: other } = conditions;
    return {
      name: path.replace(".", manifest.name),
      source: bun.replace("./dist/bun/", "src/").replace(/\.js$/, ".ts"),
      bundle: bun.replace("./", ""),
      other: other.replace("./", ""),
      pure: PURE.has(path),
      above: ABOVE.has(path),
    };
  },
);

// Which files import which, and the circles among them.

import { dirname, join } from "node:path/posix";

export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** TypeScript's: every "./x.ts" after `from` or `import`, types included. */
const TYPESCRIPT = /(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+)"/g;
/** Zig's: those of files, which modules are not. */
const ZIG = /@import\("([^"]+\.zig)"\)/g;

/** The files that each file imports, by their paths in the repository. */
export function importGraph(files: ReadonlyMap<string, string>): Graph {
  const graph = new Map<string, Set<string>>();
  for (const [file, text] of files) {
    const code = withoutComments(text);
    const found = code.matchAll(file.endsWith(".zig") ? ZIG : TYPESCRIPT);
    graph.set(file, new Set([...found].map(([, path]) => join(dirname(file), path as string))));
  }
  return graph;
}

/** What a comment says is no code. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
}

/**
 * One circle for each edge that leads back into the walk which found it, "a -> b -> a". There is
 * none if and only if the graph has none.
 */
export function circles(graph: Graph): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const walk = (file: string): void => {
    if (done.has(file)) return;
    const begin = trail.indexOf(file);
    if (begin >= 0) {
      found.push([...trail.slice(begin), file].join(" -> "));
      return;
    }
    trail.push(file);
    for (const next of graph.get(file) ?? []) walk(next);
    trail.pop();
    done.add(file);
  };
  for (const file of graph.keys()) walk(file);
  return found;
}

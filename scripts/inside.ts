// Bundler plugins: what entry points above `rawsock` import from the inside of its bundle.

import { dirname, join, relative } from "node:path";
import type { BunPlugin } from "bun";

const sources = join(import.meta.dir, "../src");
/** The bundle's modules, which no entry point gives out. */
const INSIDE = "inside";
/** What that bundle is called. */
export const MAIN = "main.cjs";
/** The libraries stay files, and so does that bundle. */
export const external = ["*.so", "*.dylib", "*.dll", `*/${MAIN}`];

/** The modules that the bundle of an entry point imports, types left out. */
async function modulesOf(entry: string, plugin: BunPlugin): Promise<Set<string>> {
  const modules = new Set<string>();
  const recorder: BunPlugin = {
    name: "recorder",
    setup(build) {
      build.onResolve({ filter: /^\..*\.ts$/ }, ({ path, importer }) => {
        modules.add(join(dirname(importer), path));
        return undefined;
      });
    },
  };
  await Bun.build({ entrypoints: [entry], target: "bun", plugins: [recorder, plugin], external });
  return modules;
}

/** The modules of the bundle of `rawsock` that the entry points above it import. */
export async function sharedModules(
  plugin: BunPlugin,
  above: readonly string[],
): Promise<ReadonlySet<string>> {
  const all = await modulesOf(join(sources, "index.ts"), plugin);
  const found = new Set<string>();
  for (const entry of above) {
    for (const module of await modulesOf(entry, outside(all)))
      if (all.has(module)) found.add(module);
  }
  return found;
}

/** Has the bundle of `rawsock` give out its modules, too. */
export function inside(modules: ReadonlySet<string>): BunPlugin {
  const others = [...modules].sort();
  const lines = others.map((path, index) => `import * as module${index} from "${path}";`);
  const table = others.map((path, index) => `"${name(path)}": module${index}`);
  const own = `${lines.join("\n")}\nexport const ${INSIDE} = { ${table.join(", ")} };`;
  return {
    name: "inside",
    setup(build) {
      build.onLoad({ filter: /\/src\/index\.ts$/ }, async ({ path }) => {
        const text = await Bun.file(path).text();
        return { loader: "ts", contents: dirname(path) === sources ? `${text}\n${own}` : text };
      });
    },
  };
}

/** Takes those modules out of the bundle of `rawsock`. */
export function outside(modules: ReadonlySet<string>): BunPlugin {
  return {
    name: "outside",
    setup(build) {
      build.onResolve({ filter: /^\./ }, ({ path, importer }) => {
        const target = join(dirname(importer), path);
        return modules.has(target) ? { path: name(target), namespace: INSIDE } : undefined;
      });
      build.onLoad({ filter: /.*/, namespace: INSIDE }, ({ path }) => ({
        loader: "js",
        contents: `module.exports = require("../${MAIN}").${INSIDE}["${path}"];`,
      }));
    },
  };
}

/** "native/library.ts". */
function name(path: string): string {
  return relative(sources, path);
}

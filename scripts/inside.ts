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

/** What a module exports at run time. */
export async function exportsOf(module: string): Promise<string[]> {
  return Object.keys(await import(module));
}

/**
 * A bundle's entry: it gives out what `entry` exports, and where `modules` are given those, too. It
 * is written as CommonJS is by hand, which assigns values: the functions by which a bundler gives
 * out what may change yet would be a tenth of an import's time. Those of the modules are put
 * together when somebody asks for them.
 */
export async function bundleEntry(
  entry: string,
  modules: ReadonlySet<string> = new Set(),
): Promise<string> {
  const names = await exportsOf(entry);
  const imports = [`import { ${names.join(", ")} } from "${entry}";`];
  const getters: string[] = [];
  for (const [index, path] of [...modules].sort().entries()) {
    const inner = await exportsOf(path);
    const given = inner.map((one) => `${one} as module${index}_${one}`);
    imports.push(`import { ${given.join(", ")} } from "${path}";`);
    const members = inner.map((one) => `${one}: module${index}_${one}`);
    getters.push(`get "${name(path)}"() { return { ${members.join(", ")} }; }`);
  }
  const shown = modules.size > 0 ? [...names, `${INSIDE}: { ${getters.join(", ")} }`] : names;
  return `${imports.join("\n")}\nmodule.exports = { ${shown.join(", ")} };\n`;
}

/** Takes those modules out of what stands above the bundle of `rawsock`. */
export function outside(modules: ReadonlySet<string>): BunPlugin {
  return {
    name: "outside",
    setup(build) {
      build.onResolve({ filter: /^\./ }, ({ path, importer }) => {
        const target = join(dirname(importer), path);
        return modules.has(target) ? { path: name(target), namespace: INSIDE } : undefined;
      });
      build.onLoad({ filter: /.*/, namespace: INSIDE }, async ({ path }) => ({
        loader: "js",
        contents: `const { ${(await exportsOf(join(sources, path))).join(", ")} } =
          require("../${MAIN}").${INSIDE}["${path}"];
          export { ${(await exportsOf(join(sources, path))).join(", ")} };`,
      }));
    },
  };
}

/** "native/library.ts". */
function name(path: string): string {
  return relative(sources, path);
}

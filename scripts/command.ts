// The bundles of the `rawsock` command: a launcher, and a file for each subcommand, which is loaded
// alone.

import { chmodSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import type { BunPlugin } from "bun";
import { entryPoints } from "./entries.ts";
import { external, MAIN, outside } from "./inside.ts";

const root = join(import.meta.dir, "..");
const sources = join(root, "src");
const source = join(sources, "cli/main.ts");
const folder = join(root, "dist/bun/cli");

/**
 * These are measured against the classic program: each has the little that it needs of the package
 * to itself, which is loaded in a third of the time that all of it takes.
 */
const ALONE: ReadonlySet<string> = new Set(["ping"]);

/** Where the other entry points lie, as the command's bundles see them. */
const beside: ReadonlyMap<string, string> = new Map(
  entryPoints
    .filter(({ pure, above }) => pure || above)
    .map(({ source, bundle, pure }) => {
      const file = relative("dist/bun", bundle);
      return [source, `../${pure ? file : join(dirname(file), MAIN)}`];
    }),
);

/** What is bundled of others, and what the bundles have of it. */
const OTHERS = [
  ["dns-packet", "NSEC3PARAM"],
  ["@leichtgewicht/ip-codec", "v6"],
] as const;

/** What lies in the directory where the command is called is nobody's of its business. */
const ALOOF = "--config=/dev/null --no-env-file";

/**
 * A shell looks for Bun, on the PATH, beside the command, and where bunx(1) is. Bun reads the same
 * file: to it those lines are a text and a comment.
 */
const LAUNCHER = `#!/bin/sh
":" //; command -v bun >/dev/null 2>&1 && exec bun ${ALOOF} "$0" "$@"
":" //; [ -x "\${0%/*}/bun" ] && exec "\${0%/*}/bun" ${ALOOF} "$0" "$@"
":" //; case "$npm_execpath" in */bun | */bun.exe) exec "$npm_execpath" ${ALOOF} "$0" "$@" ;; esac
":" //; echo "rawsock needs Bun, which is not on the PATH: https://bun.sh, or npm install bun" >&2
":" //; exit 127
`;

/** The subcommands' files, as main.ts names them. */
async function subcommands(): Promise<string[]> {
  const text = await Bun.file(source).text();
  return [...text.matchAll(/import\("\.\/(\w+)\.ts"\)/g)].map(([, name]) => name as string);
}

/** What the subcommands that share the bundle of `rawsock` import from it. */
export async function commandSources(): Promise<string[]> {
  const names = (await subcommands()).filter((name) => !ALONE.has(name));
  return names.map((name) => join(sources, "cli", `${name}.ts`));
}

/** Leaves the other entry points where they are. */
const others: BunPlugin = {
  name: "others",
  setup(build) {
    build.onResolve({ filter: /\/index\.ts$/ }, ({ path, importer }) => {
      const file = beside.get(relative(root, join(dirname(importer), path)));
      return file === undefined ? undefined : { path: file, external: true };
    });
  },
};

/** Finds the libraries from a folder below that of the other bundles. */
const deeper: BunPlugin = {
  name: "deeper",
  setup(build) {
    build.onLoad({ filter: /\/native\/library\.ts$/ }, async ({ path }) => {
      const text = await Bun.file(path).text();
      return { loader: "ts", contents: text.replaceAll("../../prebuilt/", "../../../prebuilt/") };
    });
  },
};

/** What the licenses of others ask for. */
async function notices(text: string): Promise<string> {
  const licenses: string[] = [];
  for (const [name, mark] of OTHERS) {
    if (!text.includes(mark)) continue;
    const license = await Bun.file(join(root, "node_modules", name, "LICENSE")).text();
    licenses.push(`/*\n${name}\n\n${license.trim()}\n*/\n`);
  }
  return licenses.join("");
}

async function bundleSubcommand(name: string, plugins: BunPlugin[]): Promise<string> {
  const { outputs } = await Bun.build({
    entrypoints: [join(sources, "cli", `${name}.ts`)],
    root: sources,
    outdir: folder,
    naming: `${name}.cjs`,
    target: "bun",
    format: "cjs",
    // Of the others the bytecode would be most of the package.
    bytecode: ALONE.has(name),
    plugins,
    define: { "import.meta.dir": "module.path" },
    minify: true,
    external,
  });
  const [output] = outputs;
  if (output === undefined) throw new Error(`there is no bundle of ${name}`);
  return output.text();
}

async function bundleLauncher(): Promise<void> {
  const { outputs } = await Bun.build({
    entrypoints: [source],
    target: "bun",
    minify: { syntax: true, whitespace: false, identifiers: false },
    plugins: [
      {
        name: "subcommands",
        setup(build) {
          build.onResolve({ filter: /^\.\/\w+\.ts$/ }, ({ path }) => ({
            path: `./${basename(path, ".ts")}.cjs`,
            external: true,
          }));
        },
      },
    ],
  });
  // An import of CommonJS would give all that it exports as the default.
  const text = ((await outputs[0]?.text()) ?? "").replaceAll(" import(", " import.meta.require(");
  const file = join(folder, "rawsock");
  await Bun.write(file, LAUNCHER + text.replace(/^#!.*\n/, ""));
  chmodSync(file, 0o755);
}

/** `modules` are those that the bundle of `rawsock` gives out. */
export async function bundleCommand(
  modules: ReadonlySet<string>,
  compiler: BunPlugin,
): Promise<void> {
  let texts = "";
  for (const name of await subcommands()) {
    const plugins = ALONE.has(name) ? [deeper, compiler] : [others, outside(modules)];
    texts += await bundleSubcommand(name, plugins);
  }
  await Bun.write(join(folder, "LICENSES.txt"), await notices(texts));
  await bundleLauncher();
}

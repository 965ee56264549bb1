// `bun run build`: this machine's library into prebuilt/, the bundle and the declarations into
// dist/. With --all, the library of every supported platform.
//
// What is bundled is what package.json exports: "./dist/bun/x/index.js" is made of
// src/x/index.ts.

import { existsSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { type BunPlugin, Glob } from "bun";
import manifest from "../package.json";
import { bundleCommand, commandSources } from "./command.ts";
import { type EntryPoint, entryPoints } from "./entries.ts";
import { toolEnvironment } from "./environment.ts";
import { bundleEntry, exportsOf, external, MAIN, outside, sharedModules } from "./inside.ts";
import { resident } from "./resident.ts";

const root = join(import.meta.dir, "..");
const sources = join(root, "src");
const bundles = join(root, "dist/bun");
const types = join(root, "dist/types");
/** What other runtimes than Bun get. */
const other = join(root, "dist/other");
/** What a bundler takes in instead. */
const MODULE = "bundled.js";
const pure = entryPoints.filter((entry) => entry.pure);
const shared = entryPoints.filter((entry) => !entry.pure);
const above = shared.filter((entry) => entry.above);
const NOT_BUN = `${manifest.name} needs Bun: run the program with bun, bundle it with --target=bun`;

/** Runs one of the repository's tools with this Bun: there may be no node, and no PATH to them. */
function run(tool: string, ...words: string[]): void {
  const command = [process.execPath, join(root, "node_modules/.bin", tool), ...words];
  const { exitCode } = Bun.spawnSync(command, {
    cwd: root,
    env: toolEnvironment(),
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (exitCode !== 0) throw new Error(`${tool} ${words.join(" ")} ended with status ${exitCode}`);
}

/**
 * What needs the library, in one file which those entry points share; what stands above it has a
 * file of its own. They are CommonJS, since for that alone Bun takes bytecode: reading the text is
 * most of what an import costs. Of another version of Bun the bytecode is ignored, and the text
 * beside it read.
 */
async function bundleMain(): Promise<void> {
  const compiler = await resident();
  const sourcesAbove = above.map(({ source }) => join(root, source));
  sourcesAbove.push(...(await commandSources()));
  const modules = await sharedModules(compiler, sourcesAbove);
  const entry = await bundleEntry(join(sources, "index.ts"), modules);
  await bundleCommon(entry, MAIN, [compiler]);
  for (const { source } of above) {
    const path = join(dirname(relative("src", source)), MAIN);
    await bundleCommon(await bundleEntry(join(root, source)), path, [outside(modules)]);
  }
  await bundleCommand(modules, compiler);
}

/** `entry`: the text of the module that says what the bundle gives out. */
async function bundleCommon(entry: string, naming: string, plugins: BunPlugin[]): Promise<void> {
  const file = join(sources, naming);
  const { outputs } = await Bun.build({
    entrypoints: [file],
    files: { [file]: entry },
    root: sources,
    outdir: bundles,
    naming,
    target: "bun",
    format: "cjs",
    // Of what stands above it would be most of the package.
    bytecode: naming === MAIN,
    plugins,
    // Where it lies, not where it was built.
    define: { "import.meta.dir": "module.path" },
    // Names are for users to see.
    minify: { syntax: true, whitespace: false, identifiers: false },
    external,
  });
  const text = (await outputs.find(({ kind }) => kind === "entry-point")?.text()) ?? "";
  // Users would see the numbers of classes that the bundler has told apart.
  const numbered = /^class ([A-Z]\w*\d)\b/m.exec(text);
  if (numbered !== null) throw new Error(`there is another class like ${numbered[1]}`);
}

/**
 * An entry point that gives out what it shares with the others: at run time of what has bytecode.
 * A bundler knows the name `require`, so that it sees nothing but the modules; Bun does not.
 */
async function bundleShared(entry: EntryPoint): Promise<void> {
  const names = await exportsOf(join(root, entry.source));
  const main = entry.above ? join(root, dirname(entry.bundle), MAIN) : join(bundles, MAIN);
  const place = relative(dirname(join(root, entry.bundle)), main);
  const path = place.startsWith(".") ? place : `./${place}`;
  const owner = entry.name.endsWith("/checksum") ? ".checksum" : "";
  const code = `// @bun
export const { ${names.join(", ")} } = typeof require === "undefined"
  ? import.meta.require("${path}")${owner}
  : require("./${MODULE}");
`;
  await Bun.write(join(root, entry.bundle), code);
}

/**
 * What bundlers of users take in: modules, since Bun's own CommonJS cannot be bundled again. What
 * several entry points import becomes files that they share: it is there once.
 */
async function bundleModules(): Promise<void> {
  const { outputs } = await Bun.build({
    entrypoints: shared.map(({ source }) => join(root, source)),
    root: sources,
    outdir: bundles,
    target: "bun",
    splitting: true,
    plugins: [await resident()],
    minify: { syntax: true, whitespace: false, identifiers: false },
    external,
    naming: { entry: `[dir]/${MODULE}`, chunk: "[name]-[hash].[ext]" },
  });
  const files = new Map<string, string>();
  for (const { path } of outputs) {
    files.set(path, await Bun.file(path).text());
  }
  const numbered = numberedClasses([...files.values()]);
  for (const [path, text] of files) {
    // It finds the library from where it lies.
    if (text.includes("/../../prebuilt/") && dirname(path) !== bundles) {
      throw new Error(`${relative(root, path)} would not find the native library`);
    }
    const required = text.replaceAll(/\b__require\("([^"]*)"\)/g, (_, file: string) =>
      requirement(file, path),
    );
    await Bun.write(
      path,
      required.replaceAll(/\b[A-Z]\w+\b/g, (name) => numbered.get(name) ?? name),
    );
  }
}

/** The exported classes that the bundler has numbered, which users would see: their own names. */
function numberedClasses(texts: readonly string[]): Map<string, string> {
  const all = texts.join("\n");
  const names = new Map<string, string>();
  for (const [, numbered, name] of all.matchAll(/\b((\w+?)\d+) as \2\b/g)) {
    if (numbered === undefined || name === undefined) continue;
    if (!new RegExp(`^class ${numbered}\\b`, "m").test(all)) continue;
    if (new RegExp(`\\b(class|const|function|let|var) ${name}\\b`).test(all)) {
      throw new Error(`there is another ${name}`);
    }
    names.set(numbered, name);
  }
  return names;
}

/**
 * How the bundle at `bundle` requires a file: by the name `require`, so that the bundler of a user
 * sees it, which takes the condition to be false; Bun itself knows no `require` in a bundle.
 */
function requirement(required: string, bundle: string): string {
  const file = join(dirname(bundle), required);
  if (file.startsWith(join(root, "prebuilt/"))) return `require("${required}")`;
  if (!existsSync(file)) throw new Error(`${bundle} requires ${required}`);
  const call = `require("${required}")`;
  return `(typeof require === "undefined" ? import.meta.${call} : ${call})`;
}

async function bundle(): Promise<void> {
  rmSync(bundles, { recursive: true, force: true });
  await bundleMain();
  await bundleModules();
  await Promise.all(shared.map(bundleShared));
  for (const { source } of pure) {
    await Bun.build({
      entrypoints: [join(root, source)],
      root: sources,
      outdir: bundles,
      target: "browser",
      minify: { syntax: true, whitespace: false, identifiers: false },
    });
  }
}

/**
 * Declarations, which name each other by ".js" so that every moduleResolution finds them. What no
 * entry point leads to nobody can import: it is left out.
 */
async function declare(): Promise<void> {
  rmSync(types, { recursive: true, force: true });
  run("tsc", "-p", "tsconfig.types.json");
  const texts = new Map<string, string>();
  for (const name of new Glob("**/*.d.ts").scanSync(types)) {
    const text = await Bun.file(join(types, name)).text();
    // An import for what it does declares nothing.
    const declaring = text.replaceAll(/^import "[^"]*";\n/gm, "");
    const naming = /((?:from |import\(|declare module )"\.[^"]*)\.ts"/g;
    texts.set(join(types, name), declaring.replaceAll(naming, '$1.js"'));
  }
  const reached = new Set<string>();
  for (const { source } of entryPoints) {
    reach(join(types, relative("src", source).replace(/\.ts$/, ".d.ts")), texts, reached);
  }
  for (const [file, text] of texts) {
    if (reached.has(file)) await Bun.write(file, text);
    else rmSync(file);
  }
}

/** Adds a declaration file to `reached`, and those that it names. */
function reach(file: string, texts: ReadonlyMap<string, string>, reached: Set<string>): void {
  if (reached.has(file)) return;
  reached.add(file);
  const text = texts.get(file);
  if (text === undefined) throw new Error(`${relative(root, file)} is named, but not declared`);
  for (const [, name = ""] of text.matchAll(/(?:from |import\(|declare module )"(\.[^"]*)"/g)) {
    reach(join(dirname(file), name.replace(/\.js$/, ".d.ts")), texts, reached);
  }
}

/**
 * For other runtimes: modules with the same exports that throw, since linking must succeed for the
 * message to be seen. What is pure they get as it is.
 */
async function others(): Promise<void> {
  rmSync(other, { recursive: true, force: true });
  for (const entry of shared) {
    const list = (await exportsOf(join(root, entry.source)))
      .map((exported) => `none as ${exported}`)
      .join(", ");
    const code = `throw new Error(${JSON.stringify(NOT_BUN)});\nvar none;\nexport { ${list} };\n`;
    await Bun.write(join(root, entry.other), code);
  }
}

run("zig", "build", ...(process.argv.includes("--all") ? ["all"] : []));
await Promise.all([bundle().then(others), declare()]);
for (const file of new Glob("**/*.js").scanSync(join(root, "dist"))) {
  const path = join(root, "dist", file);
  console.log(`${relative(root, path)} ${Bun.file(path).size} bytes`);
}

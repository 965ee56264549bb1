// `bun run build`: this machine's library into prebuilt/, the bundle and the declarations into
// dist/. With --all, the library of every supported platform.
//
// What is bundled is what package.json exports: "./dist/bun/x/index.js" is made of
// src/x/index.ts. What several entry points import becomes files that they share: it is there once.

import { existsSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { Glob } from "bun";
import manifest from "../package.json";
import { entryPoints } from "./entries.ts";
import { toolEnvironment } from "./environment.ts";
import { resident } from "./resident.ts";

const root = join(import.meta.dir, "..");
const sources = join(root, "src");
const bundles = join(root, "dist/bun");
const types = join(root, "dist/types");
/** What other runtimes than Bun get. */
const other = join(root, "dist/other");
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

async function bundle(): Promise<void> {
  rmSync(bundles, { recursive: true, force: true });
  const { outputs } = await Bun.build({
    entrypoints: entryPoints.map(({ source }) => join(root, source)),
    root: sources,
    outdir: bundles,
    target: "bun",
    splitting: true,
    plugins: [await resident()],
    // Shorter code is read sooner, if only by a fiftieth; white space costs nothing, and names are
    // for users to see. The map is read for stack traces alone.
    minify: { syntax: true, whitespace: false, identifiers: false },
    sourcemap: "linked",
    // The libraries stay files, found beside the bundle.
    external: ["*.so", "*.dylib"],
    naming: { chunk: "[name]-[hash].[ext]" },
  });
  const files = new Map<string, string>();
  for (const { path } of outputs.filter(({ kind }) => kind !== "sourcemap")) {
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

/** Declarations, which name each other by ".js" so that every moduleResolution finds them. */
async function declare(): Promise<void> {
  rmSync(types, { recursive: true, force: true });
  run("tsc", "-p", "tsconfig.types.json");
  for (const name of new Glob("**/*.d.ts").scanSync(types)) {
    const file = Bun.file(join(types, name));
    const text = await file.text();
    await file.write(
      text.replaceAll(/((?:from |import\(|declare module )"\.[^"]*)\.ts"/g, '$1.js"'),
    );
  }
}

/**
 * For other runtimes: modules with the same exports that throw, since linking must succeed for the
 * message to be seen. What is pure they get as it is.
 */
async function others(): Promise<void> {
  rmSync(other, { recursive: true, force: true });
  for (const entry of entryPoints.filter(({ pure }) => !pure)) {
    const bundled = await Bun.file(join(root, entry.bundle)).text();
    const names = new Bun.Transpiler({ loader: "js" }).scan(bundled).exports;
    const list = names.map((exported) => `none as ${exported}`).join(", ");
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

import { expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compare, native, symbolsIn, target } from "../../src/native/library.ts";
import { symbols } from "../../src/native/symbols.ts";
import { removeDirectory } from "../support/directory.ts";
import { end } from "../support/program.ts";

const root = join(import.meta.dir, "../..");
const platform = `${process.platform}-${process.arch}`;

/** Imports a copy of the package whose library `prepare` has put in place, or not. */
async function importCopy(prepare: (directory: string, file: string) => void): Promise<string> {
  const copy = mkdtempSync(join(tmpdir(), "rawsock-library-"));
  try {
    cpSync(join(root, "src"), join(copy, "src"), { recursive: true });
    const directory = join(copy, "prebuilt", platform);
    mkdirSync(directory, { recursive: true });
    prepare(directory, readdirSync(join(root, "prebuilt", platform))[0] as string);
    const main = join(copy, "main.ts");
    writeFileSync(main, 'import { socket } from "./src/index.ts"; console.log(socket("inet", 2));');
    const { stdout, stderr, exitCode } = await end([process.execPath, main]);
    return exitCode === 0 ? `loaded ${stdout}` : stderr;
  } finally {
    removeDirectory(copy);
  }
}

test("a missing library gives one error with the command that cures it", async () => {
  const text = await importCopy(() => {});
  expect(text).toContain(
    `rawsock: the native library for ${platform} is missing: run \`bun run build\``,
  );
});

test("a file that is no library gives one error with the command that cures it", async () => {
  const text = await importCopy((directory, file) => {
    writeFileSync(join(directory, file), "not a library");
  });
  expect(text).toContain("rawsock: the native library does not match this package");
  expect(text).toContain("`bun run build`");
});

test("a library of another version gives one error with the command that cures it", async () => {
  const text = await importCopy((directory, file) => {
    cpSync(join(root, "prebuilt", platform, file), join(directory, file));
    const table = join(directory, "../../src/native/symbols.ts");
    writeFileSync(
      table,
      readFileSync(table, "utf8").replace("export const symbols = `", "$&\nrawsock_none,"),
    );
  });
  expect(text).toContain("does not match this package");
  expect(text).toContain("rawsock_none");
  expect(text).toContain("`bun run build`");
});

test("a symbol whose parameters differ is named with both", () => {
  const table = (types = "") => ({ f: types });
  expect(() => compare(table("i32"), table("u32"))).toThrow(/f\(i32\) is \(u32\) there/);
  expect(() => compare(table(), {})).toThrow(/f\(\) is absent there/);
  expect(() => compare({}, table())).toThrow(/f is unknown here/);
  expect(() => compare(table("i32"), table("i32"))).not.toThrow();
});

test("the table lists every symbol under the prefix", () => {
  const systems: Record<string, string> = { darwin: "macos", win32: "windows" };
  expect(target).toStartWith(`${systems[process.platform] ?? process.platform}-`);
  for (const name of Object.keys(symbolsIn(symbols))) {
    expect(name).toStartWith("rawsock_");
    expect(typeof native[name as keyof typeof native]).toBe("function");
  }
});

// What the comparison with other programs needs besides them: npm packages that nobody else needs,
// in a temporary directory, and the library that makes Debian's CLISP work.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zig } from "../test/support/zig.ts";

/** A directory that is gone when the suite ends. */
function temporary(shared: DisposableStack): string {
  const directory = mkdtempSync(join(tmpdir(), "rawsock-peers-"));
  shared.defer(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Installs npm packages, addons among them: the directory, or null and a line that says why. */
export function installed(shared: DisposableStack, ...names: string[]): string | null {
  const directory = temporary(shared);
  const every = <T>(value: T) => Object.fromEntries(names.map((name) => [name, value]));
  const manifest = { private: true, dependencies: every("*"), allowScripts: every(true) };
  writeFileSync(join(directory, "package.json"), JSON.stringify(manifest));
  if (Bun.which("npm") === null || Bun.which("node") === null) {
    console.log(`(${names.join(" and ")} left out: no npm and node here)`);
    return null;
  }
  const { exitCode, stderr } = Bun.spawnSync(["npm", "install", "--no-audit", "--no-fund"], {
    cwd: directory,
  });
  const loads = `${names.map((name) => `require(${JSON.stringify(name)})`).join(";")}`;
  const works = exitCode === 0 && Bun.spawnSync(["node", "-e", loads], { cwd: directory });
  if (works && works.exitCode === 0) return directory;
  const [reason = "they do not load"] = /npm error .*/.exec(String(stderr)) ?? [];
  console.log(`(${names.join(" and ")} left out: ${reason})`);
  return null;
}

/** The environment in which Debian's CLISP has all that its rawsock module needs. */
export function clispEnvironment(shared: DisposableStack): Record<string, string> {
  const library = join(temporary(shared), "stub.so");
  const source = join(import.meta.dir, "peers/stub.c");
  Bun.spawnSync([zig, "cc", "-O2", "-shared", "-fPIC", "-o", library, source]);
  return { LD_PRELOAD: library };
}

// A user's project: a directory of its own in which the packed package is installed.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "./namespace.ts";
import { tool } from "./program.ts";

const root = join(import.meta.dir, "../..");

/** A registry that nobody serves: whatever asks for it fails. */
const NO_NETWORK = { BUN_CONFIG_REGISTRY: "http://127.0.0.1:9/", npm_config_offline: "true" };

/** Builds and packs the package with the repository's own Bun; the tarball's path. */
export function pack(directory: string): string {
  run(...tool("bun"), join(root, "scripts/build.ts"));
  const words = ["--ignore-scripts", "--quiet", "--destination", directory];
  const { stdout, stderr, exitCode } = Bun.spawnSync([...tool("bun"), "pm", "pack", ...words], {
    cwd: root,
  });
  if (exitCode !== 0) throw new Error(`bun pm pack: ${stderr}`);
  return join(directory, String(stdout).trim().split("/").at(-1) as string);
}

export class Project implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), "rawsock-project-"));

  /** An empty project to which `bun add` added the tarball, without network and scripts. */
  constructor(tarball: string) {
    this.write("package.json", '{ "name": "project", "type": "module", "private": true }');
    this.run(process.execPath, "add", "--offline", "--ignore-scripts", tarball);
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  write(name: string, text: string): string {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
    return this.path(name);
  }

  /** Copies a file of the repository. */
  copy(file: string, name: string): string {
    cpSync(join(root, file), this.path(name));
    return this.path(name);
  }

  /** Runs a program inside; what it wrote, or an error with what it complained of. */
  run(...command: string[]): string {
    const { exitCode, stdout, stderr } = Bun.spawnSync(command, {
      cwd: this.directory,
      env: { ...process.env, ...NO_NETWORK, BUN_INSTALL_CACHE_DIR: this.path("cache") },
    });
    if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr}${stdout}`);
    return String(stdout);
  }

  /** Takes a file or a directory away again. */
  remove(name: string): void {
    rmSync(this.path(name), { recursive: true });
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true });
  }
}

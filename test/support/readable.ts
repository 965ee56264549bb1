// What a test runs as another user must lie where that user can read it, which a checkout in a
// private home does not: then a copy does.

import { chmodSync, copyFileSync, cpSync, linkSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const repository = join(import.meta.dir, "../..");
/** What a program that imports the package needs. */
const PARTS = [
  ...["examples", "package.json", "prebuilt", "scripts", "src", "tsconfig.json"],
  ...["test/faults", "test/sandbox", "test/support"],
  // And the command.
  ...["node_modules/dns-packet", "node_modules/@leichtgewicht/ip-codec"],
];
const OTHERS_READ = 0o4;
const OTHERS_ENTER = 0o1;

let copy: string | undefined;

/**
 * A directory that any user may enter, and the words of a command with what lies in the repository
 * replaced by what lies there.
 */
export function readable(words: readonly string[]): { directory: string; words: string[] } {
  const executable = process.execPath;
  if (isPublic(executable) && isPublic(join(repository, "src/index.ts"))) {
    return { directory: "/", words: [...words] };
  }
  copy ??= copied(executable);
  const directory = copy;
  return {
    directory,
    words: words.map((word) =>
      word.replaceAll(executable, join(directory, "bun")).replaceAll(repository, directory),
    ),
  };
}

/** May everybody read the file? */
function isPublic(file: string): boolean {
  if ((statSync(file).mode & OTHERS_READ) === 0) return false;
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    if ((statSync(directory).mode & OTHERS_ENTER) === 0) return false;
    if (directory === "/") return true;
  }
}

function copied(executable: string): string {
  const directory = mkdtempSync(join(tmpdir(), "rawsock-readable-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  for (const part of PARTS)
    cpSync(join(repository, part), join(directory, part), { recursive: true });
  const bun = join(directory, "bun");
  try {
    // A hundred megabytes, which need not be there twice.
    linkSync(executable, bun);
  } catch {
    copyFileSync(executable, bun);
  }
  return directory;
}

// `npm run test:reproducible`: builds every library twice, from empty caches and in two
// directories, and compares the files byte by byte.

import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Glob } from "bun";

const root = join(import.meta.dir, "..");
const work = mkdtempSync(join(tmpdir(), "rawsock-reproduce-"));

/** The libraries built in a directory of that name: path and bytes. */
function build(name: string): Map<string, Buffer> {
  const directory = join(work, name);
  for (const part of ["build.zig", "build.zig.zon", "zig"]) {
    cpSync(join(root, part), join(directory, part), { recursive: true });
  }
  const { exitCode } = Bun.spawnSync([join(root, "node_modules/.bin/zig"), "build", "all"], {
    cwd: directory,
    env: {
      ...process.env,
      ZIG_GLOBAL_CACHE_DIR: join(directory, "global-cache"),
      ZIG_LOCAL_CACHE_DIR: join(directory, "local-cache"),
    },
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (exitCode !== 0) throw new Error(`zig build all failed with status ${exitCode}`);
  return libraries(join(directory, "prebuilt"));
}

function libraries(directory: string): Map<string, Buffer> {
  const files = [...new Glob("*/*").scanSync(directory)].sort();
  return new Map(files.map((file) => [file, readFileSync(join(directory, file))]));
}

let differing = 0;
try {
  const first = build("first");
  const second = build("second-in-a-directory-with-a-longer-name");
  for (const [file, bytes] of first) {
    const same = second.get(file)?.equals(bytes) === true;
    const leaked = bytes.includes(work) || bytes.includes(root);
    if (!same || leaked) differing++;
    const verdict = leaked ? "HOLDS A PATH" : same ? "identical" : "DIFFERS";
    console.log(`${file} ${bytes.length} bytes ${Bun.SHA256.hash(bytes, "hex")} ${verdict}`);
  }
  console.log(`${first.size - differing} identical, ${differing} differing`);
  process.exitCode = first.size > 0 && differing === 0 ? 0 : 1;
} finally {
  rmSync(work, { recursive: true });
}

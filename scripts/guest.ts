// Tests under a kernel of Debian's, emulated by qemu without KVM. The guest sees this machine's
// file system, or one made for its architecture; what it writes is lost.

import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import { cacheDirectory, needPackages, root, run } from "./foreign.ts";
import { type Environment, environment, guestLine, parseGuestLine } from "./results.ts";
import { added, lines, type Rooms, runTests, total } from "./suite.ts";

/** What of a kernel there is to be tested, the kernel's own families first. */
const ROOMS = ["family", "address", "option", "control", "calls", "message", "socket"].concat([
  "interface",
  "names",
  "netlink",
  "tun",
  "capture",
]);

/** What is left out, and why. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  "test/capture/flood.test.ts": "floods that are told whole need a machine as fast as they are",
  "test/socket/lifetime.test.ts": "starts programs by the hundred",
};

/** Debian's names of architectures. */
export type Architecture = "amd64" | "arm64";

export const OWN_ARCHITECTURE: Architecture = process.arch === "arm64" ? "arm64" : "amd64";

/** What is booted besides the kernel. */
export type Guest = {
  readonly architecture: Architecture;
  /** A directory with a file system of that architecture; this machine's unless told. */
  readonly root?: string;
  /** apt-get's options, where it is another architecture than this machine's. */
  readonly apt?: readonly string[];
  /** What starts Bun in the guest. */
  readonly bun: string;
  /** The program of the Zig unit tests, where these are to run there, too. */
  readonly unitTests?: string;
};

const PACKAGES = ["busybox-static", "cpio", "kmod", "xz-utils"];
const MACHINES = {
  amd64: {
    debian: "qemu-system-x86",
    command: ["qemu-system-x86_64", "-M", "q35", "-cpu", "max"],
    console: "ttyS0",
  },
  arm64: {
    debian: "qemu-system-arm",
    command: ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72"],
    console: "ttyAMA0",
  },
} as const;
const MEMORY = "6G";
/** For all tests of a file, and for a single one, whose 5 seconds are too few for an emulator. */
const FILE_SECONDS = 1200;
const TEST_MS = 300_000;
/** Tests that measure time allow for this many times as much. */
const PATIENCE = "10";
/** COMMAND_LINE_SIZE is 2048 on either architecture. */
const COMMAND_MAX = 1800;

/** Chooses what is tested: a file, or a directory of test/. */
function isChoice(word: string): boolean {
  return word.endsWith(".test.ts") || ROOMS.includes(word);
}

/** The files there are, or those of `words`; what is left out is printed. */
export function filesOf(words: readonly string[]): string[] {
  const chosen = words.filter((word) => word.endsWith(".test.ts"));
  if (chosen.length > 0) return chosen;
  for (const [file, reason] of Object.entries(LEFT_OUT))
    console.log(`left out: ${file}: ${reason}`);
  const named = ROOMS.filter((room) => words.includes(room));
  const all = (named.length > 0 ? named : ROOMS).flatMap((room) =>
    [...new Glob(`test/${room}/*.test.ts`).scanSync(root)].sort(),
  );
  return all.filter((file) => LEFT_OUT[file] === undefined);
}

/** In the guest: runs the files, each in a process of its own, and prints the counts last. */
export async function runInGuest(words: readonly string[]): Promise<void> {
  const env = {
    RAWSOCK_TEST_PATIENCE: PATIENCE,
    ...(Bun.which("gcc") === null ? {} : { RAWSOCK_TEST_COMPILER: "gcc" }),
  };
  const runs: Rooms[] = [];
  const failures: string[] = [];
  const program = words.find((word) => word.startsWith(UNIT_TESTS))?.slice(UNIT_TESTS.length);
  if (program !== undefined) runs.push(await runUnitTests(program));
  for (const file of filesOf(words)) {
    // A test that hangs in a system call is not ended by anything else.
    const bun = ["timeout", "-s", "KILL", String(FILE_SECONDS), process.execPath];
    const outcome = await runTests(bun, [`--timeout=${TEST_MS}`, file], { env });
    for (const { name } of outcome.failures) failures.push(`failed: ${file}: ${name}`);
    runs.push(outcome.rooms);
  }
  for (const line of failures) console.log(line);
  console.log(guestLine(environment(added(...runs))));
}

/** A word of the command in a guest: the program of the Zig unit tests. */
const UNIT_TESTS = "--unit-tests=";

/** Runs the Zig unit tests, as the compiler's own runner does without its build system. */
async function runUnitTests(program: string): Promise<Rooms> {
  console.log(`== Zig unit tests: ${program}`);
  const child = Bun.spawn([program], { stdio: ["ignore", "ignore", "pipe"] });
  const output = await new Response(child.stderr).text();
  const exitCode = await child.exited;
  const all = Number(/All (\d+) tests passed/.exec(output)?.[1] ?? 0);
  const [, some = all, skips = 0, failures = 0] =
    /(\d+) passed; (\d+) skipped; (\d+) failed/.exec(output)?.map(Number) ?? [];
  const failed = failures === 0 && exitCode !== 0 ? 1 : failures;
  if (failed > 0) console.log(output);
  console.log(`Zig unit tests: ${some} passed, ${failed} failed, ${skips} skipped`);
  return { zig: { passed: some, failed, skipped: skips } };
}

/** The newest of Debian's packages of a version, or undefined. */
export function packageOf(version: string, { architecture, apt = [] }: Guest): string | undefined {
  const pattern = `^linux-image-${version.replaceAll(".", "\\.")}\\.[0-9.]+[^ ]*-${architecture}$`;
  const search = ["apt-cache", ...apt, "search", "--names-only", pattern];
  const names = String(Bun.spawnSync(search).stdout)
    .split("\n")
    .map((line) => line.split(" ")[0] ?? "");
  const plain = names.filter((name) => name !== "" && !/-(rt|cloud|dbg)/.test(name));
  const part = (name: string) => name.match(/\d+/g)?.map(Number) ?? [];
  const order = (a: string, b: string) => {
    const [x, y] = [part(a), part(b)];
    const at = x.findIndex((number, index) => number !== y[index]);
    return at < 0 ? 0 : (x[at] ?? 0) - (y[at] ?? 0);
  };
  return plain.sort(order).at(-1);
}

/** Where the kernel, its modules and the initial file system are, made at the first time. */
function prepared(name: string, { root: system = "/", apt = [] }: Guest): string {
  // What is packed in is that of now.
  const scripts = ["build", "init", "start"].map((word) => join(root, `scripts/guest/${word}.sh`));
  const texts = scripts.map((path) => readFileSync(path, "utf8"));
  const version = Bun.hash(texts.join()).toString(36);
  const directory = join(cacheDirectory("kernel"), `${name}-${version}`);
  if (existsSync(join(directory, "initrd"))) return directory;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  run("bash", join(root, "scripts/guest/build.sh"), name, directory, system, ...apt);
  return directory;
}

/** Runs the tests of `words` under a kernel; undefined: it ended without telling counts. */
export async function bootTests(
  name: string,
  guest: Guest,
  script: string,
  words: readonly string[],
): Promise<Environment | undefined> {
  const { HOME = "/root" } = process.env;
  // What runs before and after the tests on this machine's PATH is of its architecture.
  const path = guest.root === undefined ? (process.env.PATH ?? "") : "";
  const command = [
    "export",
    `HOME='${HOME}'`,
    ...(path === "" ? [] : [`PATH='${path}'`]),
    ";",
    `cd '${root}';`,
    `'${guest.bun}' ${script} --guest`,
    ...(guest.unitTests === undefined ? [] : [`${UNIT_TESTS}'${guest.unitTests}'`]),
    ...words.filter(isChoice),
  ];
  return await boot(prepared(name, guest), guest, command.join(" "));
}

/** Runs a command in a guest and prints what it prints, but for the counts. */
async function boot(
  directory: string,
  { architecture, root: system }: Guest,
  command: string,
): Promise<Environment | undefined> {
  const kernel = [...new Glob("boot/vmlinuz-*").scanSync(directory)][0] ?? "";
  const share = (path: string, tag: string) => [
    "-virtfs",
    `local,path=${path},mount_tag=${tag},security_model=none,readonly=on,multidevs=remap`,
  ];
  const machine = MACHINES[architecture];
  const encode = (text: string) => Buffer.from(text).toString("base64");
  const shared = system === undefined ? "" : encode(root);
  const encoded = encode(command);
  if (encoded.length > COMMAND_MAX)
    throw new RangeError("too many files for a kernel's command line");
  const child = Bun.spawn(
    [
      ...machine.command,
      ...["-accel", "tcg,thread=multi,tb-size=1024", "-smp", "2", "-m", MEMORY],
      ...["-display", "none", "-nic", "none", "-serial", "stdio", "-monitor", "none"],
      "-no-reboot",
      ...share(system ?? "/", "root"),
      ...share(join(directory, "lib/modules"), "modules"),
      ...(system === undefined ? [] : share(root, "share")),
      ...["-kernel", join(directory, kernel), "-initrd", join(directory, "initrd")],
      "-append",
      `console=${machine.console} quiet panic=-1 share=${shared} command=${encoded}`,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let result: Environment | undefined;
  for await (const line of lines(child.stdout.getReader())) {
    if (line.startsWith("<status")) break;
    const found = parseGuestLine(line);
    if (found === undefined) process.stdout.write(line);
    else result = found;
  }
  child.kill();
  await child.exited;
  return result;
}

/** What is missing, as a remedy; or undefined. */
export function missing(architecture: Architecture, ...packages: string[]): string | undefined {
  if (process.arch !== "x64" && process.arch !== "arm64") return "needs x64 or arm64";
  if (Bun.which("apt-get") === null) return "needs Debian's or Ubuntu's apt-get";
  try {
    needPackages(MACHINES[architecture].debian, ...PACKAGES, ...packages);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Says how many passed under a kernel. */
export function told(name: string, found: Environment | undefined): Rooms {
  // A guest that ended without its last line has not passed.
  if (found === undefined) return { none: { passed: 0, failed: 1, skipped: 0 } };
  const { passed, failed, skipped } = total(found.rooms);
  console.log(`${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  return found.rooms;
}

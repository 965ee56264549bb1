// `npm run test:kernel`: tests under other kernels, Debian's 6.12 and 6.1 unless versions are
// given, which have the families of sockets that few machines' own has (CAN, SCTP, TIPC, AF_ALG,
// vsock, kTLS). qemu emulates them without KVM. The guest sees this machine's file system; what it
// writes is lost. Words that end in .test.ts choose files.

import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { Glob } from "bun";
import { cacheDirectory, needPackages, root, run } from "./foreign.ts";
import { type Counts, conclude, lines, runTests } from "./suite.ts";

const ROOMS = ["family", "socket", "option", "control", "address", "message", "calls"];
const VERSIONS = ["6.12", "6.1"];
const ARCHITECTURE = { x64: "amd64", arm64: "arm64" }[process.arch as string] ?? process.arch;
const PACKAGES = ["busybox-static", "cpio", "kmod", "xz-utils"];
const EMULATORS = { x64: "qemu-system-x86", arm64: "qemu-system-arm" };
const MEMORY = "6G";
/** For all tests of a file, and for a single one, whose 5 seconds are too few for an emulator. */
const FILE_SECONDS = 900;
const TEST_MS = 120_000;
/** Tests that measure time allow for this many times as much. */
const PATIENCE = "10";

/** COMMAND_LINE_SIZE is 2048 on either architecture. */
const COMMAND_MAX = 1900;

/** Starts programs by the hundred, which takes an emulator hours and says nothing of a kernel. */
const LEFT_OUT: ReadonlySet<string> = new Set(["test/socket/lifetime.test.ts"]);

/** In the guest: runs the files, each in a process of its own. */
async function runInGuest(files: readonly string[]): Promise<void> {
  const env = { RAWSOCK_TEST_PATIENCE: PATIENCE };
  const total = { passed: 0, failed: 0, skipped: 0 };
  const failures: string[] = [];
  for (const file of files) {
    // A test that hangs in a system call is not ended by anything else.
    const bun = ["timeout", "-s", "KILL", String(FILE_SECONDS), process.execPath];
    const outcome = await runTests(bun, [`--timeout=${TEST_MS}`, file], { env });
    for (const { name } of outcome.failures) failures.push(`failed: ${file}: ${name}`);
    total.passed += outcome.passed;
    total.failed += outcome.failed;
    total.skipped += outcome.skipped;
  }
  for (const line of failures) console.log(line);
  console.log(`Linux ${release()}:`);
  conclude(total);
}

/** The newest of Debian's packages of a version, or undefined. */
function packageOf(version: string): string | undefined {
  const pattern = `^linux-image-${version.replaceAll(".", "\\.")}\\.[0-9.]+[^ ]*-${ARCHITECTURE}$`;
  const { stdout } = Bun.spawnSync(["apt-cache", "search", "--names-only", pattern]);
  const names = String(stdout)
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
function prepared(name: string): string {
  // What is packed in is that of now.
  const scripts = ["build", "init", "start"].map((word) => join(root, `scripts/guest/${word}.sh`));
  const texts = scripts.map((path) => readFileSync(path, "utf8"));
  const version = Bun.hash(texts.join()).toString(36);
  const directory = join(cacheDirectory("kernel"), `${name}-${version}`);
  if (existsSync(join(directory, "initrd"))) return directory;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  run("bash", join(root, "scripts/guest/build.sh"), name, directory);
  return directory;
}

/** Runs a command in a guest and prints what it prints: the counts in its last line, if any. */
async function boot(directory: string, command: string): Promise<Counts | undefined> {
  const kernel = [...new Glob("boot/vmlinuz-*").scanSync(directory)][0] ?? "";
  const share = (path: string, tag: string) => [
    "-virtfs",
    `local,path=${path},mount_tag=${tag},security_model=none,readonly=on,multidevs=remap`,
  ];
  const machine =
    process.arch === "x64"
      ? ["qemu-system-x86_64", "-M", "q35", "-cpu", "max"]
      : ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72"];
  const console_ = process.arch === "x64" ? "ttyS0" : "ttyAMA0";
  const encoded = Buffer.from(command).toString("base64");
  if (encoded.length > COMMAND_MAX)
    throw new RangeError("too many files for a kernel's command line");
  const guest = Bun.spawn(
    [
      ...machine,
      ...["-accel", "tcg,thread=multi,tb-size=1024", "-smp", "2", "-m", MEMORY],
      ...["-display", "none", "-nic", "none", "-serial", "stdio", "-monitor", "none"],
      "-no-reboot",
      ...share("/", "root"),
      ...share(join(directory, "lib/modules"), "modules"),
      ...["-kernel", join(directory, kernel), "-initrd", join(directory, "initrd")],
      ...["-append", `console=${console_} quiet panic=-1 command=${encoded}`],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let counts: Counts | undefined;
  for await (const line of lines(guest.stdout.getReader())) {
    if (line.startsWith("<status")) break;
    process.stdout.write(line);
    const [, passed, failed, skipped] =
      /^(\d+) passed, (\d+) failed, (\d+) skipped/.exec(line) ?? [];
    if (skipped !== undefined) {
      counts = { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
    }
  }
  guest.kill();
  await guest.exited;
  return counts;
}

/** What is missing, as a remedy; or undefined. */
function missing(): string | undefined {
  const emulator = EMULATORS[process.arch as "x64" | "arm64"];
  if (emulator === undefined) return "needs x64 or arm64";
  if (Bun.which("apt-get") === null) return "needs Debian's or Ubuntu's apt-get";
  try {
    needPackages(emulator, ...PACKAGES);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const words = process.argv.slice(2);
const chosen = words.filter((word) => word.endsWith(".test.ts"));
const all = ROOMS.flatMap((room) => [...new Glob(`test/${room}/*.test.ts`).scanSync(root)].sort());
const files = chosen.length > 0 ? chosen : all.filter((file) => !LEFT_OUT.has(file));

if (words[0] === "--guest") await runInGuest(files);
else {
  const versions = words.filter((word) => /^\d+\.\d+$/.test(word));
  const total = { passed: 0, failed: 0, skipped: 0 };
  const remedy = missing();
  if (remedy === undefined) run("zig", "build");
  for (const version of versions.length > 0 ? versions : VERSIONS) {
    const name = remedy === undefined ? packageOf(version) : undefined;
    if (name === undefined) {
      console.log(`skipped: Linux ${version}: ${remedy ?? "apt has no such kernel"}`);
      total.skipped++;
      continue;
    }
    console.log(`== ${name}`);
    const { HOME = "/root", PATH = "" } = process.env;
    const guest = ["export", `HOME='${HOME}'`, `PATH='${PATH}';`, "cd", `'${root}';`];
    const command = [...guest, `'${process.execPath}'`, "scripts/kernel.ts", "--guest", ...chosen];
    const counts = await boot(prepared(name), command.join(" "));
    // A guest that ended without its last line has not passed.
    const { passed, failed, skipped } = counts ?? { passed: 0, failed: 1, skipped: 0 };
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  if (versions.length !== 1) console.log("All kernels:");
  conclude(total);
}

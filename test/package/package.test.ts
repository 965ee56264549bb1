// The packed package as a user gets it: installed, compiled, bundled, in a Worker, type-checked.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import {
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import manifest from "../../package.json";
import { entryPoints as entries } from "../../scripts/entries.ts";
import * as source from "../../src/index.ts";
import { Namespace } from "../support/namespace.ts";
import { end, tool } from "../support/program.ts";
import { Project, pack } from "../support/project.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";

const repository = join(import.meta.dir, "../..");
const entryPoints = entries.map(({ name }) => name);
/** Most of it is bytecode, which halves the start, and the libraries of six platforms. */
const PACKED_MAX = 1.8 * 1024 * 1024;
const REPLIES = /^(64 bytes from 127\.0\.0\.1: \d+\.\d{3} ms\n){3}$/;
const PING = ["127.0.0.1", "3"];

// Compilers and whole programs run, on machines that do other things as well.
setDefaultTimeout(120_000);

let directory: string;
let tarball: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "rawsock-package-"));
  tarball = pack(directory);
}, 120_000);
afterAll(() => rmSync(directory, { recursive: true }));

test("the tarball holds what package.json lists, and is small", () => {
  const files = String(Bun.spawnSync(["tar", "-tzf", tarball]).stdout)
    .trim()
    .split("\n")
    .map((name) => name.replace(/^package\//, ""));
  const allowed =
    /^(package\.json|README\.md|LICENSE|(CHANGELOG|OPTIONS)\.md|docs\/.*\.md|examples\/.*\.(ts|md)|dist\/bun\/.*\.js|dist\/bun\/(\w+\/)?main\.cjs(\.jsc)?|dist\/bun\/cli\/(rawsock|LICENSES\.txt|\w+\.cjs|ping\.cjs\.jsc)|dist\/other\/.*\.js(\.map)?|dist\/types\/.*\.d\.ts|prebuilt\/\w+-\w+\/(librawsock\.(so|dylib)|rawsock\.dll))$/;
  expect(files.filter((name) => !allowed.test(name))).toEqual([]);
  for (const conditions of Object.values(manifest.exports)) {
    for (const path of Object.values(typeof conditions === "string" ? [conditions] : conditions)) {
      expect(files).toContain(path.replace("./", ""));
    }
  }
  expect(files.some((name) => name.includes(`${process.platform}-${process.arch}/`))).toBe(true);
  expect(statSync(tarball).size).toBeLessThan(PACKED_MAX);
});

test("what the README and the documents link to is in the tarball", async () => {
  const listed = String(Bun.spawnSync(["tar", "-tzf", tarball]).stdout)
    .trim()
    .split("\n");
  const files = new Set(listed.map((name) => name.replace(/^package\//, "")));
  const pages = [...files].filter((name) => /^(README|OPTIONS|docs\/.*)(\.md)$/.test(name));
  expect(pages.length).toBeGreaterThan(20);
  for (const page of pages) {
    const whole = await Bun.file(join(repository, page)).text();
    const text = whole.replaceAll(/^```[\s\S]*?^```/gm, "");
    for (const [, link = ""] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)) {
      const target = normalize(join(dirname(page), link));
      // For those who have the repository; a registry's page finds them there.
      if (/^(CONTRIBUTING\.md|bench\/results\.svg)$/.test(target)) continue;
      const there = files.has(target) || listed.some((name) => name.includes(`/${target}`));
      expect(`${page}: ${link} ${there}`).toBe(`${page}: ${link} true`);
    }
  }
});

test("nothing in the tarball tells where it was built", () => {
  using project = new Project(tarball);
  const names = ["main.cjs", "main.cjs.jsc", "bundled.js", "index.js"];
  for (const name of names) {
    const bytes = readFileSync(project.path(`node_modules/rawsock/dist/bun/${name}`));
    expect({ name, told: bytes.includes(repository) }).toEqual({ name, told: false });
  }
});

test("without its bytecode, and with another Bun's, the package works all the same", () => {
  using project = new Project(tarball);
  const bytecode = project.path("node_modules/rawsock/dist/bun/main.cjs.jsc");
  const main = project.write("main.ts", 'import { AF } from "rawsock"; console.log(AF.INET);');
  const whole = readFileSync(bytecode);
  expect(whole.length).toBeGreaterThan(10_000);
  for (const bytes of [
    whole.subarray(0, 5000),
    whole.map((byte) => byte ^ 0xa5),
    Buffer.alloc(0),
  ]) {
    writeFileSync(bytecode, bytes);
    expect(project.run(process.execPath, main)).toBe("2\n");
  }
  rmSync(bytecode);
  expect(project.run(process.execPath, main)).toBe("2\n");
});

test("nothing runs or is fetched at installation", () => {
  const hooks = ["preinstall", "install", "postinstall", "prepare"];
  expect(Object.keys(manifest.scripts).filter((name) => hooks.includes(name))).toEqual([]);
  for (const kind of ["dependencies", "optionalDependencies", "peerDependencies"]) {
    expect(manifest).not.toHaveProperty(kind);
  }
});

test("the lock files are in step with package.json and name no registry", async () => {
  const npm = await Bun.file(join(repository, "package-lock.json")).text();
  const bun = await Bun.file(join(repository, "bun.lock")).text();
  const { devDependencies, engines, name, version } = manifest;
  const inNpm = JSON.parse(npm).packages[""];
  expect(inNpm).toMatchObject({ name, version, engines, devDependencies });
  const inBun = JSON.parse(bun.replace(/,(?=\s*[}\]])/g, "")).workspaces[""];
  expect(inBun.devDependencies).toEqual(devDependencies);
  expect(inBun.name).toBe(name);
  // "funding" holds addresses, too.
  expect(npm).not.toContain('"resolved"');
  expect(npm + bun).not.toMatch(/registry|\.tgz/);
});

test("every entry point is imported from an installed package and exports what the source does", () => {
  using project = new Project(tarball);
  const main = project.write(
    "main.ts",
    `const names = {};
     for (const path of ${JSON.stringify(entryPoints)}) names[path] = Object.keys(await import(path));
     const { AddrInfoError, Message, Sockaddr, Socket, SocketError } = await import("rawsock");
     const classes = [AddrInfoError, Message, Sockaddr, Socket, SocketError];
     console.log(JSON.stringify({ names, classes: classes.map(({ name }) => name) }));`,
  );
  const { names, classes } = JSON.parse(project.run(process.execPath, main));
  expect(classes).toEqual(["AddrInfoError", "Message", "Sockaddr", "Socket", "SocketError"]);
  expect(Object.keys(names)).toEqual(entryPoints);
  expect(names[manifest.name].sort()).toEqual(Object.keys(source).sort());
  for (const path of entryPoints) expect(names[path].length).toBeGreaterThan(0);
});

test("the installed command runs by its name with a Bun from the PATH or beside it, or says so", async () => {
  using project = new Project(tarball);
  const command = project.path("node_modules/.bin/rawsock");
  const system = "/usr/bin:/bin";
  const run = (words: string[], path: string) => end([command, ...words], { PATH: path });
  if (Bun.which("bun", { PATH: system }) === null) {
    const { stderr, stdout, exitCode } = await run(["--version"], system);
    expect(stderr).toMatch(/^rawsock needs Bun, .*\n$/);
    expect([stdout, exitCode]).toEqual(["", 127]);
  }
  symlinkSync(process.execPath, project.path("bun"));
  const path = `${project.directory}:${system}`;
  // Code and settings in the directory where it is called are not run and not read.
  project.write("bunfig.toml", 'preload = ["./preloaded.ts"]');
  project.write("preloaded.ts", 'console.log("preloaded");');
  const there = ["sh", "-c", `cd ${project.directory} && PATH=${path} exec ${command} --version`];
  expect((await end(there)).stdout).toBe(`${manifest.version}\n`);
  project.remove("bunfig.toml");
  // Each is a bundle of its own, beside those of the entry points.
  for (const words of [
    ["--version"],
    ["resolve", "127.0.0.1"],
    ["filter", "tcp"],
    ["options"],
    ["sniff", "-D"],
    ["checksum", "--sum", "--hex", "00 01"],
    ["interfaces"],
    ...["ping", "trace", "arp", "listen", "send", "monitor"].map((name) => [name, "--help"]),
  ]) {
    const { stderr, stdout, exitCode } = await run(words, path);
    expect([stderr, exitCode]).toEqual(["", 0]);
    expect(stdout).not.toBe("");
  }
  const bunx = project.run(process.execPath, "x", "--no-install", "rawsock", "resolve", "::1");
  expect(bunx).toContain("::1");
  symlinkSync(process.execPath, project.path("node_modules/.bin/bun"));
  expect((await run(["--version"], system)).stdout).toBe(`${manifest.version}\n`);
});

testWith(namespaces)("the installed package pings", async () => {
  using project = new Project(tarball);
  const ping = project.copy("examples/ping.ts", "ping.ts");
  await expectReplies(process.execPath, ping, ...PING);
});

testWith(namespaces)("a compiled executable pings, alone in another directory", async () => {
  using project = new Project(tarball);
  const ping = project.copy("examples/ping.ts", "ping.ts");
  project.run(process.execPath, "build", "--compile", ping, "--outfile", project.path("built"));
  const executable = join(directory, "ping");
  renameSync(project.path("built"), executable);
  project.remove("node_modules");
  await expectReplies(executable, ...PING);
});

testWith(namespaces)("a bundle pings, from another directory than its own", async () => {
  using project = new Project(tarball);
  const ping = project.copy("examples/ping.ts", "ping.ts");
  project.run(process.execPath, "build", "--target=bun", ping, "--outdir", project.path("bundle"));
  const bundle = join(directory, "bundle");
  renameSync(project.path("bundle"), bundle);
  project.remove("node_modules");
  await expectReplies(process.execPath, join(bundle, "ping.js"), ...PING);
});

testWith(namespaces)("a Worker pings, at the same time as the main thread", async () => {
  using project = new Project(tarball);
  project.copy("examples/ping.ts", "ping.ts");
  project.write(
    "worker.ts",
    `import { Sockaddr } from "rawsock";
     import { ping } from "./ping.ts";
     postMessage([...ping(Sockaddr.inet("127.0.0.1"), "raw", 3)].filter(Boolean).length);`,
  );
  const main = project.write(
    "main.ts",
    `import { Sockaddr } from "rawsock";
     import { ping } from "./ping.ts";
     const worker = new Worker(new URL("./worker.ts", import.meta.url).href);
     const answered = new Promise((resolve) => { worker.onmessage = ({ data }) => resolve(data); });
     const replies = [...ping(Sockaddr.inet("127.0.0.1"), "raw", 3)].filter(Boolean).length;
     console.log(replies, await answered);
     worker.terminate();`,
  );
  using namespace = new Namespace();
  const { stdout, stderr } = await end(namespace.command(process.execPath, main));
  expect(stderr).toBe("");
  expect(stdout).toBe("3 3\n");
});

for (const moduleResolution of ["bundler", "nodenext"]) {
  test(`tsc sees full types with moduleResolution ${moduleResolution}`, () => {
    using project = new Project(tarball);
    project.write(
      "main.ts",
      `${entryPoints.map((path, index) => `import * as entry${index} from "${path}";`).join("\n")}
       import { AF, checksum, recvfrom, type Sockaddr, type SocketError, socket } from "rawsock";
       type IsAny<T> = 0 extends 1 & T ? true : false;
       const known: [${entryPoints.map((_, index) => `IsAny<typeof entry${index}>`).join(", ")}, IsAny<Sockaddr>, IsAny<SocketError["code"]>] =
         [${entryPoints.map(() => "false").join(", ")}, false, false];
       const fd: number = socket("inet", "raw", "icmp");
       const { length, address }: { length: number; address: Sockaddr | null } = recvfrom(fd, new Uint8Array(64));
       const family: number = AF.INET;
       export const sum: number = checksum.internet(new Uint8Array(length));
       export { address, family, known };
       // @ts-expect-error: a boolean is no family
       socket(true, "raw");
       // @ts-expect-error: there is no such export
       entry0.socketPair();`,
    );
    const options = {
      module: moduleResolution === "bundler" ? "Preserve" : "NodeNext",
      moduleResolution,
      target: "ESNext",
      lib: ["ESNext"],
      types: [join(repository, "node_modules/bun-types")],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
    };
    project.write(
      "tsconfig.json",
      JSON.stringify({ compilerOptions: options, files: ["main.ts"] }),
    );
    expect(project.run(...tool("tsc"), "-p", ".")).toBe("");
  });
}

test("attw finds the right types for every entry point, however they are resolved", async () => {
  const ignored = [
    // Resolution by Node 10, which looks at no "exports": nothing but Bun runs the package.
    "--profile=node16",
    // What `require` finds is an ES module, too: Bun takes it, as the next test shows.
    "--ignore-rules=cjs-resolves-to-esm",
  ];
  const offline = ["--no-definitely-typed", "--format=json"];
  const { stdout, stderr, exitCode } = await end([
    ...tool("attw"),
    tarball,
    ...ignored,
    ...offline,
  ]);
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(Object.keys(JSON.parse(stdout).analysis.entrypoints)).toEqual(
    Object.keys(manifest.exports),
  );
}, 60_000);

test("require gives what import does", () => {
  using project = new Project(tarball);
  const main = project.write(
    "main.cjs",
    `(async () => {
       for (const path of ${JSON.stringify(entryPoints)}) {
         const [required, imported] = [require(path), await import(path)];
         const names = Object.keys(imported);
         const same = names.every((name) => imported[name] === required[name]);
         console.log(path, names.length > 0 && same);
       }
     })();`,
  );
  const expected = entryPoints.map((path) => `${path} true\n`).join("");
  expect(project.run(process.execPath, main)).toBe(expected);
});

test("publint has nothing to say, not even a suggestion", async () => {
  const { stdout, exitCode } = await end([...tool("publint"), "run", "--strict", tarball]);
  // In colour where the environment says that this is continuous integration.
  expect(Bun.stripANSI(stdout)).toEndWith("All good!\n");
  expect(exitCode).toBe(0);
}, 60_000);

test("an older Bun, another platform and a missing library are refused with one clear error", async () => {
  using project = new Project(tarball);
  const main = project.write("main.ts", 'import { socket } from "rawsock"; console.log(socket);');
  const refusals = {
    "does not work on aix-": ["process.platform", "aix"],
    "-riscv64, only on Linux": ["process.arch", "riscv64"],
    "needs Bun 1.4.1 or newer": ["Bun.version", "1.3.14"],
  };
  for (const [message, [name, value]] of Object.entries(refusals)) {
    const define = ["--define", `${name}="${value}"`];
    const out = ["--outdir", project.path("out")];
    project.run(process.execPath, "build", "--target=bun", ...define, main, ...out);
    const { stderr, exitCode } = await end([process.execPath, project.path("out/main.js")]);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(1);
  }
  project.remove("node_modules/rawsock/prebuilt");
  const { stderr } = await end([process.execPath, main]);
  expect(stderr).toContain("is missing: run `bun run build`");
});

testWith(program("node", "nodejs"))("Node is told that the package needs Bun", async () => {
  using project = new Project(tarball);
  for (const { name: path, pure } of entries) {
    if (pure) continue;
    const script = `import * as entry from "${path}"; console.log(entry);`;
    const main = project.write("main.mjs", script);
    const { stderr, stdout } = await end(["node", main]);
    expect(stderr).toContain("rawsock needs Bun");
    expect(stdout).toBe("");
  }
  const command = project.path("node_modules/rawsock/dist/bun/cli/rawsock");
  const { stderr, exitCode } = await end(["node", command, "ping"]);
  expect([stderr, exitCode]).toEqual([
    "rawsock needs Bun: https://bun.sh, or npm install bun\n",
    1,
  ]);
});

/** Runs a pinging program in a network namespace. */
async function expectReplies(...command: string[]): Promise<void> {
  using namespace = new Namespace();
  const { stdout, stderr, exitCode } = await end(namespace.command(...command));
  expect(stderr).toBe("");
  expect(stdout).toMatch(REPLIES);
  expect(exitCode).toBe(0);
}

// All entry points together: one instance of every class and function, one library, one event
// source, in the packed package, in a user's bundle and in an executable.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entryPoints } from "../../scripts/entries.ts";
import { end } from "../support/program.ts";
import { Project, pack } from "../support/project.ts";
import { program as installed, testWith } from "../support/requirements.ts";

/**
 * Imports every entry point and says what is there twice. An executable unpacks the library under
 * a name of Bun's.
 */
const PROGRAM = `
  import { readFileSync, readdirSync, readlinkSync } from "node:fs";
  ${entryPoints.map(({ name }, index) => `import * as entry${index} from "${name}";`).join("\n")}
  const entries = {
    ${entryPoints.map(({ name }, index) => `"${name}": entry${index}`).join(", ")}
  };
  const polls = () => readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync("/proc/self/fd/" + fd).includes("eventpoll");
    } catch (error) {
      // The one that listed the directory.
      if (error.code === "ENOENT") return false;
      throw error;
    }
  }).length;
  const { rawsock, ...others } = entries;
  const twice = [];
  const shared = {};
  for (const [name, entry] of Object.entries(others)) {
    const same = entry.ip === undefined ? rawsock : rawsock.checksum;
    shared[name] = Object.keys(entry).filter((key) => key in same).length;
    for (const key in entry) if (key in same && entry[key] !== same[key]) twice.push(name + " " + key);
  }
  const before = polls();
  let refused;
  try { entries["rawsock/calls"].socket(9999, 1); } catch (error) { refused = error; }
  const address = entries["rawsock/calls"].Sockaddr.inet("127.0.0.1");
  const socket = rawsock.Socket.open("inet", "dgram").bind(address);
  const received = socket.recv(new Uint8Array(4));
  entries["rawsock/calls"].sendto(socket, new Uint8Array(3), socket.localAddress);
  const length = await received;
  socket.close();
  const maps = readFileSync("/proc/self/maps", "utf8").split("\\n");
  const libraries = new Set(maps.filter((line) => /librawsock|[.]bun-/.test(line)).map((line) => line.split(/\\s+/)[4]));
  console.log(JSON.stringify({
    twice, shared, length, polls: polls() - before, libraries: libraries.size,
    error: refused instanceof rawsock.SocketError,
    address: address instanceof rawsock.Sockaddr && address.equals(rawsock.Sockaddr.inet("127.0.0.1")),
  }));
`;

// Compilers and whole programs run, on machines that do other things as well.
setDefaultTimeout(120_000);

let directory: string;
let tarball: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "rawsock-entries-"));
  tarball = pack(directory);
}, 120_000);
afterAll(() => rmSync(directory, { recursive: true }));

function expectOne(output: string): void {
  const { shared, ...rest } = JSON.parse(output);
  const expected = { twice: [], length: 3, polls: 1, libraries: 1, error: true, address: true };
  expect(rest).toEqual(expected);
  expect(shared["rawsock/calls"]).toBeGreaterThan(60);
  expect(shared["rawsock/checksum"]).toBeGreaterThan(10);
}

test("the packed package has everything once", () => {
  using project = new Project(tarball);
  const main = project.write("main.ts", PROGRAM);
  expectOne(project.run(process.execPath, main));
});

test("a user's bundle has everything once", () => {
  using project = new Project(tarball);
  const main = project.write("main.ts", PROGRAM);
  const out = ["--outdir", project.path("bundle")];
  project.run(process.execPath, "build", "--target=bun", main, ...out);
  project.remove("node_modules");
  expectOne(project.run(process.execPath, project.path("bundle/main.js")));
});

test("a compiled executable has everything once", () => {
  using project = new Project(tarball);
  const main = project.write("main.ts", PROGRAM);
  const executable = project.path("executable");
  project.run(process.execPath, "build", "--compile", main, "--outfile", executable);
  project.remove("node_modules");
  expectOne(project.run(executable));
});

test("a smaller entry point loads less than all", () => {
  using project = new Project(tarball);
  const size = (name: string) => {
    const main = project.write("main.ts", `import * as entry from "${name}"; console.log(entry);`);
    const out = ["--outdir", project.path("bundle"), "--external=*.so", "--external=*.dylib", "--external=*.dll"];
    project.run(process.execPath, "build", "--target=bun", main, ...out);
    return readFileSync(project.path("bundle/main.js")).length;
  };
  const [all, calls, checksum] = ["rawsock", "rawsock/calls", "rawsock/checksum"].map(size);
  expect(calls).toBeLessThan(0.8 * (all as number));
  expect(checksum).toBeLessThan(0.4 * (all as number));
});

testWith(installed("node", "nodejs"))("a pure entry point works in Node", async () => {
  using project = new Project(tarball);
  const pure = entryPoints.filter((entry) => entry.pure);
  for (const { name } of pure) {
    const script = `import * as entry from "${name}"; console.log(Object.keys(entry).sort().join());`;
    const main = project.write("main.mjs", script);
    const { stdout, stderr } = await end(["node", main]);
    expect(stderr).toBe("");
    expect(stdout).toBe(project.run(process.execPath, main));
  }
});

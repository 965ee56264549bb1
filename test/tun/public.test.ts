// Everything that is public can be called, also where the privilege has been dropped.

import { expect } from "bun:test";
import { join } from "node:path";
import * as api from "../../src/tun/index.ts";
import { publicNames } from "../support/calls.ts";
import { Namespace } from "../support/namespace.ts";
import { end } from "../support/program.ts";
import { nobody, testWith, tun } from "../support/requirements.ts";
import { tunCalls } from "../support/tun-calls.ts";

const file = (path: string) => JSON.stringify(join(import.meta.dir, path));
const PROGRAM = (before: string) => `import * as api from ${file("../../src/tun/index.ts")};
  import { tunCalls } from ${file("../support/tun-calls.ts")};
  ${before}
  const outcomes = {};
  for (const [name, call] of Object.entries(tunCalls)) {
    try { await call(api); outcomes[name] = "a result"; }
    catch (error) { outcomes[name] = String(error); }
  }
  console.log(JSON.stringify(outcomes));`;

testWith(tun, nobody)("every public function and method is called, and works", async () => {
  expect(Object.keys(tunCalls).sort()).toEqual(publicNames(api).sort());
  using namespace = new Namespace();
  const drop = "process.setgroups([]); process.setgid(65534); process.setuid(65534);";
  for (const before of ["", drop]) {
    const words = [process.execPath, "-e", PROGRAM(before)];
    const { stdout, stderr } = await end(namespace.command(...words));
    expect(stderr).toBe("");
    const { "new Tun": made, ...others } = JSON.parse(stdout) as Record<string, string>;
    expect(made).toContain("a Tun is made by Tun.open or Tun.adopt");
    expect(Object.entries(others).filter(([, outcome]) => outcome !== "a result")).toEqual([]);
  }
});

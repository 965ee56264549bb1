// `npm run test:arm64`: the tests on arm64, emulated by qemu.

import { cacheDirectory, fetchBun, launcher, needPackages, run, runForeign } from "./foreign.ts";
import { conclude } from "./suite.ts";

needPackages("qemu-user-static", "libc6-arm64-cross");
run("zig", "build", "-Dtarget=aarch64-linux-gnu", "-Dcpu=generic");
const bun = launcher(
  cacheDirectory("arm64"),
  "qemu-aarch64-static",
  "-L",
  "/usr/aarch64-linux-gnu",
  fetchBun("@oven/bun-linux-aarch64"),
);
const exclusions = {
  "a compiled executable pings": "the kernel cannot start an arm64 executable",
  "every size, offset and constant is that of the system headers":
    "likewise; test/platforms.test.ts compares those of every platform",
};
conclude(await runForeign(bun, exclusions, process.argv.slice(2)));

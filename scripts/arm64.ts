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
const UNKNOWN = "qemu does not pass this socket option on";
const CONVERTED = "qemu passes only some structures of socket options on, or not whole";
const exclusions = {
  "a compiled executable pings": "the kernel cannot start an arm64 executable",
  "every size, offset and constant is that of the system headers":
    "likewise; test/platforms.test.ts compares those of every platform",
  "/Bail out! ERROR:../../accel/tcg/": "qemu itself died, which takes the rest of the file along",
  "/[gs]etsockopt (ENOPROTOOPT|EOPNOTSUPP) ": UNKNOWN,
  "/SocketError: getsockopt EINVAL NETLINK_": UNKNOWN,
  "SO_BINDTODEVICE of udp": CONVERTED,
  "/getsockopt EINVAL SO_COOKIE": CONVERTED,
  "SO_DETACH_BPF detaches": CONVERTED,
  "SO_MEMINFO counts": CONVERTED,
  "SO_NETNS_COOKIE tells": CONVERTED,
  "TCP_FASTOPEN_KEY of tcp": CONVERTED,
  "TCP_INFO has named fields": CONVERTED,
  "TCP_MD5SIG takes": CONVERTED,
  "TCP_REPAIR opens": CONVERTED,
  "TCP_SAVED_SYN is given once": CONVERTED,
  "a list longer than foreseen": CONVERTED,
  "any value for any option": "emulation takes longer than the test may",
  "all sources of a group are replaced": CONVERTED,
};
conclude(await runForeign(bun, exclusions, process.argv.slice(2), { apart: true }));

// `npm run test:arm64`: the tests on arm64, emulated by qemu.

import { join } from "node:path";
import { cacheDirectory, fetchBun, launcher, needPackages, run, runForeign } from "./foreign.ts";
import { conclude } from "./suite.ts";

needPackages("qemu-user-static", "libc6-arm64-cross");
run("zig", "build", "-Dtarget=aarch64-linux-gnu", "-Dcpu=generic");
const directory = cacheDirectory("arm64");
const executable = fetchBun("@oven/bun-linux-aarch64");
const qemu = ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"];
const emulator = launcher(join(directory, "emulator"), ...qemu);
const bun = launcher(join(directory, "bun"), ...qemu, executable);
// Tells on stderr what it does not implement; programs that the tests start are to be silent.
const runner = launcher(join(directory, "runner"), ...qemu, "-d", "unimp", executable);

/** What qemu refuses without saying so. */
const UNREAD = [
  "IP_(BIND_ADDRESS_NO_PORT|CHECKSUM|LOCAL_PORT_RANGE|MINTTL|MTU|MULTICAST_(ALL|IF)|NODEFRAG)",
  "IP_(OPTIONS|PASSSEC|PROTOCOL|RECVERR_RFC4884|RECVFRAGSIZE|RECVORIGDSTADDR|RECVTTL)",
  "IP_(TRANSPARENT|UNICAST_IF)",
  "IPV6_(AUTOFLOWLABEL|DONTFRAG|DSTOPTS|FLOWINFO|FLOWINFO_SEND|HDRINCL|HOPOPTS|MINHOPCOUNT)",
  "IPV6_(MULTICAST_(ALL|IF)|PATHMTU|RECVERR_RFC4884|RECVFRAGSIZE|ROUTER_ALERT_ISOLATE)",
  "IPV6_(RTHDRDSTOPTS|UNICAST_IF)",
].join("|");
/** Longer than the integer for which qemu takes them, or of another length than asked for. */
const LONG = "SO_(BINDTODEVICE|COOKIE|GET_FILTER|NETNS_COOKIE)|TCP_(REPAIR_WINDOW|SAVED_SYN)";
const UNKNOWN = "qemu does not know socket option $2 of level $1";
const INTEGER = "qemu takes the socket option for an integer:";
const FILTER = "qemu reads SO_GET_FILTER into four bytes of its stack, and dies";
const CONTROL = "qemu offers the kernel twice the room for control data that the program has";
const MEMBERSHIP = "qemu loses the interface of struct ip_mreqn, and takes an arbitrary one";

const exclusions = {
  "a compiled executable pings": "the kernel cannot start an arm64 executable",
  "/stack smashing detected": FILTER,
  "SO_DETACH_BPF detaches": FILTER,
  "/mprotect failed: Cannot":
    "qemu refuses the mprotect(2) of Bun's resizable ArrayBuffers, which dies",
  "/[^]*Unsupported setsockopt level=(\\d+) optname=(\\d+)[^]*setsockopt ENOPROTOOPT": UNKNOWN,
  "/[^]*getsockopt level=(\\d+) optname=(\\d+) not yet supported[^]*getsockopt EOPNOTSUPP": UNKNOWN,
  [`/getsockopt ENOPROTOOPT (${UNREAD}):`]: "qemu does not know the socket option $1",
  "EPERM of a privilege says which": "qemu does not know the socket option SO_MARK",
  [`/getsockopt EINVAL (${LONG}):`]: `${INTEGER} $1`,
  "/getsockopt EINVAL (NETLINK_\\w+):": "qemu wants no more room for $1 than it needs",
  "/setsockopt EINVAL (TCP_(FASTOPEN_KEY|MD5SIG)):": `${INTEGER} $1`,
  "SO_MEMINFO counts": `${INTEGER} SO_MEMINFO`,
  "TCP_INFO has named fields": `${INTEGER} TCP_INFO`,
  "a list longer than foreseen": `${INTEGER} SO_PEERGROUPS`,
  "options, groups and filters act": MEMBERSHIP,
  "all sources of a group are replaced": MEMBERSHIP,
  "a message without elements is an empty": "qemu does not make the call",
  "ttl and tos with every room": CONTROL,
  "two descriptors with every room": `${CONTROL}: more arrive than it sees`,
  "the count stays flat over 10,000": `${CONTROL}: more arrive than it sees`,
  "an interface's own broadcast address": "qemu refuses RTM_GETSTATS: all is read at once",
};
const settings = {
  apart: true,
  runner,
  // The 5 seconds that a test has otherwise are too few.
  flags: ["--timeout=60000"],
  env: { RAWSOCK_TEST_EMULATOR: emulator, RAWSOCK_TEST_PATIENCE: "5" },
  noise: /^(Unsupported (?!setsockopt)|Unknown host )/,
};
conclude(await runForeign(bun, exclusions, process.argv.slice(2), settings));

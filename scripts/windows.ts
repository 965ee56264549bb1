// `npm run test:windows`: the Zig unit tests and the tests under Bun for Windows, run by Wine.

import { basename, join } from "node:path";
import { Glob } from "bun";
import { runApart } from "./apart.ts";
import { toolEnvironment } from "./environment.ts";
import { cacheDirectory, root, run } from "./foreign.ts";
import { environment, record, recording } from "./results.ts";
import { conclude, total } from "./suite.ts";
import { missingForWine, prepareWine, windowsPath } from "./wine.ts";

/** Files that are not run: the beginning of their path, and the reason. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  "test/calls/blocking.": "Windows has no signals",
  "test/capture/(?!file/)": "Windows has no packet sockets",
  "test/examples/": "Windows has no network namespaces, in which these are tried",
  "test/family/": "Windows has none of these families",
  "test/message/rights.": "Windows passes no descriptors",
  "test/native/(abi|platforms|allocation).": "these compile C, and run under Linux for all systems",
  "test/netlink/": "Windows has no netlink",
  "test/option/(filter|fuzz|packet|peer|oneway).": "Windows has none of these options",
  "test/package/": "these are about the package itself, which is the same everywhere",
  "test/tun/": "Windows has no tun devices",
};

const TAKES_ALL = "the pair is of TCP sockets, which take more at once";
const PEER = "the pair is of TCP sockets: a peer that is gone says so to what it was sent first";
const NO_CONTROL = "Wine sends no control messages";

/** Tests that fail: a part of their name, or what they print. */
const EXCLUSIONS = {
  '/unknown (?:family|protocol) "(packet|netlink|vsock|route|can|alg|tipc)"':
    "Windows has no sockets of $1",
  '/unknown protocol "ospf"': "Windows' list of protocols has no ospf",
  '/unknown kind \\\\?"([\\w-]+)': "Windows has no such messages: $1",
  '/unknown event "rdhup"': "Windows does not poll for that",
  "/this platform has no (struct )?([\\w ]+)": "Windows has no $2",
  "/this system has no (sockets and no devices that capture packets)": "Windows has no $1",
  "/the platform lacks the option": "Windows has no such option",
  "/open EOPNOTSUPP ": "Windows has no namespaces",
  "/ENODEV[^\\n]*\\blo\\b": "Windows has no interface lo",
  "/socket E(AFNO|SOCKTNO)SUPPORT: ": "Wine lacks AF_UNIX, of which Windows has streams alone",
  "/socketpair ESOCKTNOSUPPORT: ":
    "Windows has no socketpair(2), nor pairs of records in its place",
  '/Executable not found in \\$PATH: "(\\w+)"': "there is no program $1 under Wine",
  "/ENOENT[^\\n]*'/?(proc/[^']*)'": "Windows has no /$1",
  "open, pair and adopt tell family": "a pair has the family of what it is made of",
  "a stream's send sends everything": TAKES_ALL,
  "accept, sends and connect that are late": TAKES_ALL,
  "a non-blocking descriptor would block in either direction": TAKES_ALL,
  "a closed peer gives EPIPE": PEER,
  "a closed peer is EPIPE": PEER,
  "ttl and tos are sent and received": NO_CONTROL,
  "ttl and tos with every room": "Wine gives no control message where not all have room",
  "hoplimit and tclass are sent": NO_CONTROL,
  "IPv4 pktinfo tells": NO_CONTROL,
  "IPv6 pktinfo tells": NO_CONTROL,
  "a control message changed in place": NO_CONTROL,
  "a message received into or sent without control": NO_CONTROL,
  "one send of segments is received": NO_CONTROL,
  "a refused datagram names the port's host": "Wine has no IP_RECVERR",
  "a message sent and received into in turn": NO_CONTROL,
  "addresses and control messages are each message's own": NO_CONTROL,
  "a TCP socket that was disconnected connects anew": "Windows disconnects datagram sockets alone",
  "ioctl reads into bytes": "Windows has neither SIOCOUTQ nor SIOCGIFMTU",
  "sockatmark tells where": "Windows tells by SIOCATMARK whether an urgent byte waits",
  "the options of an inherited socket": "Windows has no descriptors for a child",
  "read and write work on descriptors that are no sockets": "Windows has no other descriptors",
  "every option that can be set and read here has a row": "the rows are of Linux' options",
  "every name of this system's headers is an option": "the names that are none are Linux'",
  "an address in use and one of another machine": "Wine gives datagram sockets any address",
  "SO_ERROR is read once": "Wine keeps an error that was read",
  "every service is found by port": "Wine finds no port whose lower byte is above 127",
  "exactly as many as the kernel stored": "Wine does not tell how long SO_TYPE is",
  "getsockopt leaves a Buffer with input": "Wine does not tell how long SO_TYPE is",
  "IPV6_MTU and IPV6_PATHMTU": "Wine has no IPV6_MTU",
  "an interface that is not there is ENODEV": "Winsock says EINVAL of a number that none has",
  "a kernel's refusal names the option": "a pair has the family of what it is made of",
  "SO_LINGER of 0 resets": "Wine ends a connection that Windows resets",
  "a descriptor number used again": "Windows does not give the lowest number that is free",
  "an aborted connect is undone": "Winsock takes back no attempt to connect: the socket is closed",
  "no thread at all": "Windows has the thread that is counted",
};

const tests = [...new Glob("test/**/*.test.ts").scanSync(root)].sort();
const missing = missingForWine();
if (missing !== null) {
  console.log(`skipped: ${missing}`);
  conclude({ passed: 0, failed: 0, skipped: tests.length });
  process.exit();
}

/** Why a file is not run. */
function reasonFor(file: string): string | undefined {
  const found = Object.keys(LEFT_OUT).find((start) => new RegExp(`^${start}`).test(file));
  return found === undefined ? undefined : LEFT_OUT[found];
}

const target = "-Dtarget=x86_64-windows-gnu";
run("zig", "build", target);
const { bun, executable, directory } = prepareWine();

/** What a source file is bundled as, with its imports: Wine takes seconds to open many files. */
function bundled(source: string, name: string): string {
  const outdir = cacheDirectory(`wine/${name}`);
  run("bun", "build", join(root, source), "--target=bun", "--splitting", `--outdir=${outdir}`);
  return `Z:${join(outdir, basename(source).replace(/ts$/, "js"))}`;
}

/** How many of them failed: 0 or 1. */
function runUnitTests(): number {
  const env = toolEnvironment();
  env.PATH = `${directory}:${env.PATH}`;
  const command = ["zig", "build", "test", target, "-fwine"];
  console.log(`== Zig unit tests: ${command.join(" ")}`);
  const { exitCode } = Bun.spawnSync(command, { env, stdio: ["ignore", "inherit", "inherit"] });
  if (exitCode === 0) return 0;
  console.error(`== Zig unit tests: FAILED with status ${exitCode}`);
  return 1;
}

const words = process.argv.slice(2);
const kept = recording(words);
const all = words.length === 0;
const failed = all ? runUnitTests() : 0;
const chosen = all ? tests.filter((file) => reasonFor(file) === undefined) : words;
for (const file of all ? tests : []) {
  const reason = reasonFor(file);
  if (reason !== undefined) console.log(`excluded: ${file}: ${reason}`);
}
const rooms = await runApart(bun, chosen, {
  executable,
  exclusions: EXCLUSIONS,
  flags: ["--timeout=60000"],
  env: {
    RAWSOCK_TEST_PATIENCE: "5",
    RAWSOCK_TEST_ENTRY: bundled("src/index.ts", "entry"),
    RAWSOCK_TEST_COMMAND: bundled("src/cli/main.ts", "command"),
  },
  limitMs: 150_000,
  pathFor: windowsPath,
});
if (kept) {
  record("npm run test:windows", {
    ...environment(rooms),
    kernel: "Windows by Wine",
    libc: "ucrt",
  });
}
const counts = total(rooms);
conclude({ ...counts, failed: counts.failed + failed });

// The package where it may do little: what works there works, and what cannot be names its cure.

import { dlopen } from "bun:ffi";
import { afterAll, beforeAll, expect } from "bun:test";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { libcName, musl } from "../support/libc.ts";
import { Namespace } from "../support/namespace.ts";
import { end, NOBODY } from "../support/program.ts";
import { readable } from "../support/readable.ts";
import {
  capability,
  namespaces,
  program,
  type Requirement,
  setpriv,
  testWith,
} from "../support/requirements.ts";
import { zig } from "../support/zig.ts";
import type { Situation } from "./program.ts";

const script = join(import.meta.dir, "program.ts");
const unshare = program("unshare", "util-linux");
const all: Requirement = [namespaces, capability("sys_admin"), setpriv, unshare].find(
  ({ met }) => !met,
) ?? { met: true, remedy: "" };

/** Landlock that knows of TCP, its version 4; asked as landlock_create_ruleset(2) says. */
const landlock: Requirement = {
  met: process.platform === "linux" && landlockVersion() >= 4,
  remedy: "needs Linux 6.7 or later with Landlock: boot with lsm=landlock,… or npm run test:kernel",
};

function landlockVersion(): number {
  const library = dlopen(libcName, {
    syscall: { args: ["i64", "i64", "i64", "i64"], returns: "i64" },
  });
  const version = Number(library.symbols.syscall(444, 0, 0, 1));
  library.close();
  return version;
}

const WORKS = "works";
type Expected = Readonly<Record<string, string | RegExp>>;
/** What few kernels or machines have. */
const ANYWHERE: Expected = {
  vsock: /^works$|EAFNOSUPPORT/,
  alg: /^works$|EAFNOSUPPORT/,
  tun: /^works$|ENOENT \/dev\/net\/tun.*modprobe tun/,
};

/** Of a user with nothing but CAP_NET_RAW. */
const FEW: Expected = {
  "an address added": /^NetlinkError RTM_NEWADDR EPERM .*needs CAP_NET_ADMIN/,
  "another namespace": /^SocketError setns EPERM .*needs CAP_SYS_ADMIN: run with sudo/,
  tun: /EACCES \/dev\/net\/tun.*sudo chmod 666|TUNSETIFF EPERM.*needs CAP_NET_ADMIN|modprobe tun/,
};
/** Without files of any kind. */
const NO_FILES: Expected = {
  "a name of /etc/hosts": /^AddrInfoError getaddrinfo EAI_\w+ localhost/,
  "a name of /etc/services": /^Error http is not known|^SocketError getservbyname EACCES/,
};

let directory = "";
let namespace: Namespace;
if (all.met) {
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "rawsock-sandbox-"));
    chmodSync(directory, 0o777);
    namespace = new Namespace();
  });
  afterAll(() => {
    namespace[Symbol.dispose]();
    rmSync(directory, { recursive: true });
  });
}

let made = 0;

/** Runs program.ts behind the words of a sandbox: all that did not work as it should. */
async function differences(
  words: readonly string[],
  situation: Situation,
  expected: Expected,
): Promise<Record<string, string>> {
  const own = join(directory, String(++made));
  expect((await end(["mkdir", "-m", "777", own])).exitCode).toBe(0);
  const { directory: where, words: command } = readable([
    ...[...words, process.execPath, script, situation, own],
  ]);
  // A private home is nobody's to be in.
  const entered = ["sh", "-c", 'cd "$0" && exec "$@"', where, ...command];
  const { stdout, stderr, exitCode } = await end(namespace.command(...entered));
  expect([stderr, exitCode]).toEqual(["", 0]);
  const outcomes: Record<string, string> = JSON.parse(stdout);
  const wanted: Expected = { ...ANYWHERE, ...expected };
  expect(Object.keys(outcomes)).toEqual(expect.arrayContaining(Object.keys(wanted)));
  const wrong = Object.entries(outcomes).filter(([name, outcome]) => {
    const want = wanted[name] ?? WORKS;
    return typeof want === "string" ? want !== outcome : !want.test(outcome);
  });
  return Object.fromEntries(wrong);
}

/** Words that run a command as the user nobody with CAP_NET_RAW and no other capability. */
const RAW_ALONE = [
  ...["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"],
  ...["--inh-caps=+net_raw", "--ambient-caps=+net_raw"],
];

testWith(all)("an ordinary user needs CAP_NET_RAW alone", async () => {
  expect(await differences(RAW_ALONE, "as it was started", FEW)).toEqual({});
});

testWith(all)("no_new_privs takes nothing away", async () => {
  const words = [...RAW_ALONE, "--no-new-privs"];
  expect(await differences(words, "as it was started", FEW)).toEqual({});
});

testWith(all)("in a user namespace nobody has a network to himself", async () => {
  const words = [...RAW_ALONE.slice(0, 4), "unshare", "--user", "--map-root-user", "--net"];
  const tun = /^works$|EACCES \/dev\/net\/tun.*sudo chmod 666|modprobe tun/;
  expect(await differences(words, "with a network of its own", { tun })).toEqual({});
});

/** What a container of Docker's has unless told. */
const CONTAINER = [
  ...["chown", "dac_override", "fsetid", "fowner", "mknod", "net_raw", "setgid", "setuid"],
  ...["setfcap", "setpcap", "net_bind_service", "sys_chroot", "kill", "audit_write"],
];

testWith(all)("a container with Docker's capabilities and filter of system calls", async () => {
  const confine = join(directory, "confine");
  const libc = musl ? "musl" : "gnu";
  const target = `${process.arch === "x64" ? "x86_64" : "aarch64"}-linux-${libc}`;
  const source = join(import.meta.dir, "confine.c");
  const compiled = await end([zig, "cc", "-target", target, "-o", confine, source]);
  expect([compiled.stderr, compiled.exitCode]).toEqual(["", 0]);
  const capabilities = CONTAINER.map((name) => `+${name}`).join(",");
  const words = ["setpriv", `--bounding-set=-all,${capabilities}`, confine];
  const filtered = /^SocketError socket EPERM: .*filter of system calls .*--security-opt seccomp=/;
  const expected = { ...FEW, vsock: filtered, alg: filtered };
  expect(await differences(words, "as it was started", expected)).toEqual({});
});

testWith(all)("a file system that is read-only", async () => {
  const remount = `for at in $(cut -d' ' -f5 /proc/self/mountinfo); do
      mount -o remount,bind,ro "$at" 2>/dev/null || true; done
    ! touch ${directory}/x 2>/dev/null || exit 3
    exec "$@"`;
  const words = ["unshare", "--mount", "sh", "-c", remount, "sh"];
  const expected = {
    "a path": /^SocketError bind EROFS unix:.*: Read-only file system/,
    "a file of packets": /^Error EROFS/,
  };
  expect(await differences(words, "as it was started", expected)).toEqual({});
});

testWith(all)("an empty root, entered after the import", async () => {
  const expected = {
    ...NO_FILES,
    "a path": /^SocketError bind ENOENT unix:/,
    "a file of packets": /^Error ENOENT/,
    tun: /^SocketError open ENOENT \/dev\/net\/tun: .*--device \/dev\/net\/tun/,
  };
  expect(await differences([], "in an empty root", expected)).toEqual({});
});

testWith(all)("no /proc, after the import: the runtime itself starts with it alone", async () => {
  expect(await differences(["unshare", "--mount"], "without /proc", {})).toEqual({});
});

testWith(all, landlock)("Landlock that leaves no file and one port", async () => {
  const expected = {
    ...NO_FILES,
    tcp: /^SocketError bind EACCES 127.0.0.1:7002: .*\(a sandbox forbids this port, Landlock/,
    "a refused connection": /^SocketError connect EACCES 127.0.0.1:7003: .*\(a sandbox forbids it/,
    "a path": /^SocketError bind EACCES unix:/,
    "a file of packets": /^Error EACCES/,
    tun: /^SocketError open EACCES \/dev\/net\/tun/,
  };
  expect(await differences([], "under Landlock", expected)).toEqual({});
});

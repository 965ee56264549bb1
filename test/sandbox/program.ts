// `bun program.ts SITUATION DIRECTORY`: imports the package, goes into a sandbox where the caller
// has not put it into one, and does what programs do. Writes what became of each as JSON.

import { dlopen, ptr } from "bun:ffi";
import { mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { capture, PcapngWriter } from "../../src/capture/index.ts";
import {
  checksum,
  close,
  configdev,
  ifaddrs,
  Message,
  resolve,
  Sockaddr,
  Socket,
  service,
  socket,
} from "../../src/index.ts";
import { Netlink } from "../../src/netlink/index.ts";
import { Tun } from "../../src/tun/index.ts";
import { libcName } from "../support/libc.ts";
import { echo, tcpEcho } from "./traffic.ts";

const PATIENCE_MS = 20_000;
const TIMEOUT = { timeout: 5000 } as const;

const [situation, directory] = process.argv.slice(2) as [Situation, string];

// There before anything is taken away.
const worker = new Worker(new URL("./worker.ts", import.meta.url).href);
const fromWorker = () =>
  new Promise<string>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });

/** system calls that the C library has no function of. */
const LANDLOCK = { create: 444, add: 445, restrict: 446 } as const;
const PR_SET_NO_NEW_PRIVS = 38;
const RULE_NET_PORT = 2;
const ACCESS_NET = { bind: 1n, connect: 2n } as const;
/** The rights about files that each version knows: bits from 0 on. */
const FILE_RIGHTS = [0, 13, 14, 15, 15, 16, 16, 16] as const;
/** The one that the rules of Landlock let a program listen at and connect to. */
const OPEN_PORT = 7001;

/** Nothing of the file system, and of TCP one port, from now on: landlock(7). */
function landlock(): void {
  const library = dlopen(libcName, {
    syscall: { args: ["i64", "i64", "i64", "i64", "i64"], returns: "i64" },
    prctl: { args: ["i32", "i64", "i64", "i64", "i64"], returns: "i32" },
  });
  const { syscall, prctl } = library.symbols;
  const version = Number(syscall(LANDLOCK.create, 0, 0, 1, 0));
  if (version < 4) throw new Error(`this kernel's Landlock has version ${version}`);
  const files = FILE_RIGHTS[Math.min(version, FILE_RIGHTS.length - 1)] as number;
  const handled = new BigUint64Array([
    (1n << BigInt(files)) - 1n,
    ACCESS_NET.bind | ACCESS_NET.connect,
  ]);
  const rules = Number(syscall(LANDLOCK.create, ptr(handled), handled.byteLength, 0, 0));
  const port = new BigUint64Array([ACCESS_NET.bind | ACCESS_NET.connect, BigInt(OPEN_PORT)]);
  const added = Number(syscall(LANDLOCK.add, rules, RULE_NET_PORT, ptr(port), 0));
  const quiet = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const restricted = Number(syscall(LANDLOCK.restrict, rules, 0, 0, 0));
  if (rules < 0 || added !== 0 || quiet !== 0 || restricted !== 0) {
    throw new Error(`landlock: ${rules} ${added} ${quiet} ${restricted}`);
  }
  mustFail(() => openSync("/etc/hosts", "r"), "EACCES");
}

/** An empty directory is all there is: chroot(2). */
function jail(): void {
  const empty = join(directory, "empty");
  mkdirSync(empty);
  const library = dlopen(libcName, { chroot: { args: ["cstring"], returns: "i32" } });
  const status = library.symbols.chroot(Buffer.from(`${empty}\0`));
  if (status !== 0) throw new Error("chroot failed");
  process.chdir("/");
  mustFail(() => openSync("/etc/hosts", "r"), "ENOENT");
}

/** umount2(2), in the mount namespace that the process was started in. */
function withoutProc(): void {
  const library = dlopen(libcName, { umount2: { args: ["cstring", "i32"], returns: "i32" } });
  for (const path of ["/proc", "/proc"])
    library.symbols.umount2(Buffer.from(`${path}\0`), MNT_DETACH);
  mustFail(() => openSync("/proc/self/status", "r"), "ENOENT");
}
const MNT_DETACH = 2;

const situations = {
  "as it was started": () => {},
  "with a network of its own": () => {
    const fd = socket("inet", "dgram");
    configdev(fd, "lo", "127.0.0.1", { up: true });
    close(fd);
  },
  "in an empty root": jail,
  "without /proc": withoutProc,
  "under Landlock": landlock,
} as const;
export type Situation = keyof typeof situations;

function mustFail(call: () => unknown, code: string): void {
  try {
    call();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return;
    throw error;
  }
  throw new Error(`the sandbox is not as it should be: no ${code}`);
}

/** A descriptor goes from one to the other, and is used there. */
async function passed(sender: Socket, receiver: Socket): Promise<void> {
  const [mine, theirs] = Socket.pair();
  const control = [{ kind: "rights" as const, fds: [theirs.fd] }];
  await sender.sendmsg(new Message({ iovec: [Uint8Array.of(1)], control }));
  const message = new Message({ iovec: [new Uint8Array(1)] });
  await receiver.recvmsg(message, TIMEOUT);
  const [rights] = message.control;
  if (rights?.kind !== "rights") throw new Error("no descriptor came");
  using received = Socket.adopt(rights.fds[0] as number);
  await received.send(Uint8Array.of(7));
  const buffer = new Uint8Array(1);
  await mine.recv(buffer, TIMEOUT);
  if (buffer[0] !== 7) throw new Error("another byte came");
  for (const one of [mine, theirs, sender, receiver]) one.close();
}

async function unixAt(path: string): Promise<void> {
  using listener = Socket.open("unix", "seqpacket");
  listener.bind({ family: "unix", path }).listen();
  const client = Socket.open("unix", "seqpacket");
  await client.connect(listener.localAddress);
  await passed(client, await listener.accept(TIMEOUT));
}

/** Where nobody listens, and Landlock lets nobody go. */
async function refused(): Promise<void> {
  using client = Socket.open("inet", "stream");
  try {
    await client.connect(Sockaddr.inet("127.0.0.1", 7003), TIMEOUT);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ECONNREFUSED") throw error;
  }
}

async function ping(): Promise<void> {
  using raw = Socket.open("inet", "raw", "icmp");
  const request = Uint8Array.of(8, 0, 0, 0, 0x12, 0x34, 0, 1, ...Buffer.from("are you there"));
  new DataView(request.buffer).setUint16(2, checksum.internet(request));
  await raw.sendto(request, Sockaddr.inet("127.0.0.1"));
  for await (const { data } of raw.messages(TIMEOUT)) {
    const reply = data.subarray(20);
    if (reply[0] === 0 && Buffer.compare(reply.subarray(4), request.subarray(4)) === 0) return;
  }
}

async function captured(): Promise<Uint8Array> {
  await using own = capture({ interface: "lo", filter: "udp port 9999", ring: SMALL });
  using sender = Socket.open("inet", "dgram");
  await sender.sendto(Buffer.from("seen"), Sockaddr.inet("127.0.0.1", 9999));
  const packet = await own.next(TIMEOUT);
  if (packet === null || !Buffer.from(packet.data).includes("seen")) throw new Error("no packet");
  return packet.data;
}
const SMALL = { blockSize: 16_384, blocks: 4 } as const;

async function written(): Promise<void> {
  const file = await PcapngWriter.create(join(directory, "own.pcapng"));
  await file.close();
}

async function loopback(): Promise<void> {
  await using netlink = Netlink.open();
  const [link] = await netlink.links({ name: "lo" });
  if (link?.name !== "lo") throw new Error("no loopback interface");
}

async function watched(): Promise<void> {
  await using netlink = Netlink.open();
  using monitor = netlink.monitor({ groups: ["address"], initial: true });
  for await (const event of monitor) if (event.action === "present") return;
}

async function configured(): Promise<void> {
  await using netlink = Netlink.open();
  await netlink.addAddress({ interface: "lo", address: "127.0.0.77/32" });
  await netlink.deleteAddress({ interface: "lo", address: "127.0.0.77/32" });
}

/** All that is tried, each by itself. */
const attempts: Readonly<Record<string, () => unknown>> = {
  udp: echo,
  // Not at the port that Landlock leaves open.
  tcp: () => tcpEcho(7002),
  "tcp at the open port": () => tcpEcho(OPEN_PORT),
  "a refused connection": refused,
  "a descriptor": () => passed(...Socket.pair("unix", "dgram")),
  "an abstract name": () => unixAt(`\0rawsock-${process.pid}`),
  "a path": () => unixAt(join(directory, "own.socket")),
  ping,
  capture: captured,
  "a file of packets": written,
  links: loopback,
  monitor: watched,
  "an address added": configured,
  ifaddrs: () => ifaddrs(),
  tun: () => Tun.open().close(),
  "another namespace": () =>
    Socket.open("inet", "dgram", undefined, { namespace: openSelf() }).close(),
  vsock: () => Socket.open("vsock", "stream").close(),
  alg: () => Socket.open("alg", "seqpacket").close(),
  "an address in numbers": () => resolve({ node: "127.0.0.1", numerichost: true }),
  "a name of /etc/hosts": () => resolve({ node: "localhost" }),
  "a name of /etc/services": () => {
    if (service("http")?.port !== 80) throw new Error("http is not known");
  },
  "a Worker": async () => {
    const answer = fromWorker();
    worker.postMessage("go");
    const text = await answer;
    if (text !== "done") throw new Error(text);
  },
};

/** This process' network namespace, opened before anything was taken away. */
let own: number | undefined;
function openSelf(): number {
  if (own === undefined) throw new Error("no namespace could be opened");
  return own;
}

async function outcome(attempt: () => unknown): Promise<string> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("no end")), PATIENCE_MS);
  try {
    await Promise.race([attempt(), late.promise]);
    return "works";
  } catch (error) {
    return error instanceof Error ? `${error.name} ${error.message}` : String(error);
  } finally {
    clearTimeout(timer);
  }
}

await fromWorker();
try {
  own = openSync("/proc/thread-self/ns/net", "r");
} catch (error) {
  // Without /proc there is no way to it.
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
}
situations[situation]();
const outcomes: Record<string, string> = {};
for (const [name, attempt] of Object.entries(attempts)) outcomes[name] = await outcome(attempt);
writeSync(1, JSON.stringify(outcomes));
process.exit(0);

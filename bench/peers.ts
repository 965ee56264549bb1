// `npm run bench -- peers`: other programs that do the same, as far as they are installed, their
// rounds taking turns with ours.

import { join } from "node:path";
import { Sockaddr, Socket } from "../src/index.ts";
import { Namespace } from "../test/support/namespace.ts";
import { randomBytes, sumTimer, tcpFrame, tcpTimer } from "./checksum.ts";
import { type Case, DATA, type Suite, type Timer } from "./harness.ts";
import { canFill, fill, inside, ourList } from "./ifaddrs.ts";
import { clispEnvironment, installed } from "./install.ts";
import { ourBursts } from "./oneway.ts";
import { Peer } from "./peer.ts";
import { pairs, transferTimer } from "./transfer.ts";

type Words = readonly string[];

const source = (name: string): string => join(import.meta.dir, "peers", name);
const PYTHON = ["python3", source("python.py")];
const CLISP = ["clisp", "-q", "-norc", "-C", source("clisp.lisp")];

/** The programs that are there, each started by `wrap` of its command. */
function synchronous(shared: DisposableStack, wrap = (...words: Words): Words => words) {
  const found: [name: string, peer: Peer][] = [];
  if (Bun.which("python3") !== null) {
    found.push(["python3", shared.use(new Peer(wrap(...PYTHON)))]);
  }
  if (Bun.which("clisp") !== null) {
    found.push(["CLISP", shared.use(new Peer(wrap(...CLISP), clispEnvironment(shared)))]);
  }
  return found;
}

/** One datagram after the other, each sent when the one before has come to `to`. */
function oneByOne(to: Socket, send: () => Promise<number>): Timer {
  const room = new Uint8Array(2048);
  return async (count) => {
    const begin = Bun.nanoseconds();
    for (let index = 0; index < count; index++) {
      await send();
      await to.recv(room);
    }
    return (Bun.nanoseconds() - begin) / count;
  };
}

function oursUnix(shared: DisposableStack): Timer {
  const [from, to] = Socket.pair("unix", "dgram");
  shared.use(from);
  shared.use(to);
  return oneByOne(to, () => from.send(DATA));
}

/** RFC 3692 has two for experiments; raw-socket takes 253, whose packets are not to reach ours. */
const PROTOCOL = 254;

function oursRaw(shared: DisposableStack): Timer {
  const socket = shared.use(Socket.open("inet", "raw", PROTOCOL));
  const address = Sockaddr.inet("127.0.0.1");
  return oneByOne(socket, () => socket.sendto(DATA, address));
}

const transfers: Suite = {
  title: "Peers: one datagram a call",
  cases(shared) {
    const peers = synchronous(shared);
    return pairs.flatMap(([kind, open, work]) =>
      peers.map(([against, peer]): Case => {
        const ours = transferTimer(shared, open());
        return { name: `send + recv, 64 B, ${kind}`, against, ours, native: peer.timer(work) };
      }),
    );
  },
};

const sums: Suite = {
  title: "Peers: checksums",
  cases(shared) {
    const cases: Case[] = [];
    const clisp = synchronous(shared).find(([name]) => name === "CLISP")?.[1];
    if (clisp !== undefined) {
      const frame = tcpFrame(1500);
      cases.push({
        name: "tcp, a frame of 1500 B",
        against: "CLISP tcpcsum",
        goal: { ratio: 1 / 15 },
        ours: tcpTimer(frame),
        native: clisp.timer("tcp"),
      });
    }
    const directory = installed(shared, "raw-socket");
    if (directory !== null) {
      const bytes = randomBytes(1500);
      const node = shared.use(new Peer(["node", source("node.cjs"), directory]));
      cases.push({
        name: "internet 1500 B",
        against: "raw-socket createChecksum",
        ours: sumTimer(bytes),
        native: node.timer("sum"),
      });
    }
    return cases;
  },
};

const lists: Suite = {
  title: "Peers: the list of interfaces",
  cases(shared) {
    if (!canFill()) return [];
    return [4, 500].flatMap((count) => {
      const namespace = shared.use(new Namespace());
      fill(namespace, count);
      return synchronous(shared, (...words) => namespace.command(...words)).map(
        ([name, peer]): Case => ({
          name: `${count} interfaces`,
          against: name === "CLISP" ? "CLISP ifaddrs" : "python3 if_nameindex, names alone",
          ours: inside(namespace, ourList),
          native: peer.timer("interfaces"),
        }),
      );
    });
  },
};

const eventLoops: Suite = {
  title: "Peers: sockets in an event loop",
  async cases(shared) {
    if (Bun.which("node") === null) {
      console.log("(left out: no node here)");
      return [];
    }
    const directory = installed(shared, "unix-dgram", "raw-socket");
    const words = ["node", source("node.cjs"), ...(directory === null ? [] : [directory])];
    const node = shared.use(new Peer(words));
    const cases: Case[] = [
      {
        name: "one way, 64 B, UDP",
        against: "node dgram",
        ours: await ourBursts(shared, true),
        native: node.timer("dgram"),
      },
    ];
    if (directory === null) return cases;
    cases.push({
      name: "one after the other, 64 B, unix datagram",
      against: "unix-dgram",
      ours: oursUnix(shared),
      native: node.timer("unix"),
    });
    if (process.getuid?.() !== 0) {
      console.log("(raw-socket left out: it needs root)");
      return cases;
    }
    const against = "raw-socket";
    const [ours, native] = [oursRaw(shared), node.timer("raw")];
    return [...cases, { name: "one after the other, 64 B, raw", against, ours, native }];
  },
};

export const peers: readonly Suite[] = [transfers, sums, lists, eventLoops];

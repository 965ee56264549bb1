// What starting costs: whole processes from their start to the first socket, the first datagram
// sent and the first one awaited, beside a program that does nothing, and beside other languages'.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entryPoints } from "../scripts/entries.ts";
import type { Case, Goal, Suite, Timer } from "./harness.ts";

const ROUNDS = 31;
const root = join(import.meta.dir, "..");

const LOOPBACK = '{ family: "inet", address: "127.0.0.1", port: 0 }';

/** What a program does, `path` being where it imports the package from. */
const stages = {
  import: (path: string) => `import "${path}";`,
  "first socket": (path: string) => `
    import { socket } from "${path}";
    socket("inet", "dgram");`,
  "first datagram sent": (path: string) => `
    import { sendto, socket } from "${path}";
    sendto(socket("inet", "dgram"), new Uint8Array(4), { ...${LOOPBACK}, port: 9 });`,
  "first datagram awaited": (path: string) => `
    import { Socket } from "${path}";
    const socket = Socket.open("inet", "dgram").bind(${LOOPBACK});
    const received = socket.recv(new Uint8Array(4));
    await socket.sendto(new Uint8Array(4), socket.localAddress);
    await received;
    socket.close();`,
} as const;
type Stage = keyof typeof stages;
const STAGES = Object.keys(stages) as Stage[];

/** Of the bundle, over an empty program. */
const goals: Partial<Record<Stage, Goal>> = {
  "first datagram sent": { extraNanoseconds: 8e6 },
  "first datagram awaited": { extraNanoseconds: 10e6 },
};
const NO_SLOWER: Goal = { ratio: 1 };

/** The same in other languages, for a program that waits as such programs do. */
const others: Readonly<Record<string, Partial<Record<Stage, string>>>> = {
  python3: {
    "first socket": "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "first datagram sent": `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(bytes(4), ("127.0.0.1", 9))`,
    "first datagram awaited": `import asyncio
class Protocol(asyncio.DatagramProtocol):
    def datagram_received(self, data, address):
        received.set_result(data)
async def main():
    global received
    loop = asyncio.get_running_loop()
    received = loop.create_future()
    transport, _ = await loop.create_datagram_endpoint(Protocol, local_addr=("127.0.0.1", 0))
    transport.sendto(bytes(4), transport.get_extra_info("sockname"))
    await received
    transport.close()
asyncio.run(main())`,
  },
  node: {
    "first socket": `require("node:dgram").createSocket("udp4").unref();`,
    "first datagram sent": `const socket = require("node:dgram").createSocket("udp4");
      socket.send(Buffer.alloc(4), 9, "127.0.0.1", () => socket.close());`,
    "first datagram awaited": `const socket = require("node:dgram").createSocket("udp4");
      socket.on("message", () => socket.close());
      socket.bind(0, "127.0.0.1", () => {
        socket.send(Buffer.alloc(4), socket.address().port, "127.0.0.1");
      });`,
  },
};
const EXECUTABLE: Readonly<Record<string, readonly [option: string, code: string]>> = {
  python3: ["-c", "import sys; print(sys.executable)"],
  node: ["-p", "process.execPath"],
};

/** The interpreter itself: what stands on the PATH may be a script that looks for it. */
export function interpreter(name: string): string | undefined {
  if (Bun.which(name) === null) return undefined;
  const { stdout, exitCode } = Bun.spawnSync([name, ...(EXECUTABLE[name] ?? [])]);
  return exitCode === 0 ? String(stdout).trim() : undefined;
}

/** The time from a process' start to its end. */
function processTimer(...command: string[]): Timer {
  return () => {
    const begin = Bun.nanoseconds();
    const { exitCode, stderr } = Bun.spawnSync(command);
    const time = Bun.nanoseconds() - begin;
    if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
    return time;
  };
}

export const startup: Suite = {
  title: "Start",
  cases(shared) {
    const directory = mkdtempSync(join(tmpdir(), "rawsock-startup-"));
    shared.defer(() => rmSync(directory, { recursive: true }));
    let programs = 0;
    const file = (text: string): string => {
      const path = join(directory, `${programs++}.ts`);
      writeFileSync(path, text);
      return path;
    };
    const run = (text: string): Timer => processTimer(process.execPath, file(text));
    const compiled = (text: string, ...flags: string[]): Timer => {
      const source = file(text);
      const executable = source.replace(/\.ts$/, "");
      const words = ["build", "--compile", ...flags, source, "--outfile", executable];
      const { exitCode, stderr } = Bun.spawnSync([process.execPath, ...words]);
      if (exitCode !== 0) throw new Error(`${words.join(" ")}: ${stderr}`);
      return processTimer(executable);
    };
    const bytecode = (text: string): Timer => compiled(text, "--bytecode", "--format=esm");
    const form = (name: string, path: string, make: (text: string) => Timer): Case[] => {
      const native = make("");
      const against = make === run ? "an empty program" : "an empty executable";
      return STAGES.map((stage) => {
        const goal = name === "bundle" ? goals[stage] : undefined;
        const ours = make(stages[stage](path));
        const shown = `${name}: ${stage}`;
        return { name: shown, ours, native, against, rounds: ROUNDS, ...(goal && { goal }) };
      });
    };
    const bundle = join(root, "dist/bun/index.js");
    const native = run("");
    return [
      ...form("bundle", bundle, run),
      ...form("sources", join(root, "src/index.ts"), run),
      ...form("executable", bundle, compiled),
      ...form("executable, --bytecode", bundle, bytecode),
      ...entryPoints
        .filter(({ name }) => name.includes("/"))
        .map(({ name, bundle: path }) => ({
          name: `${name}: import`,
          ours: run(stages.import(join(root, path))),
          native,
          against: "an empty program",
          rounds: ROUNDS,
        })),
      ...Object.entries(others).flatMap(([name, theirs]) => {
        const executable = interpreter(name);
        if (executable === undefined) return [];
        const option = name === "node" ? "-e" : "-c";
        return Object.entries(theirs).map(([stage, text]) => ({
          name: `bundle: ${stage}`,
          ours: run(stages[stage as Stage](bundle)),
          native: processTimer(executable, option, text),
          against: name,
          goal: NO_SLOWER,
          rounds: ROUNDS,
        }));
      }),
    ];
  },
};

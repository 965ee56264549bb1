// A download over TCP through a tunnel between two namespaces: examples/vpn.ts at both ends, and
// the same with its loop in C.

import { join } from "node:path";
import { type Namespace, VethPair } from "../test/support/namespace.ts";
import { Peer } from "../test/support/peer.ts";
import { python, tun } from "../test/support/requirements.ts";
import { compile, type Suite, type Timer } from "./harness.ts";

const BYTES = 20_000_000;
const example = join(import.meta.dir, "../examples/vpn.ts");
const peer = join(import.meta.dir, "tunnel-peer.ts");

const SERVER = `import socket
listener = socket.create_server(("10.9.0.2", 7000))
print("listening")
while True:
    connection, _ = listener.accept()
    connection.sendall(bytes(${BYTES}))
    connection.close()`;
const CLIENT = `import socket, sys, time
for line in sys.stdin:
    begin = time.monotonic_ns()
    connection = socket.create_connection(("10.9.0.2", 7000), 10)
    left = ${BYTES}
    while part := connection.recv(1 << 20): left -= len(part)
    print(time.monotonic_ns() - begin if left == 0 else "nan")`;

/** The nanoseconds that a download takes through tunnels which `words` start. */
async function downloads(
  shared: AsyncDisposableStack,
  words: (own: number, peer: number) => string[],
): Promise<Timer> {
  const { a, b } = shared.use(new VethPair());
  const start = async (namespace: Namespace, ...command: string[]) => {
    const program = shared.use(new Peer(namespace.command(...command)));
    return program;
  };
  const left = await start(a, ...words(1, 2));
  const right = await start(b, ...words(2, 1));
  await left.line();
  await right.line();
  const server = await start(b, "python3", "-u", "-c", SERVER);
  await server.line();
  const client = await start(a, "python3", "-u", "-c", CLIENT);
  return async () => {
    client.write("");
    return Number(await client.line());
  };
}

export const tunnel: Suite = {
  title: "A VPN's tunnel between two namespaces",
  async cases() {
    const missing = [tun, python].find(({ met }) => !met);
    if (missing !== undefined) {
      console.log(`left out: ${missing.remedy}`);
      return [];
    }
    const library = compile("tun.c");
    const stack = new AsyncDisposableStack();
    const bun = process.execPath;
    const ours = await downloads(stack, (own, other) => {
      const ends = [own, other].map((host) => `10.77.0.${host}:5000`);
      return [bun, example, ...ends, `10.9.0.${own}/24`];
    });
    const native = await downloads(stack, (own, other) => {
      const ends = [own, other].map((host) => `10.77.0.${host}`);
      return [bun, peer, library, ...ends, `10.9.0.${own}/24`];
    });
    const name = `TCP, ${BYTES / 1e6} MB, examples/vpn.ts at both ends`;
    const end = () => stack.disposeAsync();
    return [{ name, goal: { ratio: 1.15 }, ours, native, rounds: 15, end }];
  },
};

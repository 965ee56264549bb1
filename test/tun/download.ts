// A download over TCP between two namespaces, by Python at both ends.

import type { Namespace } from "../support/namespace.ts";
import { Peer } from "../support/peer.ts";
import { end } from "../support/program.ts";

/** SHA-256 of what was received and of what was sent, as hexadecimal. */
export type Download = { readonly received: string; readonly expected: string };

const SERVER = `import hashlib, os, socket, sys
address, size = sys.argv[1], int(sys.argv[2])
listener = socket.create_server((address, 7000))
print("listening")
connection, _ = listener.accept()
digest = hashlib.sha256()
block = os.urandom(1 << 20)
while size > 0:
    part = block[:min(size, len(block))]
    digest.update(part)
    connection.sendall(part)
    size -= len(part)
    block = block[1:] + block[:1]
connection.shutdown(socket.SHUT_WR)
print(digest.hexdigest())
sys.stdin.read()`;
const CLIENT = `import hashlib, socket, sys
connection = socket.create_connection((sys.argv[1], 7000), 10)
connection.settimeout(60)
digest = hashlib.sha256()
while part := connection.recv(1 << 20): digest.update(part)
print(digest.hexdigest())`;

/** Has a server at `address` in one namespace send `size` random bytes to a client in another. */
export async function download(
  server: Namespace,
  client: Namespace,
  address: string,
  size: number,
): Promise<Download> {
  const words = ["python3", "-u", "-c", SERVER, address, String(size)];
  await using peer = new Peer(server.command(...words));
  await peer.line();
  const { stdout, stderr } = await end(client.command("python3", "-c", CLIENT, address));
  if (stderr !== "") throw new Error(stderr);
  return { received: stdout.trim(), expected: await peer.line() };
}

// examples/pass-descriptor.ts with CPython's socket.send_fds and recv_fds.

import { expect } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { example } from "../support/example.ts";
import { Peer } from "../support/peer.ts";
import { end } from "../support/program.ts";
import { python, testWith } from "../support/requirements.ts";

testWith(python)(
  "the example of passing descriptors gives to python, and takes from it",
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "rawsock-pass-"));
    const [path, file] = [join(directory, "socket"), join(directory, "file")];
    try {
      writeFileSync(file, "content\n");
      await using taker = Peer.python(`
import os, socket
listener = socket.socket(socket.AF_UNIX)
listener.bind(${JSON.stringify(path)})
listener.listen()
print("bound")
connection, _ = listener.accept()
data, fds, _, _ = socket.recv_fds(connection, 1024, 4)
print(data.decode(), len(fds), os.read(fds[0], 100).decode())`);
      expect(await taker.line()).toBe("bound");
      const sent = await end(example("pass-descriptor.ts", "send", path, file));
      expect(sent).toEqual({ stdout: "", stderr: "", exitCode: 0, signal: null });
      expect(await taker.line()).toBe(`${file} 1 content`);
      rmSync(path);

      await using receiver = new Peer(example("pass-descriptor.ts", "receive", path));
      await using giver = Peer.python(`
import os, socket, tempfile, time
sock = socket.socket(socket.AF_UNIX)
for _ in range(1000):
    # The other is not there yet, or does not listen yet.
    if sock.connect_ex(${JSON.stringify(path)}) == 0:
        break
    time.sleep(0.01)
for text in ("nameless\\n", "other\\n"):
    file = tempfile.TemporaryFile()
    file.write(text.encode())
    file.seek(0)
    socket.send_fds(sock, [b"it"], [file.fileno()])
print(os.getpid())`);
      const pid = await giver.line();
      const from = `it from process ${pid} of user ${process.getuid?.()}:`;
      const lines = [];
      for (let count = 0; count < 4; count++) lines.push(await receiver.line());
      expect(lines).toEqual([from, "nameless", from, "other"]);
      process.kill(receiver.pid, "SIGINT");
      expect(await receiver.exited).toBe(0);
      expect(existsSync(path)).toBe(false);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
);

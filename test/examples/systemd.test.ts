// examples/systemd.ts under systemd-socket-activate, with a service manager's socket that is ours.

import { expect } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Socket } from "../../src/index.ts";
import { example } from "../support/example.ts";
import { Namespace } from "../support/namespace.ts";
import { Peer } from "../support/peer.ts";
import { end } from "../support/program.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";

const activate = program("systemd-socket-activate", "systemd");

/** What a service manager is told, and by whom. */
const MANAGER = `
import socket, struct, sys
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
manager.bind(sys.argv[1].replace("@", "\\0"))
print("bound")
while True:
    data, control, _, _ = manager.recvmsg(4096, 256)
    pid, = [struct.unpack("3i", it[2])[0] for it in control if it[1] == socket.SCM_CREDENTIALS]
    print(pid, data.decode().replace("\\n", "|"))
`;

for (const kind of ["in the file system", "in the abstract name space"]) {
  testWith(
    namespaces,
    activate,
    program("python3"),
  )(
    `the example of a service of systemd uses its socket, and tells a manager ${kind}`,
    async () => {
      using namespace = new Namespace();
      const directory = mkdtempSync(join(tmpdir(), "rawsock-systemd-"));
      const path = kind === "in the file system" ? join(directory, "notify") : `@${directory}`;
      try {
        await using manager = new Peer(namespace.command("python3", "-u", "-c", MANAGER, path));
        expect(await manager.line()).toBe("bound");
        const listen = ["systemd-socket-activate", "-l", "127.0.0.1:7777", "-E", "NOTIFY_SOCKET"];
        const words = [...listen, ...example("systemd.ts")];
        await using service = new Peer(
          namespace.command("sh", "-c", 'exec "$@" 2>&1', "sh", ...words),
          {
            env: { NOTIFY_SOCKET: path },
          },
        );
        while (!(await service.line()).includes("Listening on"));
        using client = namespace.enter(() => Socket.open("inet", "stream"));
        await client.connect({ family: "inet", address: "127.0.0.1", port: 7777 });
        await client.send(new TextEncoder().encode("hello"));
        const buffer = new Uint8Array(5);
        await client.recv(buffer, { waitall: true, timeout: 10_000 });
        expect(new TextDecoder().decode(buffer)).toBe("hello");
        const ready = "READY=1|STATUS=listening at 127.0.0.1:7777";
        expect(await manager.line()).toBe(`${service.pid} ${ready}|MAINPID=${service.pid}`);
        expect(await manager.line()).toBe(`${service.pid} STATUS=1 connections`);
        process.kill(service.pid, "SIGTERM");
        expect(await service.exited).toBe(0);
        expect(await manager.line()).toBe(`${service.pid} STOPPING=1`);

        // systemd's own program says it in the same way.
        const notify = await end(
          namespace.command("systemd-notify", "--no-block", "--ready", "--status=up"),
          { NOTIFY_SOCKET: path },
        );
        expect(notify.exitCode).toBe(0);
        expect(await manager.line()).toMatch(/^\d+ READY=1\|STATUS=up$/);
      } finally {
        rmSync(directory, { recursive: true });
      }
    },
  );
}

testWith(activate)("without systemd it says what is missing", async () => {
  const { stderr, exitCode } = await end(example("systemd.ts"), { LISTEN_FDS: undefined });
  expect(stderr).toContain("systemd gave no socket");
  expect(exitCode).toBe(1);
});

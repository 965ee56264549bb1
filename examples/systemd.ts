// An echo service with systemd's sockets: systemd-socket-activate -l 7777 bun examples/systemd.ts
import { Socket } from "rawsock";

/** SD_LISTEN_FDS_START: what systemd opened for a service comes behind the standard streams. */
const FIRST = 3;

/** The sockets that this process was started with. sd_listen_fds(3). */
export function inherited(): Map<string, Socket> {
  const { LISTEN_PID, LISTEN_FDS = "0", LISTEN_FDNAMES = "" } = process.env;
  const names = LISTEN_FDNAMES.split(":");
  // They are for the process that was started, and not for its children.
  const count = Number(LISTEN_PID) === process.pid ? Number(LISTEN_FDS) : 0;
  const sockets = Array.from({ length: count }, (_, index) => Socket.adopt(FIRST + index));
  return new Map(sockets.map((socket, index) => [names[index] || `${index}`, socket]));
}

/** Tells the service manager, where there is one: "READY=1", "STATUS=...". sd_notify(3). */
export async function notify(...assignments: string[]): Promise<void> {
  const path = process.env.NOTIFY_SOCKET;
  if (!path) return;
  using socket = Socket.open("unix", "dgram");
  const data = new TextEncoder().encode(assignments.join("\n"));
  // "@" stands for the NUL of an abstract name.
  await socket.sendto(data, { family: "unix", path: path.replace(/^@/, "\0") });
}

async function echo(connection: Socket, until: AbortSignal): Promise<void> {
  using own = connection;
  for await (const { data } of own.messages({ until })) await own.send(data);
}

if (import.meta.main) {
  const [socket] = inherited().values();
  if (socket === undefined) throw new Error("systemd gave no socket: LISTEN_FDS is not set");
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());
  let served = 0;
  await notify("READY=1", `STATUS=listening at ${socket.localAddress}`, `MAINPID=${process.pid}`);
  for await (const connection of socket.connections({ until: stop.signal })) {
    echo(connection, stop.signal).catch((error) => console.error(error.message));
    await notify(`STATUS=${++served} connections`);
  }
  await notify("STOPPING=1");
}

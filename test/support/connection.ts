// A connected pair of TCP sockets over loopback.

import { accept, bind, close, connect, getsockname, listen, socket } from "../../src/index.ts";

/** `prepare` gets the listening socket before it listens. */
export function withConnection(
  body: (client: number, server: number) => void,
  prepare: (listener: number) => void = () => {},
): void {
  const listener = socket("inet", "stream");
  const client = socket("inet", "stream");
  bind(listener, { family: "inet", address: "127.0.0.1" });
  prepare(listener);
  listen(listener);
  connect(client, getsockname(listener));
  const { fd: server } = accept(listener);
  try {
    body(client, server);
  } finally {
    for (const fd of [listener, client, server]) close(fd);
  }
}

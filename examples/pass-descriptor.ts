// Hands an open file over: bun examples/pass-descriptor.ts receive /tmp/x (or: send /tmp/x FILE)
import { closeSync, createReadStream, openSync, unlinkSync } from "node:fs";
import { Message, Socket } from "rawsock";

/** Connects to a unix socket and sends the descriptor of a file, with its name. SCM_RIGHTS. */
export async function send(path: string, file: string): Promise<void> {
  using socket = Socket.open("unix", "stream");
  await socket.connect({ family: "unix", path });
  const fd = openSync(file, "r");
  try {
    // unix(7): a stream carries descriptors with at least one byte of data.
    const iovec = [new TextEncoder().encode(file)];
    await socket.sendmsg(new Message({ iovec, control: [{ kind: "rights", fds: [fd] }] }));
  } finally {
    // The receiver has a descriptor of its own.
    closeSync(fd);
  }
}

/** Takes descriptors from whoever connects, one after the other; they are the caller's to close. */
export async function* receive(path: string, until: AbortSignal) {
  using listener = Socket.open("unix", "stream").bind({ family: "unix", path }).listen();
  try {
    for await (const connection of listener.connections({ until })) {
      using own = connection;
      const peer = own.option("SO_PEERCRED");
      for await (const { data, control } of own.messages({ until })) {
        const name = new TextDecoder().decode(data);
        for (const message of control)
          if (message.kind === "rights") for (const fd of message.fds) yield { fd, name, peer };
      }
    }
  } finally {
    unlinkSync(path);
  }
}

if (import.meta.main) {
  const [what, path = "", file = ""] = process.argv.slice(2);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  if (what === "send") await send(path, file);
  else
    for await (const { fd, name, peer } of receive(path, stop.signal)) {
      console.log(`${name} from process ${peer.pid} of user ${peer.uid}:`);
      for await (const chunk of createReadStream("", { fd })) process.stdout.write(chunk);
    }
}

import { expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import {
  close,
  ERRNO,
  openUnixSocket,
  openUnixSocketStream,
  recv,
  Socket,
  send,
} from "../../src/index.ts";
import { removeDirectory } from "../support/directory.ts";
import { entry } from "../support/entry.ts";
import { run } from "../support/namespace.ts";
import { patience } from "../support/patience.ts";
import { Peer } from "../support/peer.ts";
import { python, testWith } from "../support/requirements.ts";

const INDEX = JSON.stringify(entry);

class Place implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), "rawsock-unix-"));
  readonly path = join(this.directory, "socket");
  [Symbol.dispose](): void {
    removeDirectory(this.directory);
  }
}

/** CPython listening at `path`; `script` then has the listening socket `s`. */
async function server(path: string, script: string, type = "STREAM"): Promise<Peer> {
  const name = JSON.stringify(path).replaceAll("\\u0000", "\\0");
  const peer = Peer.python(
    `import socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_${type})
s.bind(${name})
if socket.SOCK_${type} != socket.SOCK_DGRAM: s.listen()
print("ready")
def whole(c):
  n = 0
  while True:
    d = c.recv(1 << 20)
    if not d: return n
    n += len(d)
${script}`,
  );
  expect(await peer.line()).toBe("ready");
  return peer;
}

function event(stream: Duplex, name: string): Promise<unknown> {
  return new Promise((resolve) => stream.once(name, resolve));
}

for (const type of ["stream", "seqpacket", "dgram"] as const) {
  testWith(python)(`openUnixSocket connects a ${type} socket`, async () => {
    using place = new Place();
    const accept = type === "dgram" ? "c = s" : "c, _ = s.accept()";
    const script = `${accept}\nprint(c.recv(99).decode())\n`;
    await using peer = await server(place.path, script, type.toUpperCase());
    const { fd, address } = openUnixSocket(place.path, type);
    expect(address.path).toBe(place.path);
    send(fd, Buffer.from("hello"));
    expect(await peer.line()).toBe("hello");
    close(fd);
  });
}

testWith(python)("openUnixSocket reaches abstract names", async () => {
  const name = `\0rawsock-${process.pid}`;
  await using peer = await server(name, "c, _ = s.accept(); c.send(b'hi'); input()");
  const { fd } = openUnixSocket(name);
  const buffer = new Uint8Array(8);
  expect(recv(fd, buffer)).toBe(2);
  close(fd);
  peer.write("");
});

test("openUnixSocket leaves no descriptor behind where it fails", () => {
  using place = new Place();
  const descriptors = () => run("ls", "/proc/self/fd").length;
  const before = descriptors();
  for (let round = 0; round < 10; round++) {
    expect(() => openUnixSocket(place.path)).toThrow(expect.objectContaining({ code: "ENOENT" }));
  }
  expect(descriptors()).toBe(before);
  expect(() => openUnixSocket("x".repeat(200))).toThrow(RangeError);
  expect(() => openUnixSocket(5 as never)).toThrow(TypeError);
  expect(() => openUnixSocket("a\0b")).toThrow(TypeError);
  expect(() => openUnixSocket(place.path, "nonsense")).toThrow(/accepted: .*seqpacket/);
});

test("a stream without a server has an error event and closes", async () => {
  using place = new Place();
  const stream = openUnixSocketStream(place.path);
  expect(stream).toBeInstanceOf(Duplex);
  const closed = event(stream, "close");
  expect(await event(stream, "error")).toMatchObject({ code: "ENOENT" });
  await closed;
  expect(stream.destroyed).toBe(true);
});

testWith(python)("a stream to a socket nobody listens at is refused", async () => {
  using place = new Place();
  await using peer = await server(place.path, "s.close(); print('closed')");
  expect(await peer.line()).toBe("closed");
  const stream = openUnixSocketStream(place.path);
  expect(await event(stream, "error")).toMatchObject({ code: "ECONNREFUSED" });
});

testWith(python)("five megabytes go to a slow reader whole, under backpressure", async () => {
  using place = new Place();
  await using peer = await server(
    place.path,
    "c, _ = s.accept(); time.sleep(0.1)\nprint(whole(c)); c.sendall(b'bye'); c.close()",
  );
  const stream = openUnixSocketStream(place.path);
  const chunk = new Uint8Array(100_000);
  let waited = 0;
  for (let sent = 0; sent < 50; sent++) {
    if (stream.write(chunk)) continue;
    waited++;
    await event(stream, "drain");
  }
  expect(waited).toBeGreaterThan(0);
  stream.end();
  expect(await peer.line()).toBe("5000000");
  let text = "";
  for await (const part of stream) text += part;
  expect(text).toBe("bye");
  expect(stream.destroyed).toBe(true);
});

testWith(python)("a reader that pauses makes the sender wait", async () => {
  using place = new Place();
  await using peer = await server(
    place.path,
    "c, _ = s.accept(); c.settimeout(0.3); n = 0\ntry:\n  while True: n += c.send(bytes(65536))\n" +
      "except TimeoutError: print(n)\nc.close()",
  );
  const stream = openUnixSocketStream(place.path);
  stream.once("data", () => stream.pause());
  const sent = Number(await peer.line());
  expect(sent).toBeLessThan(4_000_000);
  let received = stream.readableLength;
  stream.on("data", (part: Uint8Array) => {
    received += part.length;
  });
  received = 0;
  stream.resume();
  await event(stream, "end");
  expect(received).toBeGreaterThan(0);
  expect(received).toBeLessThanOrEqual(sent);
  stream.destroy();
});

testWith(python)("after the peer's end the stream still writes until its own", async () => {
  using place = new Place();
  await using peer = await server(
    place.path,
    "c, _ = s.accept(); c.sendall(b'all'); c.shutdown(socket.SHUT_WR); print(whole(c))",
  );
  const stream = openUnixSocketStream(place.path);
  stream.resume();
  await event(stream, "end");
  expect(stream.writable).toBe(true);
  stream.write("four");
  await Bun.sleep(20);
  const closed = event(stream, "close");
  stream.end("more");
  expect(await peer.line()).toBe("8");
  await closed;
});

testWith(python)("a peer that resets is an error event", async () => {
  using place = new Place();
  await using peer = await server(
    place.path,
    "c, _ = s.accept()\nwhile not c.recv(1, socket.MSG_PEEK): pass\nc.close(); print('closed')",
  );
  const stream = openUnixSocketStream(place.path);
  const error = event(stream, "error");
  stream.resume();
  stream.write("unread");
  expect(await peer.line()).toBe("closed");
  expect(await error).toMatchObject({ code: "ECONNRESET" });
});

testWith(python)("writing to a peer that has closed is EPIPE", async () => {
  using place = new Place();
  const script = "for _ in range(2): s.accept()[0].close()\ninput()";
  await using peer = await server(place.path, script);
  for (const corked of [false, true]) {
    const stream = openUnixSocketStream(place.path);
    stream.resume();
    await event(stream, "end");
    await Bun.sleep(20);
    const error = event(stream, "error");
    const answer = Promise.withResolvers<unknown>();
    if (corked) stream.cork();
    stream.write("lost");
    stream.write("also lost", answer.resolve);
    if (corked) stream.uncork();
    const refused = { code: "EPIPE", errno: ERRNO.EPIPE, syscall: "send" };
    expect(await error).toMatchObject(refused);
    if (corked) expect(await answer.promise).toMatchObject(refused);
    expect(stream.destroyed).toBe(true);
  }
  peer.write("");
});

testWith(python)("what a peer sent that closes at once arrives", async () => {
  using place = new Place();
  const script = "while True:\n  c, _ = s.accept(); c.sendall(b'z' * 100000); c.close()";
  await using peer = await server(place.path, script);
  for (let round = 0; round < 30; round++) {
    const stream = openUnixSocketStream(place.path);
    let length = 0;
    for await (const part of stream) length += part.length;
    expect(length).toBe(100_000);
  }
  peer.write("");
});

test("a stream reaches paths that are no text", async () => {
  using place = new Place();
  const path = Buffer.concat([Buffer.from(place.path), Buffer.of(0xff)]);
  using listener = Socket.open("unix", "stream").bind({ family: "unix", path }).listen();
  const stream = openUnixSocketStream(path);
  using peer = await listener.accept();
  stream.end("text");
  const buffer = new Uint8Array(9);
  expect(await peer.recv(buffer)).toBe(4);
  stream.destroy();
});

testWith(python)("destroy closes the connection, with its error", async () => {
  using place = new Place();
  await using peer = await server(place.path, "c, _ = s.accept(); print(whole(c))");
  const stream = openUnixSocketStream(Buffer.from(place.path));
  await event(stream, "connect");
  const error = event(stream, "error");
  stream.destroy(new Error("enough"));
  expect(await peer.line()).toBe("0");
  expect(await error).toMatchObject({ message: "enough" });
});

testWith(python)("an open stream keeps the process alive and costs no CPU", async () => {
  using place = new Place();
  await using peer = await server(
    place.path,
    "c, _ = s.accept(); time.sleep(0.5); c.close(); input()",
  );
  const script = `
    const { openUnixSocketStream } = await import(${INDEX});
    const stream = openUnixSocketStream(${JSON.stringify(place.path)});
    const before = process.cpuUsage();
    stream.on("end", () => {
      const { user, system } = process.cpuUsage(before);
      stream.end();
      console.log(user + system);
    }).resume();`;
  await using client = new Peer([process.execPath, "-e", script]);
  expect(Number(await client.line())).toBeLessThan(200_000 * patience);
  expect(await client.end()).toBe(0);
  peer.write("");
});

test("paths that cannot be throw before anything is opened", () => {
  expect(() => openUnixSocketStream("x".repeat(200))).toThrow(RangeError);
  expect(() => openUnixSocketStream("")).toThrow(RangeError);
  expect(() => openUnixSocketStream("a\0b")).toThrow(TypeError);
  expect(() => openUnixSocketStream(undefined as never)).toThrow(TypeError);
});

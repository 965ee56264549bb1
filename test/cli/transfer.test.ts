// `rawsock listen` and `rawsock send` beside socat and each other; `resolve` and `options`.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getaddrinfo, getnameinfo, Socket, socketOptions } from "../../src/index.ts";
import { removeDirectory } from "../support/directory.ts";
import { end } from "../support/program.ts";
import { ipv6, program, testWith } from "../support/requirements.ts";
import { command, objects, Running, rawsock, start } from "./support.ts";

const socat = program("socat");
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "rawsock-cli-"));
});
afterAll(() => removeDirectory(directory));

/** Where a listener says that it listens. */
async function address(listener: Running): Promise<string> {
  await listener.until(/listening on \S+\n/);
  return /listening on (\S+)/.exec(listener.errors)?.[1] ?? "";
}

async function talk(where: string, listen: string[], send: string[]) {
  await using listener = start(["listen", ...listen, where]);
  const there = await address(listener);
  const sent = await command(["send", ...send.slice(0, -1), there, ...send.slice(-1)]);
  return { received: await listener.end(), sent };
}

const kinds = {
  "tcp:127.0.0.1:0": "inet",
  "udp:127.0.0.1:0": "inet",
  "unix-dgram:@rawsock-test-dgram": "unix",
  "unix:@rawsock-test-stream": "unix",
  "unix-seqpacket:@rawsock-test-packets": "unix",
};

test.each(Object.keys(kinds))("what is sent to %s arrives, and what is echoed", async (kind) => {
  const dgram = kind.includes("dgram") || kind.startsWith("udp");
  const bind = kind.startsWith("unix-dgram") ? ["-b", `${kind}-back`] : [];
  const replies = dgram ? ["-r1", "-w5"] : [];
  const { received, sent } = await talk(
    kind,
    ["-e", "-c1"],
    [...bind, ...replies, "gr\u00fc\u00dfe"],
  );
  expect(received.stdout).toBe("gr\u00fc\u00dfe");
  expect(received.exitCode).toBe(0);
  if (!kind.includes("seqpacket")) expect(sent.stdout).toBe("gr\u00fc\u00dfe");
  expect([sent.stderr, sent.exitCode]).toEqual(["", 0]);
});

testWith(ipv6)("hexadecimal goes in and out, of IPv6 too", async () => {
  const { received } = await talk("udp:[::1]:0", ["-x", "-c1"], ["--hex", "00:ff de-ad"]);
  expect(received.stdout).toMatch(/^udp:\[::1\]:\d+ 4 bytes\n0{8} {2}00 ff de ad .*\n0{7}4\n$/);
});

testWith(socat)("socat is understood, and understands", async () => {
  const path = join(directory, "socat");
  await using listener = start(["listen", "--json", `unix:${path}`]);
  await listener.until("listening");
  await end(["sh", "-c", `printf hello | socat - UNIX-CONNECT:${path}`]);
  const [, connection, data, last] = objects((await listener.end()).stdout);
  expect(connection.event).toBe("connection");
  expect(data).toMatchObject({ event: "data", length: 5, data: "68656c6c6f", text: "hello" });
  expect(last.event).toBe("end");
  // The path is taken away again.
  expect(existsSync(path)).toBe(false);

  await using server = new Running(["socat", "-u", `UNIX-RECVFROM:${path}`, "-"]);
  for (let tries = 0; !existsSync(path) && tries < 500; tries++) await Bun.sleep(10);
  expect((await command(["send", `unix-dgram:${path}`, "to socat"])).exitCode).toBe(0);
  expect((await server.end()).stdout).toBe("to socat");
});

test("standard input is sent, line by line if wanted", async () => {
  await using listener = start(["listen", "--json", "-c2", "udp:127.0.0.1:0"]);
  await listener.until("listening");
  const [{ address: where }] = objects(listener.output);
  const lines = ["sh", "-c", 'printf "one\\ntwo\\n" | "$@"', "sh", ...rawsock("send", "-l", where)];
  expect((await end(lines)).exitCode).toBe(0);
  const [, first, second] = objects((await listener.end()).stdout);
  expect([first.text, second.text]).toEqual(["one", "two"]);
});

test("nobody there, no answer, and no address are errors of one line", async () => {
  const cases = [
    [
      ["send", "tcp:127.0.0.1:1", "x"],
      1,
      /^rawsock send: connect ECONNREFUSED 127\.0\.0\.1:1.*\n$/,
    ],
    [["send", "-r1", "-w0.1", "unix-dgram:/nowhere", "x"], 1, /^rawsock send: connect ENOENT.*\n$/],
    [["send", "nowhere", "x"], 2, /^rawsock send: "nowhere" is no address.*\nTry .*\n$/],
    [["send", "--hex", "udp:127.0.0.1:9", "xyz"], 2, /are no bytes in hexadecimal\nTry .*\n$/],
    [["listen", "udp:1.2.3.4:5"], 1, /^rawsock listen: bind EADDRNOTAVAIL.*\n$/],
    [["listen", "-W0.05", "udp:127.0.0.1:0"], 1, /^listening on udp:127\.0\.0\.1:\d+\n$/],
  ] as const;
  await Promise.all(
    cases.map(async ([words, status, text]) => {
      const { stderr, exitCode } = await command(words);
      expect(stderr).toMatch(text);
      expect(exitCode).toBe(status);
    }),
  );
});

test("names and services are looked up as getaddrinfo does, and back", async () => {
  const [all, reverse, none] = await Promise.all([
    command(["resolve", "--json", "localhost", "http"]),
    command(["resolve", "-x", "127.0.0.1", "80"]),
    command(["resolve", "no-such-host.invalid"]),
  ]);
  const expected = getaddrinfo({ node: "localhost", service: "http" });
  expect(objects(all.stdout).map(({ address, port, type }) => [address, port, type])).toEqual(
    expected.map(({ address, type }) => [address.address, address.port, type === 0 ? "any" : type]),
  );
  const { node, service } = getnameinfo({ family: "inet", address: "127.0.0.1", port: 80 });
  expect(reverse.stdout).toBe(`${node}:${service}\n`);
  expect(none.stderr).toMatch(/^rawsock resolve: getaddrinfo EAI_\w+ no-such-host\.invalid: .*\n$/);
  expect(none.exitCode).toBe(1);
});

test("options are those that a socket has", async () => {
  const [fresh, set, inherited, unknown] = await Promise.all([
    command(["options", "--json", "inet", "dgram"]),
    command(["options", "-s", "SO_BROADCAST=true", "-o", "SO_BROADCAST", "inet", "dgram"]),
    end(["sh", "-c", '"$@" 0<&3', "sh", ...rawsock("options", "--fd", "0", "-o", "SO_TYPE")]),
    command(["options", "-o", "SO_REUSADDR"]),
  ]);
  using socket = Socket.open("inet", "dgram");
  const names = Object.keys(socketOptions(socket, { level: "all" }));
  expect(objects(fresh.stdout).map(({ option }) => option)).toEqual(names);
  expect(set.stdout).toMatch(/^SO_BROADCAST +true\n$/);
  // Descriptor 3 is not there: the shell says so.
  expect(inherited.exitCode).not.toBe(0);
  expect(unknown.stderr).toContain("SO_REUSEADDR");
  expect(unknown.exitCode).toBe(1);
});

test("the options of an inherited socket are read", async () => {
  using socket = Socket.open("inet", "dgram");
  const words = rawsock("options", "--fd", "0", "-o", "SO_TYPE");
  const child = Bun.spawn(words, { stdin: socket.fd, stdout: "pipe" });
  expect(await new Response(child.stdout).text()).toMatch(/^SO_TYPE +dgram\n$/);
});

// What all subcommands have in common: help, mistakes, terminals, pipes, interruptions.

import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { helpOf } from "../../src/cli/shared/command.ts";
import type { Runnable } from "../../src/cli/shared/execute.ts";
import { Namespace } from "../support/namespace.ts";
import { end } from "../support/program.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";
import { command, quoted, rawsock, start, sysctl } from "./support.ts";

const folder = join(import.meta.dir, "../../src/cli");
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".ts") && file !== "main.ts")
  .map((file) => file.replace(".ts", ""));
const guide = await Bun.file(join(import.meta.dir, "../../docs/command.md")).text();

async function definition(name: string) {
  const { default: run }: { default: Runnable } = await import(join(folder, `${name}.ts`));
  return run.definition;
}

test("the command lists its subcommands, and knows no others", async () => {
  const [help, none, unknown, version, other] = await Promise.all([
    command(["--help"]),
    command([]),
    command(["pong"]),
    command(["--version"]),
    command(["help", "ping"]),
  ]);
  for (const name of names) expect(help.stdout).toMatch(new RegExp(`^  ${name} +\\S`, "m"));
  expect(help.stdout.match(/^ {2}\w+ {2,}/gm)).toHaveLength(names.length);
  expect([help.exitCode, none.exitCode, unknown.exitCode]).toEqual([0, 2, 2]);
  expect(unknown.stderr).toStartWith('rawsock: there is no command "pong"\n');
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(other.stdout).toContain("Usage: rawsock ping [options] <host>");
  expect([other.stderr, other.exitCode]).toEqual(["", 0]);
});

test.each(names)("rawsock %s --help tells its options and examples", async (name) => {
  const own = await definition(name);
  const { options, examples } = own;
  const stdout = helpOf(own);
  expect(own.name).toBe(name);
  for (const long of Object.keys(options)) expect(stdout).toContain(`--${long}`);
  for (const [words] of examples) expect(stdout).toContain(`rawsock ${name} ${words}`.trimEnd());
  expect(options).toHaveProperty("json");
  expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThan(130);
  // Letters stand for one option each.
  const letters = Object.values(options).flatMap(({ short }) => short ?? []);
  expect(new Set(letters).size).toBe(letters.length);
  expect(letters).not.toContain("h");
});

test.each(names)("the guide shows rawsock %s, with what it prints", async (name) => {
  const section = guide.split(/^## /m).find((text) => text.startsWith(`${name}\n`)) ?? "";
  expect(section).toContain(`$ rawsock ${name}`);
  for (const long of Object.keys((await definition(name)).options)) {
    expect({ long, told: section.includes(`--${long}`) }).toEqual({ long, told: true });
  }
});

test.each(names)(
  "rawsock %s answers a wrong command line with one line and a hint",
  async (name) => {
    const lines = [["--no-such-option"], ["-\u00e4"], ["--help=1"]];
    for (const { stdout, stderr, exitCode } of await Promise.all(
      lines.map((words) => command([name, ...words])),
    )) {
      expect(stderr).toMatch(new RegExp(`^rawsock ${name}: .*\\nTry rawsock ${name} --help\\n$`));
      expect([stdout, exitCode]).toEqual(["", 2]);
    }
  },
);

/** Runs a command in a pseudo-terminal of util-linux's script(1). */
function terminal(words: readonly string[], namespace: Namespace, env = {}) {
  const line = quoted(words);
  return end(namespace.command("script", "-qec", line, "/dev/null"), { TERM: "xterm", ...env });
}

testWith(namespaces, program("script", "bsdutils"))(
  "colour and pictures are for terminals alone",
  async () => {
    using namespace = new Namespace();
    sysctl(namespace, "net.ipv4.ping_group_range=0 2147483647");
    const ping = rawsock("ping", "-c3", "-i0.01", "127.0.0.1");
    const list = rawsock("interfaces");
    const [picture, plain, piped, coloured, listed, dumb] = await Promise.all([
      terminal(ping, namespace),
      terminal(ping, namespace, { NO_COLOR: "1" }),
      end(namespace.command(...ping)),
      terminal(list, namespace),
      end(namespace.command(...list)),
      terminal(list, namespace, { TERM: "dumb" }),
    ]);
    const cyan = (text: string) => `\u001b[36m${text}\u001b[0m`;
    const [bars = ""] = /[\u2581-\u2588]{3}/.exec(picture.stdout) ?? [];
    expect(picture.stdout).toContain(cyan(bars));
    expect(plain.stdout).toMatch(/^[\u2581-\u2588]{3}\r?$/m);
    expect(piped.stdout).not.toMatch(/[\u2581-\u2588]/);
    expect(coloured.stdout).toContain(cyan("lo"));
    for (const { stdout } of [plain, piped, listed, dumb]) expect(stdout).not.toContain("\u001b");
    for (const { exitCode } of [picture, plain, piped, coloured, listed, dumb]) {
      expect(exitCode).toBe(0);
    }
  },
);

testWith(namespaces, program("script", "bsdutils"))("progress is for terminals alone", async () => {
  using namespace = new Namespace();
  namespace.ip("link", "add", "one", "type", "veth", "peer", "name", "two");
  namespace.ip("link", "set", "one", "up");
  namespace.ip("link", "set", "two", "up");
  namespace.ip("addr", "add", "10.1.0.1/24", "dev", "one");
  const words = rawsock("arp", "-n", "-c1", "-w0.2", "10.1.0.0/26");
  const [shown, silent] = await Promise.all([
    terminal(words, namespace),
    end(namespace.command(...words)),
  ]);
  expect(shown.stdout).toMatch(/\r\d+ %, 0 answered/);
  expect(silent.stdout + silent.stderr).toMatch(/^one: 61 addresses, 0 answered, [\d.]+ s\n$/);
});

testWith(namespaces, program("bash"))("a closed pipe ends a command without a word", async () => {
  using namespace = new Namespace();
  const cases = [
    rawsock("ping", "-i0.01", "127.0.0.1"),
    rawsock("options"),
    rawsock("routes", "-t", "all"),
    rawsock("filter", "tcp"),
    rawsock("ping", "--help"),
  ];
  const ended = await Promise.all(
    cases.map((words) => {
      const script = '"$@" | head -1; echo "$PIPESTATUS"';
      return end(namespace.command("bash", "-c", script, "bash", ...words));
    }),
  );
  for (const { stdout, stderr } of ended) {
    const [, status] = stdout.split("\n");
    expect(stderr).toBe("");
    // What had written all of it before the pipe was closed knows nothing of that.
    expect(["0", "141"]).toContain(status as string);
  }
  expect(ended[0]?.stdout.split("\n")[1]).toBe("141");
});

testWith(namespaces)("lines are in a pipe as soon as they are written", async () => {
  using namespace = new Namespace();
  await using running = start(["ping", "-i", "100", "127.0.0.1"], namespace);
  await running.until(/icmp_seq=1 .*\n/);
  expect(running.child.exitCode).toBeNull();
});

testWith(namespaces)("Ctrl-C ends whatever waits, twice at once", async () => {
  using namespace = new Namespace();
  const cases = [
    [["listen", "udp:127.0.0.1:0"], "listening", 1],
    [["listen", "tcp:127.0.0.1:0"], "listening", 1],
    [["monitor", "-a"], "lo", 0],
    [["sniff", "-i", "lo"], "listening", 0],
    [["ping", "127.0.0.1"], "icmp_seq", 0],
  ] as const;
  await Promise.all(
    cases.map(async ([words, said, status]) => {
      await using running = start(words, namespace);
      await running.until(said);
      const { stderr, exitCode } = await running.end("SIGINT");
      expect(stderr).not.toContain("    at ");
      expect({ words, exitCode }).toEqual({ words, exitCode: status });
    }),
  );
});

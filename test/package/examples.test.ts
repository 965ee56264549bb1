import { expect, test } from "bun:test";
import { join } from "node:path";
import { Glob } from "bun";
import { Namespace } from "../support/namespace.ts";
import { end, unprivileged } from "../support/program.ts";
import { namespaces, setpriv, testWith } from "../support/requirements.ts";

const examples = join(import.meta.dir, "../../examples");
const example = (name: string, ...words: string[]) => [
  process.execPath,
  join(examples, name),
  ...words,
];
const REPLY = /^64 bytes from (127\.0\.0\.1|::1): seq=[1-5] time=\d+\.\d{3} ms$/gm;

testWith(namespaces)(
  "the demo pings 127.0.0.1 and ::1 five times and shows the packets",
  async () => {
    using namespace = new Namespace();
    const { stdout, stderr, exitCode } = await end(namespace.command(...example("demo.ts")));
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    expect(stdout).toStartWith("interface lo: 127.0.0.1\ninterface lo: ::1\n");
    expect(stdout.match(REPLY)).toHaveLength(10);
    expect(stdout.match(/^5 sent, 5 received, 0% packet loss$/gm)).toHaveLength(2);
    expect(stdout.match(/^rtt min\/avg\/max = [\d.]+\/[\d.]+\/[\d.]+ ms$/gm)).toHaveLength(2);
    expect(stdout.match(/^127\.0\.0\.1 > 127\.0\.0\.1 ICMP echo request 98 bytes$/gm)).toHaveLength(
      5,
    );
    expect(stdout.match(/^::1 > ::1 ICMPv6 echo reply 118 bytes$/gm)).toHaveLength(5);
    expect(stdout).not.toContain("left out");
  },
);

testWith(setpriv)("without privileges the demo says what was left out, and succeeds", async () => {
  const { stdout, stderr, exitCode } = await end(unprivileged(example("demo.ts")), {
    HOME: "/tmp",
  });
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  expect(stdout.trim().split("\n").at(-1)).toMatch(
    /^left out: raw ping and capture\. .*CAP_NET_RAW/,
  );
  const worked = stdout.includes("5 received") || stdout.includes("a unix datagram of 5 bytes");
  expect(worked).toBe(true);
});

testWith(namespaces, setpriv)(
  "where ICMP datagram sockets are allowed, the demo pings with one",
  async () => {
    using namespace = new Namespace();
    const allow = "echo '0 2147483647' > /proc/sys/net/ipv4/ping_group_range";
    const script = [`${allow}; exec "$@"`, "sh", ...unprivileged(example("demo.ts"))];
    const { stdout, exitCode } = await end(namespace.command("sh", "-c", ...script), {
      HOME: "/tmp",
    });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("PING ::1 with a dgram ICMP socket");
    expect(stdout.match(REPLY)).toHaveLength(10);
    expect(stdout).toContain("left out: raw ping and capture.");
  },
);

testWith(namespaces)(
  "where nobody answers, ping says so",
  async () => {
    using namespace = new Namespace();
    namespace.ip("addr", "add", "10.77.9.1/24", "dev", "lo");
    const quiet = "echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all";
    const { stdout } = await end(
      namespace.command(
        "sh",
        "-c",
        `${quiet}; exec "$@"`,
        "sh",
        ...example("ping.ts", "10.77.9.1", "1"),
      ),
    );
    expect(stdout).toBe("no answer within a second\n");
  },
  20_000,
);

const sources = new Map<string, string>();
for await (const name of new Glob("*.ts").scan(examples)) {
  sources.set(name, await Bun.file(join(examples, name)).text());
}

test("examples have at most 60 lines", () => {
  for (const [name, text] of sources) {
    const lines = text.trimEnd().split("\n").length;
    expect(`${name} ${lines <= 60}`).toBe(`${name} true`);
  }
});

test("examples begin with a line that says what they do and how they are run", () => {
  for (const [name, text] of sources) {
    // The README has the first one, and says it there.
    if (name === "first-ping.ts") continue;
    const [first = ""] = text.split("\n");
    expect(first).toStartWith("// ");
    const above = text.slice(0, text.indexOf("import "));
    expect(above).toMatch(/(bun examples\/|npm run demo)/);
    expect(above.includes(name) || name === "demo.ts").toBe(true);
  }
});

test("examples run wherever the package is installed: they import nothing else of ours", () => {
  for (const [name, text] of sources) {
    for (const [, from = ""] of text.matchAll(/from "([^"]+)"/g)) {
      const isTheirs = /^(rawsock(\/\w+)?|node:[\w/]+|dns-packet|\.\/[\w-]+\.ts)$/.test(from);
      expect(`${name} ${from} ${isTheirs}`).toBe(`${name} ${from} true`);
    }
  }
});

test("every example is in the list, with what it says of itself", async () => {
  const list = await Bun.file(join(examples, "README.md")).text();
  const listed = [...list.matchAll(/^\| \[`([\w-]+\.ts)`\]\(\1\) \|/gm)].map(([, name]) => name);
  expect(listed.toSorted()).toEqual([...sources.keys()].sort());
});

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { network, protocol, service } from "../../src/index.ts";
import { entry } from "../support/entry.ts";
import { musl } from "../support/libc.ts";
import { run } from "../support/namespace.ts";
import { bun, end } from "../support/program.ts";
import { python, testWith } from "../support/requirements.ts";

/** The entries of a database file: name, what follows it, aliases. */
function file(path: string): { name: string; value: string; aliases: string[] }[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim().split(/\s+/))
    .filter((words) => words.length >= 2)
    .map(([name = "", value = "", ...aliases]) => ({ name, value, aliases }));
}

const WINDOWS = process.platform === "win32";
const ETC = WINDOWS ? "C:/Windows/System32/drivers/etc" : "/etc";
const PROTOCOLS = `${ETC}/protocol${WINDOWS ? "" : "s"}`;
const SERVICES = `${ETC}/services`;
const NETWORKS = `${ETC}/networks`;
/** Neither musl nor Windows looks for one. */
const hasNetworks = !musl && !WINDOWS;

const files = {
  met: [PROTOCOLS, SERVICES, ...(hasNetworks ? [NETWORKS] : [])].every((path) => {
    try {
      return readFileSync(path).length > 0;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
      throw error;
    }
  }),
  remedy: "install netbase: apt-get install netbase",
};

testWith(files)("the lists are those of /etc, or with musl its own", () => {
  const protocols = file(PROTOCOLS).map(({ name, value, aliases }) => ({
    name,
    aliases,
    protocol: Number(value),
  }));
  if (musl) {
    const known = new Set(protocols.map(({ name, protocol }) => `${name} ${protocol}`)).add(
      "raw 255",
    );
    const builtIn = protocol();
    expect(builtIn.length).toBeGreaterThan(30);
    for (const { name, protocol } of builtIn) expect(known).toContain(`${name} ${protocol}`);
    expect(service()).toEqual([]);
    expect(network()).toEqual([]);
    return;
  }
  expect(protocol()).toEqual(protocols);
  expect(service()).toEqual(
    file(SERVICES).map(({ name, value, aliases }) => {
      const [port, transport = ""] = value.split("/");
      return { name, aliases, port: Number(port), protocol: transport };
    }),
  );
  const networks = hasNetworks ? file(NETWORKS).map(({ name }) => name) : [];
  expect(network().map(({ name }) => name)).toEqual(networks);
});

testWith(files)("every protocol and service is found by name, alias and protocol number", () => {
  for (const entry of protocol()) {
    expect(protocol(entry.name)).toEqual(entry);
    for (const alias of entry.aliases) expect(protocol(alias)?.protocol).toBe(entry.protocol);
    expect(protocol(entry.protocol)?.protocol).toBe(entry.protocol);
  }
  for (const entry of service()) {
    // Some names are aliases of an earlier entry too.
    const named = service(entry.name, entry.protocol);
    expect([named?.name, ...(named?.aliases ?? [])]).toContain(entry.name);
  }
});

testWith(files)("every service is found by port", () => {
  for (const { port, protocol } of service()) expect(service(port, protocol)?.port).toBe(port);
});

testWith(files)("ports, protocols and networks are in host order", () => {
  expect(service("domain", "udp")).toEqual({
    name: "domain",
    // musl counts the name among the aliases, for protocols knows none, and knows no network.
    aliases: musl ? ["domain"] : [],
    port: 53,
    protocol: "udp",
  });
  expect(service("https")?.port).toBe(443);
  expect(service(80, "tcp")?.name).toBe("http");
  expect(protocol("icmp")?.protocol).toBe(1);
  expect(protocol(6)?.aliases).toEqual(musl ? [] : ["TCP"]);
  const found = { name: "loopback", aliases: [], family: "inet", network: 0x7f000000 };
  const loopback = hasNetworks ? found : null;
  expect(network("loopback")).toEqual(loopback);
  expect(network(0x7f000000)).toEqual(loopback);
  expect(network(0x7f000000, "inet")).toEqual(loopback);
});

test("what does not exist is null", () => {
  expect(protocol("no-such-protocol")).toBeNull();
  expect(protocol(251)).toBeNull();
  expect(service("no-such-service")).toBeNull();
  expect(service("domain", "no-such-protocol")).toBeNull();
  expect(service(65535, "tcp")).toBeNull();
  expect(network(0x01020300)).toBeNull();
  expect(network("loopback", "inet6")).toBeNull();
  expect(protocol("")).toBeNull();
  expect(protocol("x".repeat(5000))).toBeNull();
});

testWith(python, files)("CPython finds the same services", () => {
  const names = ["http", "ssh", "domain", "ntp", "smtp"];
  const script = `import socket; print([socket.getservbyname(n) for n in ${JSON.stringify(names)}])`;
  const expected = JSON.parse(run("python3", "-c", script));
  expect(names.map((name) => service(name)?.port)).toEqual(expected);
});

test("wrong arguments throw before any lookup", () => {
  for (const lookup of [protocol, service, network] as ((what: never) => unknown)[]) {
    expect(() => lookup(null as never)).toThrow(TypeError);
    expect(() => lookup({} as never)).toThrow(TypeError);
    expect(() => lookup("a\0b" as never)).toThrow(TypeError);
    expect(() => lookup("\ud800" as never)).toThrow(TypeError);
    expect(() => lookup(-1 as never)).toThrow(RangeError);
    expect(() => lookup(1.5 as never)).toThrow(RangeError);
  }
  expect(() => service(65536)).toThrow(RangeError);
  expect(() => service(80, 6 as never)).toThrow(TypeError);
  expect(() => network(1, "nonsense")).toThrow(TypeError);
});

testWith(files)("Workers that read the lists at once get all of them", async () => {
  const source = `
    const { protocol, service } = await import(${JSON.stringify(entry)});
    const counts = new Set();
    for (let round = 0; round < 20; round++) counts.add(protocol().length + ":" + service().length);
    postMessage([...counts]);
  `;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const expected = [`${protocol().length}:${service().length}`];
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => {
      const worker = new Worker(url);
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
      return promise.finally(() => worker.terminate());
    }),
  );
  expect(answers).toEqual([expected, expected, expected, expected]);
  URL.revokeObjectURL(url);
});

testWith(files)(
  "where no descriptor is left, a lookup fails instead of finding nothing",
  async () => {
    const script = `
    const { checksum, network, protocol, service } = rawsock;
    checksum.fold(0); // loads the code; the C library has yet to load its own
    const lookups = [() => protocol("ospf"), () => protocol(89), () => protocol(),
      () => service("http"), () => service(80), () => service(),
      () => network("loopback"), () => network(0x7f000000), () => network()];
    if (process.argv.includes("warm")) for (const lookup of lookups) lookup();
    try { for (;;) rawsock.socket("unix", "dgram"); } catch (error) {
      if (error.code !== "EMFILE") throw error;
    }
    for (const lookup of lookups) {
      try { console.log(JSON.stringify(lookup())); } catch ({ code, syscall }) { console.log(code, syscall); }
    }`;
    // musl reads no file for protocols and networks, nor for lists: those it answers as ever.
    const read = ["getservbyname", "getservbyport"];
    const calls = ["getprotobyname", "getprotobynumber", "getprotoent", ...read, "getservent"];
    calls.push("getnetbyname", "getnetbyaddr", "getnetent");
    const ospf = protocol("ospf");
    const builtIn = [ospf, ospf, protocol(), null, null, [], null, null, []];
    const expected = calls.map((call, index) =>
      musl && !read.includes(call) ? JSON.stringify(builtIn[index]) : `EMFILE ${call}`,
    );
    for (const temperature of ["cold", "warm"]) {
      const limited = ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh", ...bun(script), temperature];
      const { stdout } = await end(limited);
      expect(stdout).toBe(`${expected.join("\n")}\n`);
    }
  },
);

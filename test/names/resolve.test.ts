import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { AddrInfoError, EAI, getaddrinfo, getnameinfo, resolve } from "../../src/index.ts";
import { ENGINE_HANDLES, openDescriptors, settledDescriptors } from "../support/descriptors.ts";
import { removeDirectory } from "../support/directory.ts";
import { entry } from "../support/entry.ts";
import { musl } from "../support/libc.ts";
import { Namespace, run } from "../support/namespace.ts";
import { patience } from "../support/patience.ts";
import { Peer } from "../support/peer.ts";
import { namespaces, python, testWith } from "../support/requirements.ts";

/** Winsock leaves type and protocol open where they are not asked for. */
const WINDOWS = process.platform === "win32";

const INDEX = JSON.stringify(entry);

/** Both must give the same. */
async function both(hints: Parameters<typeof getaddrinfo>[0]) {
  const list = getaddrinfo(hints);
  expect(await resolve(hints)).toEqual(list);
  return list;
}

test("a numeric node and service need no name service", async () => {
  const hints = { node: "127.0.0.1", service: "80", numerichost: true, numericserv: true } as const;
  const list = await both({ ...hints, type: "stream" });
  expect(list).toHaveLength(1);
  const tcp = WINDOWS ? 0 : 6;
  expect(list[0]).toMatchObject({ family: "inet", type: "stream", protocol: tcp, canonname: null });
  expect(list[0]?.flags.toSorted()).toEqual(musl ? [] : ["numerichost", "numericserv"]);
  expect(String(list[0]?.address)).toBe("127.0.0.1:80");
  const [inet6] = await both({ node: `fe80::1%${WINDOWS ? 1 : "lo"}`, service: 7, type: "dgram" });
  expect(inet6?.address).toMatchObject({ address: "fe80::1", port: 7, scopeId: 1 });
  expect(inet6?.protocol).toBe(WINDOWS ? 0 : 17);
});

test("without a type there is one entry for each", async () => {
  const list = await both({ node: "127.0.0.1" });
  const types = ["stream", "dgram", ...(musl ? [] : ["raw"])];
  expect(list.map(({ type }) => type)).toEqual(WINDOWS ? [0] : types);
});

test("passive gives the wildcard, else the loopback", async () => {
  const hints = { service: 53, family: "inet", type: "dgram" } as const;
  expect((await both({ ...hints, passive: true }))[0]?.address.address).toBe("0.0.0.0");
  expect((await both(hints))[0]?.address.address).toBe("127.0.0.1");
});

test("v4mapped and all give IPv4 addresses as IPv6 ones", async () => {
  const hints = { node: "127.0.0.1", family: "inet6", type: "stream" } as const;
  const [mapped] = await both({ ...hints, v4mapped: true, all: true });
  expect(mapped?.address.address).toBe("::ffff:127.0.0.1");
});

test("canonname is the first entry's, where it is asked for", async () => {
  const canonnames = async (canonname: boolean) =>
    (await both({ node: "localhost", canonname })).map((entry) => entry.canonname);
  const [first, ...others] = await canonnames(true);
  expect(first).toBe("localhost");
  expect(others.length).toBeGreaterThan(0);
  expect(new Set([...others, ...(await canonnames(false))])).toEqual(new Set([null]));
});

testWith(python)("CPython resolves localhost to the same", () => {
  const script =
    "import socket, json; print(json.dumps([[int(f), int(t), p, a[0], a[1]] " +
    "for f, t, p, c, a in socket.getaddrinfo('localhost', 'domain')]))";
  const expected = JSON.parse(run("python3", "-c", script));
  const list = getaddrinfo({ node: "localhost", service: "domain" });
  expect(list.map(({ protocol, address }) => [protocol, address.address, address.port])).toEqual(
    expected.map((entry: unknown[]) => entry.slice(2)),
  );
});

test("failures are AddrInfoErrors with the name, the number and the text", async () => {
  const failing = [
    [{ node: "no-such-host.invalid", numerichost: true }, "EAI_NONAME"],
    [{ node: "x".repeat(300) }, "EAI_NONAME"],
    [{ node: `${"y".repeat(300)}.example`, service: 1 }, "EAI_NONAME"],
    [{}, "EAI_NONAME"],
    [{ node: "", numerichost: true }, "EAI_NONAME"],
    [{ node: "127.0.0.1", service: "no-such-service" }, "EAI_SERVICE"],
    [{ node: "127.0.0.1", service: "http", numericserv: true }, "EAI_NONAME"],
    [{ node: "127.0.0.1", family: "unix" }, "EAI_FAMILY"],
    [{ node: "127.0.0.1", service: 1, type: 77 }, musl ? "EAI_SERVICE" : "EAI_SOCKTYPE"],
    // musl does not mind that there is no node to be named.
    ...(musl ? [] : ([[{ canonname: true, service: 1 }, "EAI_BADFLAGS"]] as const)),
  ] as const;
  for (const [hints, code] of failing) {
    const expected = { name: "AddrInfoError", code, syscall: "getaddrinfo" };
    let caught: unknown;
    try {
      getaddrinfo(hints);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(AddrInfoError);
    expect(caught).toMatchObject(expected);
    expect((caught as AddrInfoError).errno).toBe(EAI[code.slice(4)] as number);
    await expect(resolve(hints)).rejects.toMatchObject(expected);
  }
  const text = musl ? "Name does not resolve" : "Name or service not known";
  expect(() => getaddrinfo({ node: "no such host", numerichost: true })).toThrow(
    new RegExp(`^getaddrinfo EAI_NONAME no such host: ${text}$`),
  );
});

test.skipIf(EAI.SYSTEM === undefined)("EAI_SYSTEM carries the errno", () => {
  const error = new AddrInfoError(EAI.SYSTEM, 13, "getaddrinfo", "host");
  expect(error).toMatchObject({ code: "EAI_SYSTEM", errno: 13 });
  expect(error.message).toBe("getaddrinfo EAI_SYSTEM host: EACCES: Permission denied");
});

test("wrong hints throw before any lookup, and reject resolve", async () => {
  const wrong = [
    [{ node: 5 }, TypeError],
    [{ node: "a\0b" }, TypeError],
    [{ node: "\ud800" }, TypeError],
    [{ node: "x", service: "\udfff" }, TypeError],
    [{ service: "a\0" }, TypeError],
    [{ service: {} }, TypeError],
    [{ service: 70000 }, RangeError],
    [{ service: "70000" }, RangeError],
    [{ service: "-1" }, RangeError],
    [{ service: " +65536" }, RangeError],
    [{ service: 1.5 }, RangeError],
    [{ service: -1 }, RangeError],
    [{ family: "nonsense" }, TypeError],
    [{ type: "nonsense" }, TypeError],
    [{ passive: 1 }, TypeError],
    [{ nofqdn: true }, TypeError],
    [null, TypeError],
    ["host", TypeError],
  ] as const;
  for (const [hints, kind] of wrong) {
    expect(() => getaddrinfo(hints as never)).toThrow(kind);
    await expect(resolve(hints as never)).rejects.toThrow(kind);
  }
});

test("garbage as a numeric node gives addresses or one clear error", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), (node) => {
      try {
        const list = getaddrinfo({ node, numerichost: true, type: "stream" });
        expect(list.length).toBeGreaterThan(0);
      } catch (error) {
        const named = error instanceof AddrInfoError || error instanceof TypeError;
        expect(named).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});

describe("getnameinfo", () => {
  const address = { family: "inet", address: "127.0.0.1", port: 80 } as const;

  test("gives names or numbers", () => {
    expect(getnameinfo(address)).toEqual({ node: "localhost", service: "http" });
    expect(getnameinfo(address, { numerichost: true, numericserv: true })).toEqual({
      node: "127.0.0.1",
      service: "80",
    });
    const scoped = { family: "inet6", address: "fe80::1", scopeId: 1, port: 9 } as const;
    const options = { numerichost: true, numericserv: true, dgram: true, nofqdn: true };
    expect(getnameinfo(scoped, options)).toEqual({ node: "fe80::1%lo", service: "9" });
  });

  test("dgram picks the datagram service's name", () => {
    const biff = { ...address, port: 512 };
    expect(getnameinfo(biff, { numerichost: true }).service).toBe("exec");
    expect(getnameinfo(biff, { numerichost: true, dgram: true }).service).toBe("biff");
  });

  test("fails with an AddrInfoError", () => {
    const families = { family: "packet", data: new Uint8Array(18) } as const;
    expect(() => getnameinfo(families)).toThrow(
      expect.objectContaining({ code: "EAI_FAMILY", syscall: "getnameinfo" }),
    );
    expect(() => getnameinfo({ family: "inet", data: new Uint8Array(2) })).toThrow(AddrInfoError);
  });

  test("refuses wrong options", () => {
    expect(() => getnameinfo(address, { passive: true } as never)).toThrow(TypeError);
    expect(() => getnameinfo(address, { dgram: 1 } as never)).toThrow(TypeError);
    expect(() => getnameinfo("127.0.0.1" as never)).toThrow(TypeError);
  });
});

test("many lookups at once all end, and no descriptor is left", async () => {
  await resolve({ node: "localhost" });
  await Bun.sleep(20);
  const before = openDescriptors();
  const lists = await Promise.all(
    Array.from({ length: 300 }, (_, port) => resolve({ node: "localhost", service: port })),
  );
  lists.forEach(([first], port) => {
    expect(first?.address.port).toBe(port);
  });
  // The threads have their ends to close.
  expect(await settledDescriptors(before)).toBeLessThanOrEqual(before + ENGINE_HANDLES);
});

/** A namespace whose name server never answers: one of its own is asked 1 s, once. */
class SlowResolver implements Disposable {
  readonly namespace = new Namespace();
  readonly #directory = `/etc/netns/${this.namespace.name}`;

  constructor() {
    mkdirSync(this.#directory, { recursive: true });
    const options = "options timeout:1 attempts:1";
    writeFileSync(`${this.#directory}/resolv.conf`, `nameserver 127.0.0.1\n${options}\n`);
    writeFileSync(`${this.#directory}/nsswitch.conf`, "hosts: dns\n");
  }

  /** Runs `script` inside, a server beside it that reads questions and never answers. */
  async run(script: string): Promise<Peer> {
    const server =
      "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); " +
      's.bind(("127.0.0.1", 53)); print("ready")\nwhile True: s.recv(999)';
    const python = this.namespace.command("python3", "-u", "-c", server);
    this.#server = new Peer(python);
    await this.#server.line();
    return new Peer(this.namespace.command(process.execPath, "-e", script));
  }

  #server: Peer | undefined;

  async end(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
  }

  [Symbol.dispose](): void {
    this.namespace[Symbol.dispose]();
    removeDirectory(this.#directory);
  }
}

testWith(namespaces, python)("a slow resolver does not delay a 20 ms timer", async () => {
  using slow = new SlowResolver();
  await using peer = await slow.run(`
    const { resolve } = await import(${INDEX});
    let ticks = 0, last = performance.now(), longest = 0;
    const timer = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
      ticks++;
    }, 20);
    const start = performance.now();
    const codes = await Promise.all(Array.from({ length: 4 }, (_, n) =>
      resolve({ node: "slow" + n + ".example" }).then(() => "resolved", ({ code }) => code)));
    const took = performance.now() - start;
    clearInterval(timer);
    console.log(JSON.stringify({ codes, took, ticks, longest }));
  `);
  const { codes, took, ticks, longest } = JSON.parse(await peer.line());
  expect(codes).toEqual(Array(4).fill("EAI_AGAIN"));
  expect(took).toBeGreaterThan(900);
  expect(ticks).toBeGreaterThan(((took / 20) * 0.6) / patience);
  // The first call loads code.
  expect(longest).toBeLessThan(200 * patience);
  await slow.end();
});

testWith(namespaces, python)("a pending lookup keeps the process alive, exit ends it", async () => {
  using slow = new SlowResolver();
  await using natural = await slow.run(`
    const { resolve } = await import(${INDEX});
    resolve({ node: "slow.example" }).catch(({ code }) => console.log(code));
  `);
  expect(await natural.line()).toBe("EAI_AGAIN");
  expect(await natural.end()).toBe(0);
  const exiting = run(
    ...slow.namespace.command(
      process.execPath,
      "-e",
      `const { resolve } = await import(${INDEX});
      for (let n = 0; n < 20; n++) resolve({ node: "slow.example" });
      const start = performance.now();
      setTimeout(() => { console.log("left"); process.exit(); }, 50);`,
    ),
  );
  expect(exiting).toBe("left\n");
  await slow.end();
});

testWith(namespaces, python)("a Worker may be terminated while its lookups run", async () => {
  using slow = new SlowResolver();
  await using peer = await slow.run(`
    const source = 'const { resolve } = await import(${INDEX});' +
      'for (let n = 0; n < 20; n++) resolve({ node: "slow.example" }).catch(String);' +
      'postMessage("started")';
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const { readdirSync } = await import("node:fs");
    const descriptors = () => readdirSync("/proc/self/fd").length;
    const before = descriptors();
    for (let round = 0; round < 5; round++) {
      const worker = new Worker(url);
      await new Promise((started) => { worker.onmessage = started; });
      worker.terminate();
    }
    await Bun.sleep(1500);
    console.log(descriptors() - before);
  `);
  // Fewer than one for each of the 80 lookups that had started.
  expect(Number(await peer.line())).toBeLessThan(5);
  expect(await peer.end()).toBe(0);
  await slow.end();
});

testWith(namespaces, python)(
  "a signal and a timeout end a lookup, and the next ones go on",
  async () => {
    using slow = new SlowResolver();
    await using peer = await slow.run(`
    const { resolve, SocketError } = await import(${INDEX});
    const slow = { node: "slow.example" };
    const seen = (promise) => promise.then(() => "resolved", (error) => [
      error instanceof SocketError, error.code, error.timeout, error.message]);
    const start = performance.now();
    const late = await seen(resolve(slow, { timeout: 30 }));
    const reason = new Error("enough");
    const aborted = await resolve(slow, { signal: AbortSignal.abort(reason) }).catch((e) => e);
    const controller = new AbortController();
    const pending = resolve(slow, { signal: controller.signal }).catch((e) => e);
    setTimeout(() => controller.abort(reason), 20);
    const stopped = await pending;
    const quick = performance.now() - start < ${800 * patience};
    // As many as may run at once: given up, they still run, and what is asked next waits for them.
    const crowd = await Promise.all(Array.from({ length: 20 }, () => seen(resolve(slow, { timeout: 5 }))));
    const [next] = await resolve({ node: "127.0.0.1" });
    console.log(JSON.stringify([late, aborted === reason, stopped === reason, quick,
      new Set(crowd.map((line) => line[1])).size, next.address.address]));
  `);
    expect(JSON.parse(await peer.line())).toEqual([
      [true, "ETIMEDOUT", 30, "getaddrinfo ETIMEDOUT slow.example: no result within 30 ms"],
      true,
      true,
      true,
      1,
      "127.0.0.1",
    ]);
    expect(await peer.end()).toBe(0);
    await slow.end();
  },
);

test("the service of a Unix domain socket is its path, of any length", () => {
  const path = `/${"x".repeat(106)}`;
  const call = () => getnameinfo({ family: "unix", path });
  // POSIX leaves the family to the C library.
  if (musl || WINDOWS) expect(call).toThrow(expect.objectContaining({ code: "EAI_FAMILY" }));
  else expect(call().service).toBe(path);
});

// What is refused before anything happens, and what the system refuses.

import { describe, expect, test } from "bun:test";
import { BpfError } from "../../src/bpf/index.ts";
import { type CaptureOptions, capture } from "../../src/capture/index.ts";
import { SocketError } from "../../src/index.ts";
import { openDescriptors } from "../support/descriptors.ts";
import { Namespace, VethPair } from "../support/namespace.ts";
import { bun, end, unprivileged } from "../support/program.ts";
import { capability, namespaces, setpriv, testWith } from "../support/requirements.ts";
import { Sender, udp } from "./support/traffic.ts";

const raw = capability("net_raw");
const entry = JSON.stringify(`${import.meta.dir}/../../src/capture/index.ts`);

/** Runs a script that has the entry point's functions. */
const script = (text: string) => bun(`import { capture } from ${entry};\n${text}`);

describe("options", () => {
  const refused: readonly (readonly [object, RegExp])[] = [
    [{ interface: "lo", snaplength: 3 }, /^TypeError: unknown option "snaplength"/],
    [{}, /^TypeError: interface must be a name, an index or "any", not undefined/],
    [{ interface: "" }, /^TypeError: interface must not be empty/],
    [{ interface: 0 }, /^RangeError: interface must be an integer from 1/],
    [{ interface: "l\0o" }, /^TypeError: interface must not contain a NUL/],
    [{ interface: "lo", snaplen: 0 }, /^RangeError: snaplen/],
    [{ interface: "lo", snaplen: "9" }, /^TypeError: snaplen must be a number/],
    [{ interface: "lo", promiscuous: 1 }, /^TypeError: promiscuous must be a boolean/],
    [{ interface: "any", promiscuous: true }, /^TypeError: promiscuous is for an interface/],
    [{ interface: "lo", direction: "inn" }, /^TypeError: unknown direction "inn"; did you mean in/],
    [{ interface: "lo", ring: 5 }, /^TypeError: ring must be an object/],
    [{ interface: "lo", ring: { size: 5 } }, /^TypeError: unknown option "size"/],
    [{ interface: "lo", ring: { blockSize: 5000 } }, /^RangeError: ring.blockSize must be a mult/],
    [{ interface: "lo", ring: { blocks: 0 } }, /^RangeError: ring.blocks/],
    [{ interface: "lo", ring: { blocks: 4096 } }, /^RangeError: ring: 4096 blocks/],
    [{ interface: "lo", timeout: -1 }, /^RangeError: timeout/],
    [{ interface: "lo", timestamps: "gps" }, /^TypeError: unknown timestamps "gps"/],
    [{ interface: "any", timestamps: "hardware" }, /^TypeError: timestamps: "hardware" is for/],
    [{ interface: "lo", fanout: 3 }, /^TypeError: fanout must be an object/],
    [{ interface: "lo", fanout: { group: 1, mode: "hsh" } }, /^TypeError: unknown mode "hsh"/],
    [{ interface: "lo", fanout: { group: 99999 } }, /^RangeError: group/],
    [{ interface: "lo", signal: {} }, /^TypeError: signal must be an AbortSignal/],
    [{ interface: "lo", filter: 5 }, /^TypeError: filter must be an expression or a program/],
    [
      { interface: "lo", filter: [{ code: 6, jt: 0, jf: 0, k: -1 }] },
      /^RangeError: program\[0\].k/,
    ],
    [{ interface: "lo", filter: [] }, /^BpfError: a program needs an instruction/],
  ];
  for (const [options, message] of refused) {
    test(`${JSON.stringify(options)} is refused`, () => {
      let told = "nothing";
      try {
        capture(options as CaptureOptions).close();
      } catch (error) {
        told = String(error);
      }
      expect(told).toMatch(message);
    });
  }

  testWith(raw)("a mistake in an expression is told with its place", () => {
    const before = openDescriptors();
    try {
      capture({ interface: "lo", filter: "udp prt 9" }).close();
      throw new Error("it was taken");
    } catch (error) {
      expect(error).toBeInstanceOf(BpfError);
      expect((error as BpfError).position).toBe(4);
    }
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });
});

/** What a capture is refused with. */
function refusal(options: CaptureOptions): SocketError {
  try {
    capture(options).close();
  } catch (error) {
    if (error instanceof SocketError) return error;
    throw error;
  }
  throw new Error("it was opened");
}

describe("the system", () => {
  testWith(raw)("an interface that is not there is named, and those that are", () => {
    const { code, message } = refusal({ interface: "loo" });
    expect(code).toBe("ENODEV");
    expect(message).toMatch(/ ENODEV loo: .* \(there are (\S+, )*lo,( \S+,)* any\)$/);
    expect(refusal({ interface: "a-name-that-is-much-too-long" }).code).toBe("ENODEV");
    expect(refusal({ interface: 987654 }).message).toContain("987654");
  });

  testWith(raw)("a card without a clock is told of", () => {
    const { code, message } = refusal({ interface: "lo", timestamps: "hardware" });
    expect(code).toBe("EOPNOTSUPP");
    expect(message).toContain('timestamps: "software"');
  });

  testWith(setpriv)("without the privilege, how to get it is told", async () => {
    const { stdout } = await end(
      unprivileged(
        script(
          `try { capture({ interface: "lo" }); } catch (error) { console.log(String(error)); }`,
        ),
      ),
      { HOME: "/tmp" },
    );
    expect(stdout).toMatch(/^SocketError: socket EPERM: .*CAP_NET_RAW: run with sudo/);
  });

  testWith(raw)("with no descriptor left it says so", async () => {
    const { stdout } = await end([
      "sh",
      "-c",
      'ulimit -n 60 && exec "$@"',
      "sh",
      ...script(`
        const kept = [];
        try { for (;;) kept.push(capture({ interface: "lo", ring: { blockSize: 4096, blocks: 2 } })); }
        catch ({ name, code, syscall }) { console.log(name, code, syscall); }
        for (const one of kept) one.close();
        capture({ interface: "lo" }).close();
        console.log(kept.length > 10);
      `),
    ]);
    expect(stdout).toBe("SocketError EMFILE socket\ntrue\n");
  });

  testWith(raw)("where memory is short the ring is smaller, unless its size was told", async () => {
    const { stdout, stderr } = await end(
      script(`
        const { dlopen } = await import("bun:ffi");
        const { readFileSync } = await import("node:fs");
        const { symbols } = dlopen("libc.so.6", {
          setrlimit: { args: ["i32", "buffer"], returns: "i32" } });
        const mapped = () => [...readFileSync("/proc/self/maps", "utf8").matchAll(/^(\\w+)-(\\w+) .*socket:/gm)]
          .reduce((sum, [, from, to]) => sum + Number(BigInt("0x" + to) - BigInt("0x" + from)), 0);
        capture({ interface: "lo" }).close();
        const size = Number(/^VmSize:\\s+(\\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
        // RLIMIT_AS: the ring's memory is address space as well.
        const limit = BigInt(size + 24 * 2 ** 20);
        symbols.setrlimit(9, new BigUint64Array([limit, limit]));
        const own = capture({ interface: "lo" });
        console.log(mapped() >= 2 ** 19 && mapped() <= 2 ** 24);
        own.close();
        try { capture({ interface: "lo", ring: { blocks: 64 } }); }
        catch ({ code, message }) { console.log(code, message.includes("64 blocks")); }
        console.log(mapped());
      `),
    );
    expect([stdout, stderr]).toEqual(["true\nENOMEM true\n0\n", ""]);
  });
});

describe("an interface", () => {
  testWith(namespaces)("that is down cannot be captured from", () => {
    using namespace = new Namespace();
    namespace.ip("link", "set", "lo", "down");
    const { code, message } = refusal({ interface: "lo", namespace: namespace.name });
    expect(code).toBe("ENETDOWN");
    expect(message).toContain("ip link set lo up");
  });

  for (const [how, code, words] of [
    ["goes down", "ENETDOWN", ["link", "set", "veth0", "down"]],
    ["goes away", "ENODEV", ["link", "del", "veth0"]],
  ] as const) {
    testWith(namespaces)(`that ${how} ends the capture, after what was captured`, async () => {
      using pair = new VethPair();
      using sender = new Sender(pair.a.name, "veth0");
      using own = capture({
        interface: "veth0",
        namespace: pair.b.name,
        filter: "udp",
        timeout: 50,
      });
      using all = capture({ interface: "any", namespace: pair.b.name, filter: "udp" });
      await sender.send(udp(1), udp(2));
      const seen: (number | undefined)[] = [];
      const loop = (async () => {
        for await (const { data } of own) seen.push(data[37]);
      })();
      pair.b.ip(...words);
      await expect(loop).rejects.toMatchObject({ code });
      expect(seen).toEqual([1, 2]);
      await expect(own.next()).rejects.toMatchObject({ code });
      expect(own.closed).toBe(false);
      expect(own.statistics().received).toBe(2);
      // Others may come to "any".
      expect((await all.next())?.length).toBe(udp(1).length + 6);
      expect((await all.next())?.direction).toBe("in");
      await expect(all.next({ timeout: 50 })).rejects.toMatchObject({ code: "ETIMEDOUT" });
    });
  }

  testWith(namespaces)(
    "whose namespace is deleted goes away with the last who uses it",
    async () => {
      const pair = new VethPair();
      using own = capture({ interface: "veth0", namespace: pair.b.name, filter: "udp" });
      using sender = new Sender(pair.a.name, "veth0");
      pair.b[Symbol.dispose]();
      await sender.send(udp(1));
      expect((await own.next())?.data[37]).toBe(1);
      // The other end has users, too: its removal takes both.
      pair.a.ip("link", "del", "veth0");
      await expect(own.next()).rejects.toMatchObject({ code: "ENODEV" });
      pair.a[Symbol.dispose]();
    },
  );
});

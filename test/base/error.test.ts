import { expect, test } from "bun:test";
import { ERRNO, SocketError } from "../../src/index.ts";
import { bun, end, unprivileged } from "../support/program.ts";
import { setpriv, testWith } from "../support/requirements.ts";

/** Runs a script that ends in an error without any privilege, and returns its message. */
async function refusal(call: string): Promise<string> {
  const script = `try { ${call} } catch (error) { console.log(error.code, error.message) }`;
  const { stdout, stderr } = await end(unprivileged(bun(script)), { HOME: "/tmp" });
  return stdout + stderr;
}

test("an error has the symbolic name, the number, the call and strerror's text", () => {
  const error = new SocketError(ERRNO.EPIPE, "send", { fd: 7 });
  expect(error).toBeInstanceOf(Error);
  expect(error.name).toBe("SocketError");
  expect(error).toMatchObject({ code: "EPIPE", errno: 32, syscall: "send", fd: 7 });
  expect(error.message).toBe("send EPIPE: Broken pipe");
  expect(error.address).toBeUndefined();
});

test("every number of this platform has its name", () => {
  for (const [name, number] of Object.entries(ERRNO) as [string, number][]) {
    const { code } = new SocketError(number, "x");
    expect(ERRNO[code]).toBe(number);
    expect(code).toStartWith("E");
    expect(name).toStartWith("E");
  }
  expect(new SocketError(11, "x").code).toBe("EAGAIN");
  expect(new SocketError(9999, "x").code).toBe("E9999");
});

testWith(setpriv)("without privilege a raw socket names CAP_NET_RAW", async () => {
  for (const call of [
    "rawsock.socket('inet', 'raw', 'icmp')",
    "rawsock.socket('packet', 'dgram', 'all')",
    "rawsock.socket('inet6', 'raw', 'icmpv6')",
  ]) {
    const text = await refusal(call);
    expect(text).toStartWith("EPERM socket EPERM: Operation not permitted (");
    expect(text).toContain("CAP_NET_RAW");
    expect(text).toContain("setcap");
    expect(text).toContain("sudo");
  }
});

testWith(setpriv)("a ping socket that is not allowed names the sysctl", async () => {
  const text = await refusal("rawsock.socket('inet', 'dgram', 'icmp')");
  expect(text).toStartWith("EACCES socket EACCES: Permission denied (");
  expect(text).toContain("net.ipv4.ping_group_range");
});

testWith(setpriv)("without privilege a low port is refused plainly", async () => {
  const text = await refusal(
    "rawsock.bind(rawsock.socket('inet', 'stream'), { family: 'inet', address: '127.0.0.1', port: 80 })",
  );
  expect(text).toMatch(/^EACCES bind EACCES 127.0.0.1:80: Permission denied/);
});

test("where no descriptor is left, EMFILE", async () => {
  const script = `
    const open = [];
    try { for (;;) open.push(rawsock.socket("unix", "dgram")); } catch (error) {
      console.log(error.message, open.length > 10);
      for (const fd of open) rawsock.close(fd);
      rawsock.close(rawsock.socket("unix", "dgram"));
      try {
        const kept = [];
        for (;;) kept.push(...rawsock.socketpair("unix", "dgram"));
      } catch (second) { console.log(second.code, second.syscall); }
    }`;
  const { stdout } = await end(["sh", "-c", 'ulimit -n 64; exec "$@"', "sh", ...bun(script)]);
  const text = "Too many open files|No file descriptors available"; // glibc, musl
  expect(stdout).toMatch(new RegExp(`^socket EMFILE: (${text}) true\\nEMFILE socketpair\\n$`));
});

import { expect, test } from "bun:test";
import { join } from "node:path";
import { bun, end } from "../support/program.ts";
import { python, testWith } from "../support/requirements.ts";

const root = join(import.meta.dir, "../..");

test.skipIf(process.env.RAWSOCK_READINESS === "thread")(
  "the thread that stands in for kernel AIO passes the same tests",
  async () => {
    const files = ["waiting", "messages", "load", "lifetime"].map((name) => `socket/${name}`);
    const { exitCode, stderr } = await end(
      [
        process.execPath,
        "test",
        "--timeout=60000",
        ...["socket", ...files].map((name) => join(root, `test/${name}.test.ts`)),
      ],
      { RAWSOCK_READINESS: "thread" },
    );
    expect(stderr).toContain(" 0 fail");
    expect(exitCode).toBe(0);
  },
  180_000,
);

/** Runs a command in which io_setup(2) fails with EPERM: seccomp(2). */
const REFUSE = `
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
io_setup = 206 if os.uname().machine == "x86_64" else 0
program = b"".join(struct.pack("HBBI", *line) for line in (
    (0x20, 0, 0, 0), (0x15, 0, 1, io_setup), (0x06, 0, 0, 0x50001), (0x06, 0, 0, 0x7fff0000)))
buffer = ctypes.create_string_buffer(program)
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
filter = Program(4, ctypes.addressof(buffer))
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(filter), 0, 0) == 0
os.execvp(sys.argv[1], sys.argv[1:])
`;

testWith(python)("where io_setup is refused the thread takes over by itself", async () => {
  const { stdout, stderr } = await end([
    "python3",
    "-c",
    REFUSE,
    "timeout",
    "5",
    ...bun(`
      const { isThreaded } = await import(${JSON.stringify(join(root, "src/readiness/source.ts"))});
      const [a, b] = rawsock.Socket.pair();
      const waiting = b.recv(new Uint8Array(8));
      setTimeout(() => a.send(new Uint8Array(3)), 20);
      console.log(await waiting, isThreaded());
      a.close();
      b.close();`),
  ]);
  expect([stdout, stderr]).toEqual(["3 true\n", ""]);
});

test("kernel AIO is used where the kernel grants it", async () => {
  const { stdout } = await end(
    bun(`
      const { isThreaded } = await import(${JSON.stringify(join(root, "src/readiness/source.ts"))});
      console.log(isThreaded());`),
    { RAWSOCK_READINESS: undefined },
  );
  expect(stdout).toBe("false\n");
});

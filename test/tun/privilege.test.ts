// Without the privilege, the device file or the permission there is one clear error.

import { expect } from "bun:test";
import { join } from "node:path";
import { Tun } from "../../src/tun/index.ts";
import { Namespace } from "../support/namespace.ts";
import { end, NOBODY, unprivileged } from "../support/program.ts";
import { program, setpriv, testWith, tun as tunDevice } from "../support/requirements.ts";

const entry = JSON.stringify(join(import.meta.dir, "../../src/tun/index.ts"));
const unshare = program("unshare", "util-linux");

/** Opens a device by its words; prints its name, or the message of the error. */
function opening(options: object): string[] {
  const script = `import { Tun } from ${entry};
    try { using tun = Tun.open(${JSON.stringify(options)}); console.log(tun.name); }
    catch (error) { console.log(error.code, error.message); }`;
  return [process.execPath, "-e", script];
}

/** Runs a command with a /dev/net of its own, as a shell makes it. */
async function withDevice(
  namespace: Namespace,
  device: string,
  command: readonly string[],
): Promise<string> {
  const script = `mount -t tmpfs none /dev/net && chmod 755 /dev/net && ${device} && exec "$@"`;
  const own = ["unshare", "-m", "sh", "-c", script, "sh", ...command];
  const { stdout, stderr } = await end(namespace.command(...own));
  expect(stderr).toBe("");
  return stdout.trim();
}

const FOR_ALL = "mknod /dev/net/tun c 10 200 && chmod 666 /dev/net/tun";

testWith(
  tunDevice,
  setpriv,
  unshare,
)("the refusals of a device file name their cure", async () => {
  using namespace = new Namespace();
  const nobody = unprivileged(opening({ name: "mine" }));
  expect(await withDevice(namespace, "true", opening({}))).toMatch(
    /^ENOENT open ENOENT \/dev\/net\/tun: .*sudo modprobe tun/,
  );
  expect(await withDevice(namespace, "mknod -m 600 /dev/net/tun c 10 200", nobody)).toMatch(
    /^EACCES open EACCES \/dev\/net\/tun: .*this user may not open it/,
  );
  expect(await withDevice(namespace, FOR_ALL, nobody)).toMatch(
    /^EPERM ioctl TUNSETIFF EPERM mine: .*needs CAP_NET_ADMIN: run with sudo/,
  );
  const elsewhere = unprivileged(opening({ namespace: namespace.name }));
  expect(await withDevice(namespace, FOR_ALL, elsewhere)).toMatch(
    /^EPERM setns EPERM .*CAP_SYS_ADMIN/,
  );
});

testWith(
  tunDevice,
  setpriv,
  unshare,
)("the owner, and who is of the group, may open a persistent device, and nobody else", async () => {
  using namespace = new Namespace();
  const open = (name: string) => withDevice(namespace, FOR_ALL, unprivileged(opening({ name })));
  const make = (name: string) => Tun.open({ namespace: namespace.name, name, persist: true });
  make("owned").setOwner(NOBODY).close();
  make("grouped").setGroup(NOBODY).close();
  make("others").setOwner(1).close();
  make("nobodys").close();
  expect(await open("owned")).toBe("owned");
  expect(await open("grouped")).toBe("grouped");
  expect(await open("others")).toStartWith("EPERM");
  // Without an owner it is anybody's to some kernels (6.18), and nobody's to others (6.12).
  expect(await open("nobodys")).toMatch(/^(nobodys$|EPERM )/);
  const listing = namespace.ip("-d", "link", "show", "dev", "owned");
  expect(listing).toContain(`user ${NOBODY === 65534 ? "nobody" : NOBODY}`);
});

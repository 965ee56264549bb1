// Tests that need privileges or an outside program: where it is missing they are reported as
// skipped, and their name says how to get it.

import { test } from "bun:test";

export type Requirement = { readonly met: boolean; readonly remedy: string };

/** The superuser, who may make network namespaces and raw sockets. */
export const root: Requirement = {
  met: process.getuid?.() === 0 && process.platform === "linux",
  remedy: "run as root on Linux: sudo npm test",
};

/** A program on the PATH, from Debian's package of that name unless told. */
export function program(name: string, debianPackage: string = name): Requirement {
  const remedy = `install ${name}: apt-get install ${debianPackage}`;
  return { met: Bun.which(name) !== null, remedy };
}

export const python: Requirement = program("python3");
export const ip: Requirement = program("ip", "iproute2");

/** The first call of the zig compiler on a new machine takes longer than bun test's 5 seconds. */
const TIMEOUT = 120_000;

/** `test` where everything is there, else a test that is reported as skipped, with the remedy. */
export function testWith(...requirements: readonly Requirement[]) {
  const missing = requirements.filter(({ met }) => !met);
  const remedies = missing.map(({ remedy }) => remedy).join("; ");
  return (name: string, body: () => unknown, timeout = TIMEOUT): void => {
    const title = missing.length === 0 ? name : `${name} [skipped: ${remedies}]`;
    test.skipIf(missing.length > 0)(title, body as () => Promise<void>, timeout);
  };
}

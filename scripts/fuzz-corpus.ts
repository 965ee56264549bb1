// The inputs of the fuzzing harnesses, test/fuzz/corpus, and how the drivers read them.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A folder for each harness, in it a file for each input. */
export const corpora = join(import.meta.dir, "../test/fuzz/corpus");

/** The modules of test/fuzz/native that have inputs. */
export const NATIVE = ["control", "frame", "names", "netlink", "ring", "sockaddr", "transfer"];

/** The inputs of a directory, the shortest first. */
export function inputsIn(directory: string): Uint8Array[] {
  if (!existsSync(directory)) return [];
  const files = readdirSync(directory).sort();
  const inputs = files.map((name) => new Uint8Array(readFileSync(join(directory, name))));
  return inputs.sort((one, other) => one.length - other.length);
}

/** As the drivers read them: each after its length. */
export function packed(inputs: readonly Uint8Array[]): Uint8Array {
  const parts = inputs.flatMap((input) => {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, input.length, true);
    return [length, input];
  });
  return new Uint8Array(Buffer.concat(parts));
}

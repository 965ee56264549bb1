// Files of any size in the same memory. Each runs in a process of its own, which has nothing else.

import { expect } from "bun:test";
import { join } from "node:path";
import { end } from "../../support/program.ts";
import { program, testWith } from "../../support/requirements.ts";
import { Folder } from "./support.ts";

/** RAWSOCK_TEST_MEGABYTES=10000 for more than a test run should take. */
const MEGABYTES = Number(process.env.RAWSOCK_TEST_MEGABYTES ?? 100);
/** What the collector may leave lying about, in MiB. */
const GROWTH_MAX = 64;

/** A file of that many megabytes is never there: its packets are made as they are read. */
const SCRIPT = `
import { PcapngWriter, readPackets } from ${JSON.stringify(
  join(import.meta.dir, "../../../src/capture/file/index.ts"),
)};
const [how, target] = process.argv.slice(1);
const data = crypto.getRandomValues(new Uint8Array(1000));
const packet = (number) =>
  ({ data, length: 1000, timestamp: BigInt(number), interface: number % 3, link: "ethernet" });
const COUNT = ${MEGABYTES} * 1000;

/** A stream of a file. */
function generated() {
  const chunks = [];
  const writer = PcapngWriter.create({ write: (bytes) => void chunks.push(bytes) });
  let number = 0;
  return new ReadableStream({
    async pull(controller) {
      while (chunks.length === 0) {
        if (number === COUNT) {
          await writer.close();
          for (const chunk of chunks) controller.enqueue(chunk);
          return controller.close();
        }
        await writer.write(packet(number++));
      }
      controller.enqueue(chunks.shift());
    },
  }, { highWaterMark: 0 });
}

let [first, most, count] = [0, 0, 0];
/** Beyond the first tenth, which is for warming up. */
function look(step) {
  count += step;
  if (count < COUNT / 10) return;
  const rss = process.memoryUsage.rss();
  if (first === 0) first = rss;
  most = Math.max(most, rss);
}

if (how === "packets") {
  let number = 0;
  for await (const { data } of readPackets(generated())) {
    if (data.length === 1000 && ++number % 1000 === 0) look(1000);
  }
} else if (how === "batches") {
  for await (const batch of readPackets(target ?? generated()).batches()) look(batch.length);
} else {
  const rotate = how === "rotate" ? { size: 20_000_000, count: 2 } : undefined;
  const writer = PcapngWriter.create(target, { rotate });
  for (let number = 0; number < COUNT; number++) {
    const behind = writer.write(packet(number));
    if (behind !== undefined) await behind;
    if (number % 1000 === 999) look(1000);
  }
  await writer.close();
}
const grown = (most - first) / 2 ** 20;
if (how !== "write" || target !== "-") console.log(count === COUNT, grown < ${GROWTH_MAX}, grown < ${GROWTH_MAX} ? "" : grown);
`;

function script(...words: string[]): string[] {
  return [process.execPath, "-e", SCRIPT, ...words];
}

const TIMEOUT = 60_000 + MEGABYTES * 200;

async function flat(command: string[]): Promise<void> {
  const { stdout, stderr } = await end(command);
  expect(stderr).toBe("");
  expect(stdout.trim()).toBe("true true");
}

testWith()("a stream, packet by packet", () => flat(script("packets")), TIMEOUT);
testWith()("a stream, in batches", () => flat(script("batches")), TIMEOUT);
testWith()("writing to a device", () => flat(script("write", "/dev/null")), TIMEOUT);

testWith()(
  "writing files that rotate",
  async () => {
    using folder = new Folder();
    await flat(script("rotate", folder.at("trace.pcapng")));
  },
  TIMEOUT,
);

for (const tool of ["gzip", "zstd"]) {
  testWith(program(tool))(
    `what ${tool} packs into a pipe`,
    async () => {
      const pipe = `"$@" write - | ${tool} -1 -c | "$@" batches -`;
      await flat(["sh", "-c", pipe, "sh", ...script()]);
    },
    TIMEOUT,
  );
}

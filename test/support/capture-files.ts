// A call of everything public of capture files, as test/support/calls.ts has them for the rest.
// None needs a descriptor.

import { gzipSync } from "node:zlib";
import type * as files from "../../src/capture/file/index.ts";

type Api = typeof files;

const PACKET = {
  data: new Uint8Array(60),
  length: 60,
  timestamp: 1_700_000_000_123_456_789n,
  interface: 0,
  link: "ethernet",
} as const;
const FRESH = { write: () => undefined };

/** A file that was written, packed. */
async function written(api: Api): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const writer = api.PcapngWriter.create({ write: (bytes) => chunks.push(bytes) });
  await writer.write(PACKET);
  await writer.writeAll([PACKET]);
  await writer.flush();
  await writer.close();
  return gzipSync(Buffer.concat(chunks));
}

export const captureFileCalls: Readonly<Record<string, (api: Api) => unknown>> = {
  readPackets: async (api) => {
    let count = 0;
    for await (const _ of api.readPackets(await written(api))) count++;
    for await (const batch of api.readPackets(await written(api)).batches()) count += batch.length;
    if (count !== 4) throw new Error(`${count} packets`);
  },
  "new CaptureFileError": (api) => new api.CaptureFileError("a message", 7),
  "new PcapWriter": (api) => Reflect.construct(api.PcapWriter, []),
  "PcapWriter.create": (api) => api.PcapWriter.create(FRESH).close(),
  "new PcapngWriter": (api) => Reflect.construct(api.PcapngWriter, []),
  "PcapngWriter.create": (api) => api.PcapngWriter.create(FRESH).close(),
  "PcapngWriter#writeStatistics": (api) =>
    api.PcapngWriter.create(FRESH).writeStatistics({ received: 1 }),
  "PcapngWriter#writeNames": (api) =>
    api.PcapngWriter.create(FRESH).writeNames({ "192.0.2.1": "host.example", "::1": "localhost" }),
  "PcapngWriter#writeSecrets": (api) =>
    api.PcapngWriter.create(FRESH).writeSecrets({ type: 1, data: Uint8Array.of(1) }),
  "PcapngWriter#writeCustom": (api) =>
    api.PcapngWriter.create(FRESH).writeCustom({
      enterprise: 1,
      copyable: true,
      data: Uint8Array.of(1),
    }),
};

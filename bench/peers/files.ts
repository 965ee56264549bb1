// Reads a capture file to its end, or copies it: bun bench/peers/files.ts read|packets|copy from to

import { PcapngWriter, PcapWriter, readPackets } from "../../src/capture/file/index.ts";

const [how, from = "", to = ""] = process.argv.slice(2);
const reader = readPackets(from);
if (how === "packets") {
  for await (const { data } of reader) if (data.length === 0) throw new Error("no bytes");
} else if (how === "read") {
  for await (const packets of reader.batches()) if (packets.length === 0) throw new Error("none");
} else {
  const writer = (how === "pcap" ? PcapWriter : PcapngWriter).create(to);
  for await (const packets of reader.batches()) {
    for (const packet of packets) {
      const behind = writer.write(packet);
      if (behind !== undefined) await behind;
    }
  }
  await writer.close();
}

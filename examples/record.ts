// Records an interface in files that take turns, each readable by itself and of 10 MB at most, the
// last five kept: bun examples/record.ts eth0 trace.pcapng udp port 53
import { type Capture, capture, PcapngWriter } from "rawsock/capture";

/** Writes what is captured until the capture is closed; how many packets it was. */
export async function record(source: Capture, writer: PcapngWriter): Promise<number> {
  let recorded = 0;
  try {
    for await (const packets of source.batches()) {
      // The writer copies: the packets' memory is used again after this step.
      await writer.writeAll(packets);
      recorded += packets.length;
    }
  } finally {
    await writer.writeStatistics(source.statistics());
    await writer.close();
  }
  return recorded;
}

if (import.meta.main) {
  const [name = "lo", path = "trace.pcapng", ...words] = process.argv.slice(2);
  const source = capture({ interface: name, filter: words.join(" "), promiscuous: name !== "any" });
  const writer = PcapngWriter.create(path, {
    link: source.link,
    rotate: { size: 10_000_000, count: 5 },
  });
  process.on("SIGINT", () => source.close());
  const recorded = await record(source, writer);
  const { received, dropped } = source.statistics();
  console.log(`${recorded} packets of ${received}, ${dropped} dropped by the kernel`);
}

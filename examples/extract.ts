// Of a capture file of any kind, what a filter in tcpdump's language lets through, as pcapng:
// bun examples/extract.ts trace.pcap.gz dns.pcapng udp port 53
import { BpfError, filter, type PacketFilter } from "rawsock/bpf";
import { CaptureFileError, type Link, PcapngWriter, readPackets } from "rawsock/capture";

/** Copies matching packets; how many there are, and of how many. */
export async function extract(from: string, to: string, expression: string) {
  // Interfaces of a file may differ in what packets begin with, and so do programs for them.
  const filters = new Map<Link, PacketFilter>();
  const filterFor = (link: Link) => {
    const made = filters.get(link) ?? filter(expression, { link });
    filters.set(link, made);
    return made;
  };
  filterFor("ethernet"); // A mistake is told before anything is opened.
  const reader = readPackets(from);
  let writer: PcapngWriter | undefined;
  let [matching, all] = [0, 0];
  try {
    for await (const packets of reader.batches()) {
      const { interfaces } = reader;
      writer ??= PcapngWriter.create(to, { interfaces, comment: `of ${from}: ${expression}` });
      all += packets.length;
      for (const packet of packets) {
        if (filterFor(packet.link)(packet.data, packet.length) === 0) continue;
        matching++;
        await writer.write(packet);
      }
    }
  } finally {
    await (writer ?? PcapngWriter.create(to)).close();
  }
  return { matching, all, truncated: reader.truncated };
}

if (import.meta.main) {
  const [from = "-", to = "-", ...words] = process.argv.slice(2);
  try {
    const { matching, all, truncated } = await extract(from, to, words.join(" "));
    console.error(`${matching} of ${all} packets${truncated ? "; the file is cut off" : ""}`);
  } catch (error) {
    if (!(error instanceof BpfError || error instanceof CaptureFileError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

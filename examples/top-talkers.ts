// Who sends most on an interface, in two seconds: bun examples/top-talkers.ts eth0 [seconds]
import { type Capture, capture } from "rawsock/capture";

/** What a sender sent: packets, and their bytes on the wire. */
type Sent = { packets: number; bytes: number };

/** The source of an Ethernet frame's IPv4 or IPv6 packet, read without taking it apart. */
export function sourceOf(frame: Uint8Array): string | undefined {
  const type = ((frame[12] ?? 0) << 8) | (frame[13] ?? 0);
  if (type === 0x0800 && frame.length >= 34) return frame.subarray(26, 30).join(".");
  if (type !== 0x86dd || frame.length < 54) return undefined;
  const groups = Array.from({ length: 8 }, (_, group) => {
    const at = 22 + group * 2;
    return (((frame[at] as number) << 8) | (frame[at + 1] as number)).toString(16);
  });
  return groups.join(":").replace(/(^|:)0(:0)+(:|$)/, "::");
}

/** Counts what is captured until `milliseconds` have passed. */
export async function count(source: Capture, milliseconds: number): Promise<Map<string, Sent>> {
  const senders = new Map<string, Sent>();
  setTimeout(() => source.close(), milliseconds);
  // Views into the ring: nothing is copied, however many packets there are.
  for await (const packets of source.batches()) {
    for (const { data, length } of packets) {
      const from = sourceOf(data);
      if (from === undefined) continue;
      const known = senders.get(from);
      if (known === undefined) senders.set(from, { packets: 1, bytes: length });
      else {
        known.packets++;
        known.bytes += length;
      }
    }
  }
  return senders;
}

/** The first of them, a line each. */
export function table(senders: ReadonlyMap<string, Sent>, most = 10): string[] {
  const sorted = [...senders].sort(([, one], [, other]) => other.bytes - one.bytes);
  return sorted.slice(0, most).map(([from, { packets, bytes }]) => {
    const figures = [`${packets} packets`.padStart(17), `${bytes} bytes`.padStart(18)];
    return from.padEnd(40) + figures.join("");
  });
}

if (import.meta.main) {
  const [name = "lo", seconds = "2"] = process.argv.slice(2);
  const source = capture({ interface: name, filter: "ip or ip6", snaplen: 64, direction: "in" });
  const senders = await count(source, Number(seconds) * 1000);
  console.log(table(senders).join("\n"));
  const { received, dropped } = source.statistics();
  console.log(`${received} packets, ${dropped} of them dropped`);
}

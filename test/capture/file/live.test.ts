// From a live capture into a file: in batches the packets are taken from the ring where they lie.

import { expect } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { capture, type PacketView, PcapngWriter, PcapWriter } from "../../../src/capture/index.ts";
import { VethPair } from "../../support/namespace.ts";
import { patience } from "../../support/patience.ts";
import { namespaces, testWith } from "../../support/requirements.ts";
import { Sender, udp } from "../support/traffic.ts";
import { Folder, readAll, tcpdump, tcpdumpPackets, tshark, tsharkFields } from "./support.ts";

const PLAIN = [0, 1, 2, 3, 60, 150, 151, 400, 1400].map((size) => udp(7, size));
const TAGGED = [...PLAIN, udp(7, 20, { kind: "vlan", id: 100 })];

testWith(
  namespaces,
  tshark,
  tcpdump,
)("what a batch has is written as its copies are", async () => {
  using pair = new VethPair();
  using folder = new Folder();
  using sender = new Sender(pair.a.name, "veth0");
  for (const name of ["veth0", "any"]) {
    const filter = name === "any" ? "udp port 7" : "udp port 7 or vlan";
    const sent = name === "any" ? PLAIN : TAGGED;
    using own = capture({ interface: name, namespace: pair.b.name, filter });
    const [ring, plain, classic] = ["ring", "plain", "classic"].map((one) => folder.at(one));
    const options = { link: own.link, interfaces: [{ name: "veth0" }] };
    const first = PcapngWriter.create(ring as string, options);
    const second = PcapngWriter.create(plain as string, options);
    const third = PcapWriter.create(classic as string, { link: own.link });
    await sender.send(...sent);
    let count = 0;
    for await (const batch of own.batches()) {
      for (const packet of batch) {
        await first.write(packet);
        await second.write(packet.copy());
        await third.write(packet);
      }
      count += batch.length;
      if (count >= sent.length) break;
    }
    for (const writer of [first, second]) writer.writeStatistics(own.statistics());
    for (const writer of [first, second, third]) await writer.close();
    const written = await Bun.file(ring as string).bytes();
    expect(Buffer.compare(written, await Bun.file(plain as string).bytes())).toBe(0);
    const { packets, reader } = await readAll(ring as string);
    expect(packets.length).toBe(sent.length);
    expect(reader.interfaces).toMatchObject([{ name: "veth0", link: own.link }]);
    expect(reader.statistics).toMatchObject([{ received: sent.length, dropped: 0 }]);
    const bytes = packets.map(({ data }) => Buffer.from(data).toString("hex"));
    if (name === "veth0")
      expect(bytes).toEqual(sent.map((frame) => Buffer.from(frame).toString("hex")));
    expect(tcpdumpPackets(ring as string)).toEqual(tcpdumpPackets(classic as string));
    const directions = tsharkFields(ring as string, "frame.packet_flags_direction").flat();
    expect(new Set(directions)).toEqual(new Set(["0x00000001"]));
  }
});

/** Enough for several portions, so that some packets are written together and some alone. */
const MANY = 12_000;
/** A block of the ring may be left with one packet in it: fewer unread packets than blocks fit. */
const RING = { blockSize: 1 << 16, blocks: 128 };
const UNREAD_MAX = 100;

testWith(namespaces)(
  "batches are written together as their copies are one by one",
  async () => {
    using pair = new VethPair();
    using folder = new Folder();
    using sender = new Sender(pair.a.name, "veth0");
    const frames = [...TAGGED, udp(7, 20, { kind: "vlan", id: 7 }, { kind: "vlan", id: 8 })];
    for (const name of ["veth0", "any"]) {
      const where = { interface: name, namespace: pair.b.name, ring: RING };
      using own = capture({ ...where, direction: "in" });
      const kinds = [
        (path: string) => PcapngWriter.create(path, { link: own.link }),
        (path: string) => PcapngWriter.create(path, { link: own.link, snaplen: 0 }),
        (path: string) => PcapWriter.create(path, { link: own.link }),
        (path: string) => PcapngWriter.create(path, { link: own.link, rotate: { size: 300_001 } }),
        (path: string) => PcapWriter.create(path, { link: own.link, rotate: { interval: 7 } }),
      ].map((make, number) => ({
        together: make(folder.at(`${name}-${number}-together`)),
        single: make(folder.at(`${name}-${number}-single`)),
        copies: make(folder.at(`${name}-${number}-copies`)),
      }));
      let count = 0;
      const sending = (async () => {
        for (let sent = 0; sent < MANY; sent += frames.length) {
          await sender.send(...frames);
          while (sent - count > UNREAD_MAX) await Bun.sleep(1);
        }
      })();
      for await (const batch of own.batches()) {
        const isFrame = ({ data }: { data: Uint8Array }) => data.length > 40;
        // Some of a batch are no less a list than all of them.
        const some =
          count % 3 === 0 ? batch : batch.filter((one, index) => index % 5 && isFrame(one));
        for (const { together, single, copies } of kinds) {
          const writing = together.writeAll(some);
          for (const packet of some) {
            const behind = [single.write(packet), copies.write(packet.copy())];
            for (const one of behind) await one;
          }
          await writing;
        }
        count += batch.length;
        if (count >= MANY) break;
      }
      await sending;
      for (const writers of kinds) for (const one of Object.values(writers)) await one.close();
      const written = (kind: string) =>
        readdirSync(folder.path)
          .filter((path) => path.startsWith(`${name}-`) && path.includes(kind))
          .sort()
          .map((path) => Bun.hash(readFileSync(folder.at(path))));
      expect(written("together")).toEqual(written("copies"));
      expect(written("single")).toEqual(written("copies"));
      expect(written("copies").length).toBeGreaterThan(8);
    }
  },
  60_000 * patience,
);

testWith(namespaces)("of those written together, one that is too long is refused", async () => {
  using pair = new VethPair();
  using folder = new Folder();
  using sender = new Sender(pair.a.name, "veth0");
  using own = capture({ interface: "veth0", namespace: pair.b.name, filter: "udp port 7" });
  for (const Writer of [PcapngWriter, PcapWriter]) {
    const path = folder.at(Writer.name);
    await using writer = Writer.create(path, { snaplen: 100 });
    const sent = [udp(7, 1), udp(7, 2), udp(7, 3), udp(7, 300), udp(7, 4)];
    await sender.send(...sent);
    const seen: PacketView[] = [];
    for await (const batch of own.batches()) {
      seen.push(...batch);
      if (seen.length === sent.length) break;
    }
    await expect(writer.writeAll(seen)).rejects.toThrow("more than the snaplen of 100");
    await writer.flush();
    const { packets } = await readAll(path);
    expect(packets.map(({ data }) => data.length)).toEqual([43, 44, 45]);
  }
});

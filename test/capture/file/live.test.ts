// From a live capture into a file: in batches the packets are taken from the ring where they lie.

import { expect } from "bun:test";
import { capture, PcapngWriter, PcapWriter } from "../../../src/capture/index.ts";
import { VethPair } from "../../support/namespace.ts";
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

import { describe, expect, test } from "bun:test";
import { build, dissect, format, type LayerInit, register } from "../../src/wire/index.ts";
import { program, testWith } from "../support/requirements.ts";
import { common, golden } from "./support/golden.ts";
import { Folder, pcap } from "./support/pcap.ts";

const ethernet: LayerInit = {
  kind: "ethernet",
  destination: "02:00:00:00:00:02",
  source: "02:00:00:00:00:01",
};
const ipv4: LayerInit = { kind: "ipv4", source: "192.0.2.1", destination: "198.51.100.7" };
const udp: LayerInit = { kind: "udp", sourcePort: 20_000, destinationPort: 30_000 };

/** Lines that are deliberately not tcpdump's: more in it, or less, or in better order. */
const OWN: Readonly<Record<string, string>> = {
  "ethernet, unknown type": "02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, ethertype 0x88b5, length 24",
  vlan: "vlan 7, p 3, IP 192.0.2.1.41234 > 198.51.100.7.33434: UDP, length 8",
  "stacked vlans":
    "vlan 100, p 1, vlan 7, p 0, IP 192.0.2.1.41234 > 198.51.100.7.33434: UDP, length 8",
  "ipv6, vlan, udp": "vlan 9, p 0, IP6 2001:db8::1.41234 > 2001:db8:0:1::7.33434: UDP, length 8",
  "spanning tree": "LLC, dsap 0x42, ssap 0x42, ctrl 0x03, length 35",
  "snap of a vendor": "SNAP, oui 0x00000c, pid 0x2000, length 3",
  "pppoe discovery": "PPPoE PADI, length 4",
  pppoe: "PPPoE [ses 0x1234] IP 192.0.2.1.41234 > 198.51.100.7.33434: UDP, length 8",
  "pppoe, ipv6": "PPPoE [ses 0x1234] IP6 2001:db8::1.41234 > 2001:db8:0:1::7.33434: UDP, length 8",
  "udp-lite": "IP 192.0.2.1.41234 > 198.51.100.7.33434: UDP-Lite, length 8",
  "ipv4, first fragment": "IP 192.0.2.1.1 > 198.51.100.7.2: UDP, length 100 (frag 4321:64@0+)",
  "ipv4, last fragment": "IP 192.0.2.1 > 198.51.100.7: udp (frag 4321:44@64)",
  "igmp, v3 query": "IP 192.0.2.1 > 224.0.0.1: igmp query v3 [gaddr 239.1.2.3, 2 source(s)]",
  "sctp, init": "IP 192.0.2.1.5000 > 198.51.100.7.5001: sctp (1) [INIT]",
  "sctp, data": "IP 192.0.2.1.5000 > 198.51.100.7.5001: sctp (1) [DATA], (2) [COOKIE ACK]",
  "gre, key and checksum":
    "IP 192.0.2.1 > 198.51.100.7: GREv0, key=0x7, seq 9, length 52: IP 192.0.2.1.41234 > 198.51.100.7.33434: UDP, length 8",
  "gre, ethernet":
    "IP 192.0.2.1 > 198.51.100.7: GREv0, length 54: 02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype 0x0800, length 50: IP 192.0.2.1.41234 > 198.51.100.7.33434: UDP, length 8",
  vxlan:
    "IP 192.0.2.1.40000 > 198.51.100.7.4789: VXLAN, vni 77: 02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype 0x0800, length 84: IP 192.0.2.1.41234 > 198.51.100.7.80: Flags [P.], seq 7:25, ack 9, win 8192, options [nop,nop,TS val 5 ecr 6], length 18",
  geneve:
    "IP 192.0.2.1.40000 > 198.51.100.7.6081: Geneve, vni 0x5: 02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype 0x0800, length 50: IP 192.0.2.1.41234 > 198.51.100.7.33434: UDP, length 8",
  "vrrp, v2":
    "IP 192.0.2.1 > 224.0.0.18: VRRPv2, Advertisement, vrid 5, prio 100, intvl 1s, length 24",
  ah: "IP 192.0.2.1.41234 > 198.51.100.7.33434: AH(spi=0x00000005,seq=0x6,icv=12 bytes): UDP, length 8",
  "dhcp discover":
    "IP 0.0.0.0.68 > 255.255.255.255.67: BOOTP/DHCP, Request from 02:00:00:00:00:01, Discover, length 271",
  "dhcp offer":
    "IP 192.0.2.1.67 > 192.0.2.9.68: BOOTP/DHCP, Reply, Offer, your 192.0.2.9, length 291",
  "mld, v1 report":
    "IP6 fe80::1 > ff02::1: HBH ICMP6, multicast listener report, addr: ff02::5, length 24",
  "mld, v1 query":
    "IP6 fe80::1 > ff02::1: HBH ICMP6, multicast listener query, max resp delay: 1000, addr: ff02::5, length 24",
  "hop-by-hop": "IP6 2001:db8::1.41234 > 2001:db8:0:1::7.33434: HBH UDP, length 8",
  "destination options":
    "IP6 2001:db8::1.41234 > 2001:db8:0:1::7.80: DSTOPT Flags [P.], seq 7:25, ack 9, win 8192, options [nop,nop,TS val 5 ecr 6], length 18",
  "home address": "IP6 2001:db8::1.41234 > 2001:db8:0:1::7.33434: DSTOPT UDP, length 8",
  "routing, type 0":
    "IP6 2001:db8::1.41234 > 2001:db8:0:1::7.80: RT (len=4, type=0, segleft=2) Flags [P.], seq 7:25, ack 9, win 8192, options [nop,nop,TS val 5 ecr 6], length 18",
  "routing, type 0, used up":
    "IP6 2001:db8::1.41234 > 2001:db8:0:1::7.80: RT (len=4, type=0, segleft=0) Flags [P.], seq 7:25, ack 9, win 8192, options [nop,nop,TS val 5 ecr 6], length 18",
  "segment routing":
    "IP6 2001:db8::1.41234 > 2001:db8:0:1::7.33434: RT (len=4, type=4, segleft=1) UDP, length 8",
  "atomic fragment":
    "IP6 2001:db8::1.41234 > 2001:db8:0:1::7.33434: frag (0x00000009:0|16) UDP, length 8",
  "ipv6, first fragment":
    "IP6 2001:db8::1.1 > 2001:db8:0:1::7.2: frag (0x00000009:0|1232+) UDP, length 2000",
  "ipv6, last fragment": "IP6 2001:db8::1 > 2001:db8:0:1::7: frag (0x00000009:1232|776)",
  "all extension headers":
    "IP6 2001:db8::1 > 2001:db8:0:1::7: HBH DSTOPT RT (len=4, type=0, segleft=1) ICMP6, echo request, id 3, seq 4, length 13",
  "null, ipv6": "IP6 2001:db8::1.41234 > 2001:db8:0:1::7.33434: UDP, length 8",
  "linux-sll2": "IP 192.0.2.1.41234 > 198.51.100.7.33434: UDP, length 8",
};

testWith(program("tcpdump"))("a line is tcpdump's, or another for a reason", () => {
  using folder = new Folder();
  const differing = common.filter(({ name, link, bytes }) => {
    const file = folder.write("frame.pcap", pcap([bytes], link));
    const command = ["tcpdump", "-n", "-t", "-S", "-r", file];
    const [line = ""] = String(Bun.spawnSync(command).stdout).split("\n");
    // What tcpdump reads in HTTP is behind the headers.
    const theirs = line.replace(/: HTTP: .*/, "").trimEnd();
    return format(bytes, { link }) !== theirs && OWN[name] === undefined;
  });
  expect(differing.map(({ name }) => name)).toEqual([]);
});

test.each(Object.entries(OWN))("%s: its own line", (name, line) => {
  const frame = common.find((one) => one.name === name);
  if (frame === undefined) throw new Error(`there is no frame ${name}`);
  expect(format(frame.bytes, { link: frame.link })).toBe(line);
});

test("every protocol has words of its own, not its kind alone", () => {
  const kinds = new Set(
    golden.flatMap(({ bytes, link }) => dissect(bytes, { link }).layers.map(({ kind }) => kind)),
  );
  const kind = new RegExp(`(^|[ :])(${[...kinds].join("|")}), `);
  expect(
    golden.map(({ bytes, link }) => format(bytes, { link })).filter((line) => kind.test(line)),
  ).toEqual([]);
});

describe("format", () => {
  const frame = build([ethernet, ipv4, udp, new TextEncoder().encode("question")]);

  test("takes a packet or its bytes, and is what toString gives", () => {
    const packet = dissect(frame);
    expect(format(packet)).toBe(format(frame));
    expect(`${packet}`).toBe(format(frame));
    expect(format(frame.subarray(14), { link: "raw" })).toBe(format(frame));
  });

  test("begins with the hardware addresses where they are wanted", () => {
    expect(format(frame, { addresses: true })).toBe(
      "02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype 0x0800, length 50: " +
        "IP 192.0.2.1.20000 > 198.51.100.7.30000: UDP, length 8",
    );
  });

  test("shows what the caller calls an address", () => {
    const names = new Map([["192.0.2.1", "printer"]]);
    expect(format(frame, { addresses: (address) => names.get(address) ?? address })).toBe(
      "IP printer.20000 > 198.51.100.7.30000: UDP, length 8",
    );
  });

  test("leaves the payload to the caller, who may say nothing", () => {
    const payload = ({ payload }: { payload: Uint8Array }) => new TextDecoder().decode(payload);
    expect(format(frame, { payload })).toBe("IP 192.0.2.1.20000 > 198.51.100.7.30000: question");
    expect(format(frame, { payload: () => undefined })).toEndWith("UDP, length 8");
  });

  test("names what is cut off or malformed", () => {
    expect(format(frame.subarray(0, 40))).toBe(
      "IP 192.0.2.1 > 198.51.100.7: udp, length 16 [|udp]",
    );
    const short = build([ethernet, ipv4, { ...udp, length: 3 }]);
    expect(format(short)).toEndWith("[udp: a length of 3 is less than the header's 8]");
    expect(format(new Uint8Array(0))).toBe("length 0 [|ethernet]");
  });

  test("has no control character of the network's in it", () => {
    const evil = "sw\u001b[2J\r\n\u202e\u2028\u009b31mitch";
    const frame = build([
      ethernet,
      {
        kind: "lldp",
        tlvs: [
          { type: "chassis-id", subtype: "local", id: "x" },
          { type: "port-id", subtype: "local", id: "y" },
          { type: "ttl", seconds: 1 },
          { type: "system-name", text: evil },
          { type: "end" },
        ],
      },
    ]);
    const line = format(frame);
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(line).toContain("sw\\x1b[2J\\x0d\\x0a\\u{202e}\\u{2028}\\x9b31mitch");
    const hook = format(frame, { addresses: () => "\u0007" });
    expect(hook).not.toMatch(/\p{Cc}/u);
  });

  test("shows a registered protocol by its own words, or its kind", () => {
    const decode = (bytes: Uint8Array) => ({
      layer: { kind: "greeting", word: bytes[0] ?? 0 },
      length: 1,
    });
    const encode = ({ word = 0 }: { word?: number | undefined }) => Uint8Array.of(word);
    register({ kind: "greeting", etherType: 0x9ab6, decode, encode });
    const greeting = build([{ ...ethernet, type: 0x9ab6 }, Uint8Array.of(7, 8, 9)]);
    expect(format(greeting)).toBe("greeting, length 2");
    const words = ({ word }: { word: number }) => `hello ${word}`;
    register({ kind: "greeting", etherType: 0x9ab6, decode, encode, format: words });
    expect(format(greeting)).toBe("hello 7");
  });
});

// The code of docs/wire.md does what is said beside it.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { end } from "../support/program.ts";

const guide = await Bun.file(join(import.meta.dir, "../../docs/wire.md")).text();
const blocks = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code as string);
const entry = join(import.meta.dir, "../../src/wire/index.ts");

/** Runs code of the guide; what it prints. */
async function run(...code: string[]): Promise<string> {
  const script = code.join("\n").replaceAll('"rawsock/wire"', JSON.stringify(entry));
  const { stdout, stderr } = await end([process.execPath, "-e", script]);
  expect(stderr).toBe("");
  return stdout;
}

const found = (text: string): string => {
  const block = blocks.find((code) => code.includes(text));
  if (block === undefined) throw new Error(`the guide has no ${text}`);
  return block;
};

test("the first packet is as the comments say", async () => {
  const first = found("const frame = build(");
  const printed = await run(
    first,
    "console.log(packet.layers.length, packet.get('udp')?.destinationPort, packet.payload.length);",
    "console.log(JSON.stringify(format(packet)));",
  );
  const line = /format\(packet\);\s+\/\/ (".*")/.exec(first)?.[1];
  expect(printed).toBe(`3 7 5\n${line}\n`);
});

test("a packet that is changed on its way gets another checksum", async () => {
  const printed = await run(
    found("const frame = build("),
    found("checksum: undefined").replaceAll(/^import .*\n/gm, ""),
    "const { ttl, checksum } = dissect(changed).get('ipv4')!;",
    "console.log(ttl, checksum === packet.get('ipv4')!.checksum + 0x100, changed.length);",
  );
  expect(printed).toBe("63 true 47\n");
});

test("the protocol of the caller's own is read and written", async () => {
  const own = found("register({").replace(/declare module[\s\S]*$/, "");
  const printed = await run(
    own.replace("import {", "import { build, dissect,"),
    "const frame = build([{ kind: 'ethernet' }, { kind: 'parcel', type: 5 }, Uint8Array.of(1)]);",
    "console.log(JSON.stringify(dissect(frame).get('parcel')), frame.toHex().slice(24));",
  );
  expect(printed).toBe('{"kind":"parcel","type":5} 88b5050101\n');
});

test("a DHCP client's first message is read as it was written", async () => {
  const printed = await run(
    'import { dhcp, dhcpOptions, dissect } from "rawsock/wire";',
    found("const discover = dhcp.encode("),
    "const { messageType, options } = dissect(discover, { link: 'dhcp' }).get('dhcp');",
    "console.log(messageType, options.get('parameter-request-list').join());",
  );
  expect(printed).toBe("discover 1,3,6\n");
});

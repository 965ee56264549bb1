// examples/wake-on-lan.ts, which tshark has to recognize on the other side of a link.

import { expect, test } from "bun:test";
import { magicPacket } from "../../examples/wake-on-lan.ts";
import { example } from "../support/example.ts";
import { VethPair } from "../support/namespace.ts";
import { end } from "../support/program.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";

const MAC = "02:00:5e:10:20:30";

testWith(namespaces, program("tshark"))(
  "the example of wake-on-lan sends what tshark takes for such a packet, to everybody",
  async () => {
    using pair = new VethPair();
    const fields = ["wol.mac", "eth.dst", "ip.dst", "udp.dstport"].flatMap((name) => ["-e", name]);
    const words = ["-i", pair.interface, "-f", "udp port 9", "-c", "1", "-a", "duration:20"];
    await using capture = Bun.spawn(
      pair.b.command("tshark", "-n", "-l", ...words, "-T", "fields", ...fields),
      { stdout: "pipe", stderr: "pipe" },
    );
    // It says so when it has begun; what is sent before is lost.
    const decoder = new TextDecoder();
    let said = "";
    for await (const chunk of capture.stderr) {
      said += decoder.decode(chunk);
      if (said.includes("Capturing on")) break;
    }
    const sent = await end(pair.a.command(...example("wake-on-lan.ts", MAC, pair.interface)));
    expect(sent).toEqual({ stdout: "", stderr: "", exitCode: 0, signal: null });
    const seen = await new Response(capture.stdout).text();
    expect(seen.trim().split("\t")).toEqual([
      Array(16).fill(MAC).join(),
      "ff:ff:ff:ff:ff:ff",
      "255.255.255.255",
      "9",
    ]);
  },
);

test("it refuses what is no hardware address", () => {
  expect(magicPacket(MAC)).toHaveLength(102);
  expect(() => magicPacket("02:00:5e:10:20")).toThrow("02:00:5e:10:20 is no hardware address");
});

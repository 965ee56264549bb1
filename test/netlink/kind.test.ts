// What a link says by its kind: the types follow from `kind`, which tsc(1) checks here, and the
// values are what they say.

import { expect } from "bun:test";
import type { KindData, LinkKind } from "../../src/netlink/index.ts";
import { namespaces, testWith } from "../support/requirements.ts";
import { lab } from "./support/lab.ts";

testWith(namespaces)("`kind` tells the type of `data`, and `portKind` that of `port`", async () => {
  using made = await lab();
  const { netlink } = made;
  await netlink.addLink({ kind: "bridge", name: "br0", forwardDelay: 400 });
  await netlink.addLink({ kind: "vxlan", name: "vx", id: 42, remote: "10.1.0.9", link: "va" });
  await netlink.addLink({ kind: "macvlan", name: "mv", link: "va", mode: "vepa" });
  await netlink.setLink("vb", { master: "br0" });
  const seen: LinkKind[] = [];
  for (const link of await netlink.links()) {
    if (link.kind === "vxlan") {
      const { id, remote, ttlInherit } = link.data as KindData<"vxlan">;
      const both: [number | undefined, string | undefined] = [id, remote];
      expect([...both, ttlInherit]).toEqual([42, "10.1.0.9", false]);
      // @ts-expect-error: it is a number.
      const wrong: string | undefined = link.data?.id;
      expect(wrong as unknown).toBe(42);
    } else if (link.kind === "bridge") {
      const delay: number | undefined = link.data?.forwardDelay;
      expect(delay).toBe(400);
    } else if (link.kind === "macvlan") {
      const mode: string | number | undefined = link.data?.mode;
      expect(mode).toBe("vepa");
    } else if (link.name === "vb" && link.portKind === "bridge") {
      const hairpin: boolean | undefined = link.port?.hairpin;
      expect(hairpin).toBe(false);
    }
    if (link.kind !== undefined) seen.push(link.kind);
  }
  expect(seen.toSorted()).toEqual(["bridge", "macvlan", "veth", "veth", "vxlan"]);
});

// Dumps during which something changed: the kernel marks them with NLM_F_DUMP_INTR. The mark is
// set here, between the kernel and the channel, so that it is where and as often as a test wants.

import { expect, spyOn } from "bun:test";
import { Reader } from "../../src/netlink/channel.ts";
import type { Netlink } from "../../src/netlink/index.ts";
import { namespaces, testWith } from "../support/requirements.ts";
import { lab } from "./support/lab.ts";

/** <linux/netlink.h>, and where struct nlmsghdr has them. */
const DUMP_INTR = 0x10;
const DONE = 3;
const TYPE = 4;
const FLAGS = 6;

const dumpFlags = ["dump"] as const;
const header = new Uint8Array(16);

/** Marks the dumps that `isMarked` chooses by their number; only their end, or all of them. */
function mark(isMarked: (dump: number) => boolean, where: "end" | "all") {
  const next = Reader.prototype.next;
  const told = { dumps: 0 };
  const spy = spyOn(Reader.prototype, "next").mockImplementation(async function (
    this: Reader,
    op?: object,
  ) {
    const length = await next.call(this, op);
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset);
    for (let at = 0; at < length; at += (view.getUint32(at, true) + 3) & ~3) {
      const isEnd = view.getUint16(at + TYPE, true) === DONE;
      if (isMarked(told.dumps) && (isEnd || where === "all")) {
        view.setUint16(at + FLAGS, view.getUint16(at + FLAGS, true) | DUMP_INTR, true);
      }
      if (isEnd) told.dumps++;
    }
    return length;
  });
  return {
    told,
    [Symbol.dispose]() {
      spy.mockRestore();
    },
  };
}

const indices = async (netlink: Netlink) => (await netlink.links()).map(({ index }) => index);

for (const where of ["end", "all"] as const) {
  testWith(namespaces)(`a dump is asked for again, marked at its ${where}`, async () => {
    using made = await lab();
    const { netlink } = made;
    const expected = await indices(netlink);
    using marked = mark((dump) => dump < 3, where);
    // What came of the interrupted ones counts no longer.
    expect(await indices(netlink)).toEqual(expected);
    expect(marked.told.dumps).toBe(4);
    expect((await netlink.request("getlink", dumpFlags, header)).length).toBe(expected.length);
    expect(marked.told.dumps).toBe(5);
  });
}

testWith(namespaces)("one that is never whole is an error, and the next is whole", async () => {
  using made = await lab();
  const { netlink } = made;
  const expected = await indices(netlink);
  using marked = mark((dump) => dump < 10, "all");
  const waiting = indices(netlink);
  // Others wait for it, and have their own replies.
  const routes = netlink.routes();
  await expect(waiting).rejects.toMatchObject({ code: "EAGAIN", syscall: "RTM_GETLINK" });
  await expect(waiting).rejects.toThrow("try again");
  expect((await routes).length).toBeGreaterThan(0);
  expect(marked.told.dumps).toBeGreaterThan(10);
  expect(await indices(netlink)).toEqual(expected);
});

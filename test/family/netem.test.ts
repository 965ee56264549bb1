// Networks that lose, repeat and reorder: what sockets count is what tc(8) counts. tc-netem(8).

import { expect } from "bun:test";
import { Sockaddr, Socket } from "../../src/index.ts";
import { Namespace, run } from "../support/namespace.ts";
import { kernelModule, namespaces, program, testWith } from "../support/requirements.ts";

const withNetem = testWith(namespaces, program("tc", "iproute2"), kernelModule("sch_netem"));
const COUNT = 1000;
const PORT = 7000;

/** Two namespaces between which nothing goes but what is sent here. */
class Quiet implements Disposable {
  readonly #stack = new DisposableStack();
  readonly a = this.#stack.use(new Namespace());
  readonly b = this.#stack.use(new Namespace());

  constructor(...netem: string[]) {
    const ends = [
      [this.a, "02:00:00:00:00:01", "10.77.0.1/24"],
      [this.b, "02:00:00:00:00:02", "10.77.0.2/24"],
    ] as const;
    for (const [namespace] of ends) {
      for (const which of ["all", "default"]) {
        namespace.sysctl(`net.ipv6.conf.${which}.disable_ipv6`, "1");
      }
    }
    const peer = ["peer", "name", "veth0", "netns", this.b.name];
    this.a.ip("link", "add", "veth0", "type", "veth", ...peer);
    for (const [namespace, address, prefix] of ends) {
      namespace.ip("link", "set", "veth0", "address", address, "up");
      namespace.ip("address", "add", prefix, "dev", "veth0");
    }
    this.a.ip("neigh", "add", "10.77.0.2", "lladdr", ends[1][1], "dev", "veth0");
    const add = ["tc", "qdisc", "add", "dev", "veth0", "root", "netem"];
    run(...this.a.command(...add, "limit", "100000", ...netem));
  }

  /** What tc(8) counts. */
  counters(): { packets: number; drops: number } {
    const show = ["tc", "-s", "-j", "qdisc", "show", "dev", "veth0"];
    return JSON.parse(run(...this.a.command(...show)))[0];
  }

  /** Sends numbered datagrams, as fast as they go; the numbers that arrived, in their order. */
  async exchange(count: number): Promise<number[]> {
    using from = this.a.enter(() => Socket.open("inet", "dgram"));
    using to = this.b.enter(() =>
      Socket.open("inet", "dgram").bind(Sockaddr.inet("10.77.0.2", PORT)),
    );
    to.setOption("SO_RCVBUFFORCE", 2 ** 24).setOption("SO_RXQ_OVFL", true);
    await from.connect(Sockaddr.inet("10.77.0.2", PORT));
    for (let number = 0; number < count; number++) {
      await from.send(new Uint8Array(new Uint32Array([number]).buffer));
    }
    const arrived: number[] = [];
    // Nothing comes for a second where everything has: delays are far below.
    const messages = to.messages({ timeout: 1000 });
    try {
      for await (const { data, control } of messages) {
        expect(control).toEqual([]);
        arrived.push(new DataView(data.buffer, data.byteOffset).getUint32(0, true));
      }
    } catch (error) {
      expect(error).toMatchObject({ code: "ETIMEDOUT" });
    }
    return arrived;
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

withNetem("what is lost is what tc has dropped, and the rest is in order", async () => {
  using quiet = new Quiet("loss", "20%");
  const arrived = await quiet.exchange(COUNT);
  const { packets, drops } = quiet.counters();
  expect(arrived.length).toBe(COUNT - drops);
  expect(arrived.length).toBe(packets);
  expect(drops).toBeGreaterThan(COUNT / 10);
  expect(drops).toBeLessThan((COUNT * 3) / 10);
  expect(arrived).toEqual(arrived.toSorted((a, b) => a - b));
});

withNetem("what is reordered arrives all the same, each once", async () => {
  using quiet = new Quiet("delay", "20ms", "reorder", "25%", "50%");
  const arrived = await quiet.exchange(COUNT);
  expect(quiet.counters()).toMatchObject({ packets: COUNT, drops: 0 });
  const sorted = arrived.toSorted((a, b) => a - b);
  expect(sorted).toEqual(Array.from({ length: COUNT }, (_, index) => index));
  expect(arrived).not.toEqual(sorted);
});

withNetem("what is repeated arrives as often as tc counts", async () => {
  using quiet = new Quiet("duplicate", "20%");
  const arrived = await quiet.exchange(COUNT);
  const { packets, drops } = quiet.counters();
  expect(drops).toBe(0);
  expect(arrived.length).toBe(packets);
  expect(arrived.length).toBeGreaterThan(COUNT + COUNT / 10);
  expect(new Set(arrived).size).toBe(COUNT);
});

withNetem("a stream arrives whole over a network that loses and reorders", async () => {
  using quiet = new Quiet("delay", "2ms", "reorder", "10%", "loss", "3%");
  using listener = quiet.b.enter(() =>
    Socket.open("inet", "stream").bind(Sockaddr.inet("10.77.0.2", PORT)).listen(),
  );
  using client = quiet.a.enter(() => Socket.open("inet", "stream"));
  const accepting = listener.accept({ timeout: 60_000 });
  await client.connect(Sockaddr.inet("10.77.0.2", PORT), { timeout: 60_000 });
  using accepted = await accepting;
  const sent: Uint8Array[] = [];
  const received: Uint8Array[] = [];
  const reading = (async () => {
    for await (const { data } of accepted.messages({ timeout: 60_000 })) received.push(data);
  })();
  const repeated = () => client.option("TCP_INFO").totalRetrans;
  client.setOption("TCP_NODELAY", true);
  // A segment each, and so many that one is lost.
  while (sent.length < 60 || (repeated() === 0 && sent.length < 2000)) {
    const segment = crypto.getRandomValues(new Uint8Array(1000));
    sent.push(segment);
    await client.send(segment);
  }
  client.shutdown("wr");
  await reading;
  expect(Buffer.concat(received).equals(Buffer.concat(sent))).toBe(true);
  expect(repeated()).toBeGreaterThan(0);
});

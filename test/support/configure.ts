// The network of a test's namespace, configured by the package's own netlink without waiting: what
// Netlink promises, these do at once, so that a namespace can be made by `new`.

import { closeSync, openSync } from "node:fs";
import { close, IFF, recv, send, socket } from "../../src/index.ts";
import { encodeAddress } from "../../src/netlink/address.ts";
import { constant } from "../../src/netlink/constants.ts";
import { decodeMessages, encodeMessage } from "../../src/netlink/index.ts";
import { linkHeader, linkTable } from "../../src/netlink/link.ts";
import { Writer } from "../../src/netlink/writer.ts";

/** The first interface of every namespace. */
const LOOPBACK = 1;

/** Requests to the kernel in one namespace; each is granted, or throws. */
export class Configuration implements Disposable {
  readonly #fd: number;
  readonly #namespace: string;
  #sequence = 0;

  /** `namespace` is the name that ip-netns(8) has for it. */
  constructor(namespace: string) {
    this.#namespace = namespace;
    this.#fd = socket("netlink", "raw", "route", { namespace });
  }

  [Symbol.dispose](): void {
    close(this.#fd);
  }

  #ask(type: string, flags: readonly string[], body: Uint8Array): Uint8Array | undefined {
    const bits = [...flags, "REQUEST", "ACK"].reduce((all, one) => all | constant("NLM_F", one), 0);
    const request = { type: constant("RTM", type), flags: bits, sequence: ++this.#sequence, body };
    send(this.#fd, encodeMessage(request));
    let reply: Uint8Array | undefined;
    for (const buffer = new Uint8Array(65_536); ; ) {
      const length = recv(this.#fd, buffer);
      for (const message of decodeMessages(buffer.subarray(0, length))) {
        if (message.type !== constant("NLMSG", "ERROR")) {
          reply = message.body.slice();
          continue;
        }
        const errno = -new DataView(message.body.slice(0, 4).buffer).getInt32(0, true);
        if (errno !== 0) throw new Error(`RTM_${type} in ${this.#namespace}: errno ${errno}`);
        return reply;
      }
    }
  }

  /** Sets a link up; of no index, the loopback's. */
  up(index = LOOPBACK): void {
    const flags = IFF.UP;
    this.#ask("NEWLINK", [], linkHeader({ index, flags, change: flags }));
  }

  /** The index of an interface. */
  index(name: string): number {
    const writer = new Writer().raw(linkHeader({}));
    linkTable.encode(writer, { name });
    const link = this.#ask("GETLINK", [], writer.finish()) as Uint8Array;
    return new DataView(link.buffer).getInt32(4, true);
  }

  /** Waits until what is sent there arrives: the kernel sees late that both ends are up. */
  untilRunning(index: number): void {
    for (let tries = 0; tries < 2000; tries++) {
      const link = this.#ask("GETLINK", [], linkHeader({ index })) as Uint8Array;
      if ((new DataView(link.buffer).getUint32(8, true) & IFF.RUNNING) !== 0) return;
      Bun.sleepSync(1);
    }
    throw new Error(`interface ${index} of ${this.#namespace} does not run`);
  }

  /** Makes a veth pair of two interfaces of one name, the other in the namespace `there`. */
  pair(name: string, there: string): void {
    const namespace = openSync(`/run/netns/${there}`, "r");
    const place = new Uint8Array(4);
    new DataView(place.buffer).setInt32(0, namespace, true);
    const writer = new Writer().raw(linkHeader({}));
    linkTable.encode(writer, { name });
    writer.nest(constant("IFLA", "LINKINFO"), (info) => {
      info.attribute(constant("IFLA", "INFO_KIND"), Buffer.from("veth"));
      info.nest(constant("IFLA", "INFO_DATA"), (data) =>
        data.nest(constant("VETH_INFO", "PEER"), (peer) => {
          peer.raw(linkHeader({}));
          linkTable.encode(peer, { name });
          peer.attribute(constant("IFLA", "NET_NS_FD"), place);
        }),
      );
    });
    try {
      this.#ask("NEWLINK", ["CREATE", "EXCL"], writer.finish());
    } finally {
      closeSync(namespace);
    }
  }

  /** Gives an interface an address that is in use at once. */
  address(index: number, address: string): void {
    const flags = address.includes(":") ? ["nodad"] : [];
    const body = encodeAddress({ interface: index, address, flags }, index);
    this.#ask("NEWADDR", ["CREATE", "EXCL"], body);
  }
}

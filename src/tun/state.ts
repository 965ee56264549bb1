// What the calls of one Tun share: a Socket's state, and the device's name for errors.

import { AF, SOCK } from "../base/constants.ts";
import { type ErrorContext, errorName } from "../base/error.ts";
import { SocketState } from "../socket/state.ts";
import type { Opened } from "./open.ts";
import { attached } from "./request.ts";
import { DEVICE } from "./transfer.ts";

export class TunState extends SocketState {
  readonly opened: Opened;

  constructor(tun: object, opened: Opened) {
    super(tun, opened.fd, AF.UNSPEC, SOCK.DGRAM, 0, DEVICE);
    this.opened = opened;
  }

  /** The name that the interface has now; the last that is known where there is none any more. */
  get name(): string {
    const found = this.closed ? undefined : attached(this.watch.fd);
    return typeof found === "object" ? found.name : this.opened.name;
  }

  override context(errno: number): ErrorContext {
    const { name } = this;
    const remedy = this.#remedy(errorName(errno), name);
    return { fd: this.watch.fd, subject: name, remedy };
  }

  #remedy(code: string, name: string): string | undefined {
    if (code === "EBADFD") return "the interface was deleted";
    if (code === "EIO") return `the interface is down: \`ip link set ${name} up\``;
    if (code !== "EINVAL") return undefined;
    const what = this.opened.mode === "tun" ? "no IP packet" : "shorter than an Ethernet header";
    return `it is ${what}${this.opened.headerSize > 0 ? ", or its virtio header is wrong" : ""}`;
  }
}

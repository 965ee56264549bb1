// Message, what sendmsg(2) and recvmsg(2) transfer.

import { type AddressLike, type Sockaddr, toSockaddr } from "../address/sockaddr.ts";
import {
  type Bytes,
  I32_MAX,
  integer,
  knownKeys,
  uint8Array,
  wrongType,
} from "../base/validate.ts";
import { type ControlMessage, checkControl } from "../control/control.ts";
import { type MessageFlag, messageFlags } from "./flags.ts";
import { Slot } from "./slot.ts";

/** What a Message is made of. */
export type MessageInit = {
  /** Where to; `true` and null leave it to be filled in when receiving. */
  readonly address?: AddressLike | true | null;
  /** Buffers to gather from or scatter into, in order. */
  readonly iovec?: readonly Bytes[];
  /** Control messages to send. */
  readonly control?: readonly ControlMessage[];
  /** Bytes of room for received control data, 256 unless told. */
  readonly controlLength?: number;
  /** As received; recvmsg replaces them. */
  readonly flags?: readonly MessageFlag[];
};

const INIT_KEYS: ReadonlySet<string> = new Set([
  "address",
  "iovec",
  "control",
  "controlLength",
  "flags",
]);
const CONTROL_LENGTH = 256;

let slotIn: (message: Message) => Slot | undefined;
let content: PropertyDescriptorMap;

/**
 * A message: buffers, an address, and control messages. It can be sent and received into again and
 * again; what does not change is prepared once.
 *
 * Descriptors in received control messages are the caller's to close from the moment `control` is
 * read. Those of a message whose `control` nobody ever read are closed when the next message is
 * received into it, or when it is garbage-collected. Messages compare, spread, serialize and clone
 * by content, which reads `control`; to print one does not.
 */
export class Message {
  readonly #slot: Slot;

  static {
    slotIn = (message) => (#slot in message ? message.#slot : undefined);
    content = contentOf(Message.prototype);
  }

  /** Everything may be left out, and set later. TypeError for an unknown key. */
  constructor(init: MessageInit = {}) {
    if (typeof init !== "object" || init === null) throw wrongType("init", "an object", init);
    knownKeys(init, INIT_KEYS);
    Object.defineProperties(this, content);
    this.#slot = new Slot(controlRoom(init.controlLength ?? CONTROL_LENGTH));
    if (init.address !== undefined) this.address = init.address;
    if (init.iovec !== undefined) this.iovec = init.iovec;
    if (init.control !== undefined) this.control = init.control;
    if (init.flags !== undefined) this.flags = init.flags;
  }

  /** The destination when sending, null where the socket is connected; the source of what came. */
  get address(): Sockaddr | null {
    return this.#slot.address;
  }

  set address(address: AddressLike | true | null) {
    this.#slot.address = address === null || address === true ? null : toSockaddr(address);
  }

  /** The buffers to gather from or scatter into, in order. */
  get iovec(): Uint8Array[] {
    return this.#slot.iovec;
  }

  set iovec(iovec: readonly Bytes[]) {
    if (!Array.isArray(iovec)) throw wrongType("iovec", "an array of buffers", iovec);
    this.#slot.iovec = iovec.map((bytes, index) => uint8Array(bytes, `iovec[${index}]`));
  }

  /** Sent as given; replaced by what arrived. */
  get control(): ControlMessage[] {
    return this.#slot.control;
  }

  set control(control: readonly ControlMessage[]) {
    this.#slot.control = checkControl(control);
  }

  /** Bytes of room for received control data; what does not fit is cut off: "ctrunc". */
  get controlLength(): number {
    return this.#slot.controlLength;
  }

  set controlLength(length: number) {
    this.#slot.controlLength = controlRoom(length);
  }

  /** What the kernel said of the message received. Sending does not read it: sendmsg(2). */
  get flags(): MessageFlag[] {
    return messageFlags.words(this.#slot.flagBits);
  }

  set flags(flags: readonly MessageFlag[]) {
    this.#slot.flagBits = messageFlags.bits(flags, "flags");
  }

  /** Bytes of the last transfer: what sendmsg or recvmsg returned, in a batch of this message. */
  get length(): number {
    return this.#slot.length;
  }

  set length(length: number) {
    this.#slot.length = integer(length, "length", 0, I32_MAX);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): object {
    const { address, iovec, controlLength, flags, length } = this;
    return { address, iovec, control: this.#slot.lookAtControl(), controlLength, flags, length };
  }
}

/**
 * The accessors of `prototype` as an object's own, so that what looks at own properties sees them:
 * expect().toEqual, structuredClone, spread, JSON.
 */
function contentOf(prototype: object): PropertyDescriptorMap {
  const own: PropertyDescriptorMap = {};
  for (const [name, accessor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (accessor.get !== undefined) own[name] = { ...accessor, enumerable: true };
  }
  return own;
}

function controlRoom(length: number): number {
  return integer(length, "controlLength", 0, I32_MAX);
}

/** The slot of a message; a TypeError for anything else. */
export function slotOf(message: Message): Slot {
  const slot = typeof message === "object" && message !== null ? slotIn(message) : undefined;
  if (slot === undefined) throw wrongType("message", "a Message", message);
  return slot;
}

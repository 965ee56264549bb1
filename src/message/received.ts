// A message that was received into a copy of its own.

import type { Sockaddr } from "../address/sockaddr.ts";
import { type ControlMessage, descriptorsIn } from "../control/control.ts";
import type { MessageFlag } from "./flags.ts";
import { closeAll, Unseen } from "./unseen.ts";

/**
 * What messages() yields. Descriptors in `control` are the caller's to close from the moment it is
 * first read. Those that nobody has seen by the loop's next step are closed, and `control` has lost
 * them; so are those of a message that is collected. To spread, compare, clone or serialize a
 * message reads `control`; to print it does not.
 */
export type ReceivedMessage = {
  /** The bytes: a copy of the message's own. */
  readonly data: Uint8Array;
  /** Who sent it; null where the protocol does not say. */
  readonly address: Sockaddr | null;
  /** What came with it: times, addresses, descriptors. Most have to be asked for, by an option. */
  readonly control: ControlMessage[];
  /** "trunc": it was longer than there was room. "ctrunc": so were its control data. */
  readonly flags: MessageFlag[];
};

export function withoutDescriptors(control: readonly ControlMessage[]): ControlMessage[] {
  return control.filter(({ kind }) => kind !== "rights" && kind !== "pidfd");
}

const NONE: readonly number[] = [];

let withDescriptors: (message: object) => MessageWithDescriptors | null;

/** One that came with descriptors, nobody's as long as nobody reads `control`. */
class MessageWithDescriptors {
  readonly data: Uint8Array;
  readonly address: Sockaddr | null;
  declare readonly control: ControlMessage[];
  readonly flags: MessageFlag[];
  readonly #unseen = new Unseen(this);
  #control: ControlMessage[];

  static {
    withDescriptors = (message) => (#unseen in message ? message : null);
  }

  constructor({ data, address, control, flags }: ReceivedMessage, fds: readonly number[]) {
    this.data = data;
    this.address = address;
    // The object's own, so that it is spread, compared and cloned with the rest.
    Object.defineProperty(this, "control", { get: () => this.read(), enumerable: true });
    this.flags = flags;
    this.#control = control;
    this.#unseen.hold(fds);
  }

  /** Who reads the control messages owns their descriptors. */
  read(): ControlMessage[] {
    this.#unseen.release();
    return this.#control;
  }

  look(): ControlMessage[] {
    return this.#control;
  }

  get isUnseen(): boolean {
    return !this.#unseen.isEmpty;
  }

  give(): readonly number[] {
    return this.#unseen.give();
  }

  close(): void {
    if (!this.isUnseen) return;
    this.#control = withoutDescriptors(this.#control);
    this.#unseen.close();
  }

  [Symbol.for("nodejs.util.inspect.custom")](): object {
    const { data, address, flags } = this;
    return { data, address, control: this.#control, flags };
  }
}

/** A message with descriptors that nobody has seen. Others are plain objects. */
export function withUnseen(message: ReceivedMessage, fds: readonly number[]): ReceivedMessage {
  return fds.length === 0 ? message : new MessageWithDescriptors(message, fds);
}

/** Its control messages, whose descriptors stay nobody's. */
export function lookAtControl(message: ReceivedMessage): ControlMessage[] {
  return withDescriptors(message)?.look() ?? message.control;
}

/** The descriptors that nobody has seen, from now on another owner's. */
export function giveUnseen(message: ReceivedMessage): readonly number[] {
  return withDescriptors(message)?.give() ?? NONE;
}

/** Did descriptors come with it that nobody has seen? */
export function hasUnseen(message: ReceivedMessage): boolean {
  return withDescriptors(message)?.isUnseen === true;
}

/** Closes the descriptors that nobody has seen. */
export function closeUnseen(message: ReceivedMessage): void {
  withDescriptors(message)?.close();
}

/** Closes the descriptors of a message that nobody will be given: unix(7), as the kernel does. */
export function discardMessage(message: ReceivedMessage): void {
  const special = withDescriptors(message);
  if (special === null) closeAll(descriptorsIn(message.control));
  else special.close();
}

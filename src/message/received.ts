// A message that was received into a copy of its own.

import type { Sockaddr } from "../address/sockaddr.ts";
import { type ControlMessage, decodeReceived, descriptorsIn } from "../control/control.ts";
import type { MessageFlag } from "./flags.ts";
import { closeAll, Unseen } from "./unseen.ts";

/**
 * What messages() yields. `control` is decoded when it is first read; from then on the descriptors
 * in it are the reader's to close. Descriptors that nobody has seen by the loop's next step are
 * closed, and `control` has lost them; so are those of a message that is collected. To spread,
 * compare, clone or serialize a message reads it; to print it does not.
 */
export type ReceivedMessage = {
  readonly data: Uint8Array;
  /** Who sent it; null where the protocol does not say. */
  readonly address: Sockaddr | null;
  readonly control: ControlMessage[];
  readonly flags: MessageFlag[];
};

/** Control data as they came, their descriptors nobody's yet. */
export class ReceivedControl {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #cut: boolean;
  /** Null where there are no descriptors. */
  readonly #unseen: Unseen | null;
  #messages: ControlMessage[] | null = null;

  /** `cut`: the kernel left something out. */
  constructor(bytes: Uint8Array<ArrayBuffer>, cut: boolean, descriptors: readonly number[]) {
    this.#bytes = bytes;
    this.#cut = cut;
    this.#unseen = descriptors.length === 0 ? null : new Unseen(this);
    this.#unseen?.hold(descriptors);
  }

  /** The messages, whose descriptors stay nobody's. */
  look(): ControlMessage[] {
    const bytes = this.#bytes;
    this.#messages ??= decodeReceived(new DataView(bytes.buffer), bytes.length, this.#cut);
    return this.#messages;
  }

  /** The messages. Who reads them owns their descriptors. */
  read(): ControlMessage[] {
    this.#unseen?.release();
    return this.look();
  }

  /** Are there descriptors that nobody has seen? */
  get isUnseen(): boolean {
    return this.#unseen?.isEmpty === false;
  }

  /** Closes the descriptors that nobody has seen. */
  discard(): void {
    if (!this.isUnseen) return;
    this.#messages = withoutDescriptors(this.look());
    this.#unseen?.close();
  }
}

export function withoutDescriptors(control: readonly ControlMessage[]): ControlMessage[] {
  return control.filter(({ kind }) => kind !== "rights" && kind !== "pidfd");
}

let controlIn: (message: object) => ReceivedControl | null;

class MessageWithControl {
  readonly data: Uint8Array;
  readonly address: Sockaddr | null;
  declare readonly control: ControlMessage[];
  readonly flags: MessageFlag[];
  readonly #control: ReceivedControl;

  static {
    controlIn = (message) => (#control in message ? message.#control : null);
  }

  constructor(
    data: Uint8Array,
    address: Sockaddr | null,
    control: ReceivedControl,
    flags: MessageFlag[],
  ) {
    this.data = data;
    this.address = address;
    // The object's own, so that it is spread, compared and cloned with the rest.
    Object.defineProperty(this, "control", OWN_CONTROL);
    this.flags = flags;
    this.#control = control;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): object {
    return {
      data: this.data,
      address: this.address,
      control: this.#control.look(),
      flags: this.flags,
    };
  }
}

const OWN_CONTROL: PropertyDescriptor & ThisType<MessageWithControl> = {
  get(): ControlMessage[] {
    return controlIn(this)?.read() ?? [];
  },
  enumerable: true,
  configurable: true,
};

export function receivedMessage(
  data: Uint8Array,
  address: Sockaddr | null,
  control: ReceivedControl | null,
  flags: MessageFlag[],
): ReceivedMessage {
  if (control === null) return { data, address, control: [], flags };
  return new MessageWithControl(data, address, control, flags);
}

/** Its control messages, whose descriptors stay nobody's. */
export function lookAtControl(message: ReceivedMessage): ControlMessage[] {
  return controlIn(message)?.look() ?? message.control;
}

/** Did descriptors come with it that nobody has seen? */
export function hasUnseen(message: ReceivedMessage): boolean {
  return controlIn(message)?.isUnseen === true;
}

/** Closes the descriptors that nobody has seen. */
export function closeUnseen(message: ReceivedMessage): void {
  controlIn(message)?.discard();
}

/** Closes the descriptors of a message that nobody will be given: unix(7), as the kernel does. */
export function discardMessage(message: ReceivedMessage): void {
  const control = controlIn(message);
  if (control === null) closeAll(descriptorsIn(message.control));
  else control.discard();
}

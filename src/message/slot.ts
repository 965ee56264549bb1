// A message as the native library sees it: memory that keeps its address and says where the
// buffers, the destination and the control data are. What has not changed since the last call is
// not written again, and what came in is decoded when somebody looks.

import { receivedCopy, type Sockaddr } from "../address/sockaddr.ts";
import { MSG } from "../base/constants.ts";
import {
  type ControlMessage,
  decodeReceived,
  descriptorsIn,
  Encoded,
  encodedLength,
  encodeInto,
} from "../control/control.ts";
import { allocate, copyOfPart } from "../native/memory.ts";
import { stableAddress } from "../native/pointers.ts";
import { Structure } from "../native/record.ts";
import { Unseen } from "./unseen.ts";
import { VECTOR_ROOM, Vector } from "./vector.ts";

const layout = new Structure("message_slot");
const word = (name: string): number => layout.field(name)[0] / 4;
const VECTOR = word("vector");
const NAME = word("name");
const CONTROL = word("control");
const VECTOR_COUNT = word("vector_count");
const NAME_LENGTH = word("name_length");
const CONTROL_ROOM = word("control_room");
const LENGTH = word("length");
const FLAGS = word("received_flags");
const RECEIVED_NAME = word("received_name_length");
const RECEIVED_CONTROL = word("received_control_length");
const DESCRIPTORS = word("descriptors");
const UNREAD = word("unread");
const [storageStart, storageSize] = layout.field("storage");

/** Bits of the word `unread`, cleared as its parts are decoded. */
const ADDRESS_UNREAD = 1;
const CONTROL_UNREAD = 2;
const ANYTHING_UNREAD = ADDRESS_UNREAD | CONTROL_UNREAD;

const WORD = 2 ** 32;

const CTRUNC = MSG.CTRUNC;

const NOTHING = new DataView(new ArrayBuffer(0));
const NOBODYS: readonly number[] = [];

export class Slot {
  readonly words: Uint32Array<ArrayBuffer>;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  /** The slot's own address, in two words, for the table of a batch. */
  readonly addressLow: number;
  readonly addressHigh: number;
  /** The last batch this slot was received into, by its number. */
  batch = 0;

  readonly #vector: Vector;
  /** Where the slot says the vector is, and how long. */
  #vectorAddress = 0;

  #address: Sockaddr | null = null;
  #name: Uint8Array | null = null;

  #controlLength: number;
  /** Does the slot say where to receive control data, and how much? */
  #receiving = false;
  #control: ControlMessage[] = [];
  #room: DataView<ArrayBuffer> = NOTHING;
  #roomAddress = 0;
  /** What the slot says the control data's address is. */
  #controlAddress = 0;
  /** What is in the room to be sent; made when something was. */
  #encoded: Encoded | null = null;
  #unseen: Unseen | null = null;

  constructor(controlLength: number) {
    this.#bytes = allocate(layout.size + VECTOR_ROOM);
    this.words = new Uint32Array(this.#bytes.buffer);
    this.#controlLength = controlLength;
    const address = stableAddress(this.#bytes);
    this.addressLow = address % WORD;
    this.addressHigh = Math.floor(address / WORD);
    this.#vector = new Vector(this.words.subarray(layout.size / 4), address + layout.size);
  }

  get length(): number {
    return this.words[LENGTH] as number;
  }

  set length(value: number) {
    this.words[LENGTH] = value;
  }

  /** The MSG_* bits of the last message received. */
  get flagBits(): number {
    return this.words[FLAGS] as number;
  }

  set flagBits(bits: number) {
    this.words[FLAGS] = bits;
  }

  get controlLength(): number {
    return this.#controlLength;
  }

  set controlLength(length: number) {
    this.#controlLength = length;
    this.#receiving = false;
  }

  get iovec(): Uint8Array[] {
    return this.#vector.buffers;
  }

  set iovec(iovec: Uint8Array[]) {
    this.#vector.buffers = iovec;
  }

  get address(): Sockaddr | null {
    if (((this.words[UNREAD] as number) & ADDRESS_UNREAD) !== 0) this.#readAddress();
    return this.#address;
  }

  /** Is that the address that came in? Nothing is decoded for it. */
  cameFrom(address: Sockaddr | null): boolean {
    const length = this.words[RECEIVED_NAME] as number;
    if (address === null) return length === 0;
    const { bytes } = address;
    if (bytes.length !== length) return false;
    for (let index = 0; index < length; index++) {
      if (this.#bytes[storageStart + index] !== bytes[index]) return false;
    }
    return true;
  }

  set address(address: Sockaddr | null) {
    this.#clear(ADDRESS_UNREAD);
    this.#address = address;
  }

  #readAddress(): void {
    this.#clear(ADDRESS_UNREAD);
    const length = Math.min(this.words[RECEIVED_NAME] as number, storageSize);
    this.#address = receivedCopy(copyOfPart(this.#bytes, storageStart, storageStart + length));
  }

  /** Who looks at the control messages owns the descriptors in them. */
  get control(): ControlMessage[] {
    this.#unseen?.release();
    return this.lookAtControl();
  }

  /** The control messages, whose descriptors stay nobody's. */
  lookAtControl(): ControlMessage[] {
    if (((this.words[UNREAD] as number) & CONTROL_UNREAD) !== 0) this.#readControl();
    return this.#control;
  }

  set control(control: ControlMessage[]) {
    this.#clear(CONTROL_UNREAD);
    this.#unseen?.close();
    this.#control = control;
  }

  #readControl(): void {
    this.#clear(CONTROL_UNREAD);
    const length = this.words[RECEIVED_CONTROL] as number;
    const cut = ((this.words[FLAGS] as number) & CTRUNC) !== 0;
    this.#control = length === 0 ? [] : decodeReceived(this.#room, length, cut);
  }

  #clear(bit: number): void {
    this.words[UNREAD] = (this.words[UNREAD] as number) & ~bit;
  }

  /**
   * Makes the slot say what to send: elements `start` to `end`, destination, control data. This
   * runs with every message, what it calls only where something changed: little code is what the
   * engine compiles well.
   */
  prepareSend(start: number, end: number): void {
    this.#prepareVector(start, end);
    this.#receiving = false;
    if (((this.words[UNREAD] as number) & ANYTHING_UNREAD) !== 0) this.#readReceived();
    const name = this.#address === null ? null : this.#address.bytes;
    if (name !== this.#name) this.#prepareName(name);
    const control = this.#control;
    if (control.length === 0) this.#sendNoControl();
    else if (this.#encoded?.is(control) !== true) this.#encode(control);
  }

  /** What came in is sent on. */
  #readReceived(): void {
    if (((this.words[UNREAD] as number) & ADDRESS_UNREAD) !== 0) this.#readAddress();
    if (((this.words[UNREAD] as number) & CONTROL_UNREAD) !== 0) this.#readControl();
  }

  #sendNoControl(): void {
    this.#encoded?.forget();
    this.words[CONTROL_ROOM] = 0;
    this.#pointControl(0);
  }

  #encode(control: readonly ControlMessage[]): void {
    const length = encodedLength(control);
    this.#reserve(length);
    this.#encoded ??= new Encoded();
    this.#encoded.forget();
    encodeInto(control, this.#room);
    this.words[CONTROL_ROOM] = length;
    this.#encoded.remember(control);
  }

  #prepareName(name: Uint8Array | null): void {
    this.#name = name;
    this.#point(NAME, name === null ? 0 : stableAddress(name));
    this.words[NAME_LENGTH] = name === null ? 0 : name.length;
  }

  /** Makes the slot say where to receive. */
  prepareReceive(start: number, end: number): void {
    this.#prepareVector(start, end);
    if (!this.#receiving) this.#prepareRoom();
  }

  #prepareRoom(): void {
    this.#receiving = true;
    this.#encoded?.forget();
    const room = this.#controlLength;
    if (this.words[CONTROL_ROOM] === room) return;
    // What is there would otherwise be lost with the room that holds it.
    if (((this.words[UNREAD] as number) & CONTROL_UNREAD) !== 0) this.#readControl();
    this.#reserve(room);
    this.words[CONTROL_ROOM] = room;
  }

  /** To be called after each message that came in. */
  takeReceived(): void {
    if (this.#unseen !== null || this.words[DESCRIPTORS] !== 0) this.#takeDescriptors();
  }

  #takeDescriptors(): void {
    this.#unseen?.close();
    if (this.words[DESCRIPTORS] === 0) return;
    this.#readControl();
    this.#hold(descriptorsIn(this.#control));
  }

  #hold(fds: readonly number[]): void {
    if (fds.length === 0) return;
    this.#unseen ??= new Unseen(this);
    this.#unseen.hold(fds);
  }

  /** Takes control messages that came elsewhere, and the descriptors in them, which are unseen. */
  adopt(control: ControlMessage[], fds: readonly number[]): void {
    this.control = control;
    this.#hold(fds);
  }

  /** Adds what came with a further part of the same message. */
  append(part: Slot): void {
    this.flagBits |= part.flagBits;
    const control = part.lookAtControl();
    if (control.length === 0) return;
    this.lookAtControl().push(...control);
    this.#hold([...this.giveUnseen(), ...part.giveUnseen()]);
  }

  /** Did control data come with the last message? */
  get hasControl(): boolean {
    return this.words[RECEIVED_CONTROL] !== 0;
  }

  /** The descriptors that came in and that nobody has seen, from now on another owner's. */
  giveUnseen(): readonly number[] {
    return this.#unseen === null ? NOBODYS : this.#unseen.give();
  }

  /** Points the control data at `length` bytes at least; at nothing for 0. */
  #reserve(length: number): void {
    if (this.#room.byteLength < length) {
      this.#room = new DataView(new ArrayBuffer(length));
      this.#roomAddress = stableAddress(this.#room);
    }
    this.#pointControl(length === 0 ? 0 : this.#roomAddress);
  }

  #pointControl(address: number): void {
    if (address === this.#controlAddress) return;
    this.#controlAddress = address;
    this.#point(CONTROL, address);
  }

  #point(place: number, address: number): void {
    this.words[place] = address % WORD;
    this.words[place + 1] = address / WORD;
  }

  #prepareVector(start: number, end: number): void {
    if (!this.#vector.isSame(start, end)) this.#pointVector(start, end);
  }

  #pointVector(start: number, end: number): void {
    const address = this.#vector.prepare(start, end);
    this.words[VECTOR_COUNT] = end - start;
    if (address === this.#vectorAddress) return;
    this.#vectorAddress = address;
    this.#point(VECTOR, address);
  }
}

// Packets from interfaces.

import { type Capture, type CaptureOptions, capture, interfaces } from "../../capture/index.ts";
import type { LinkType } from "../../wire/index.ts";
import type { Writer } from "../shared/capture-file.ts";
import { Failure } from "../shared/failure.ts";
import type { Interruption } from "../shared/interruption.ts";
import type { Output } from "../shared/output.ts";
import type { Printer } from "./print.ts";

/** How often it is looked whether packets were dropped. */
const LOOK_MS = 1000;

/** The first that is up and no loopback, as tcpdump has it. */
export function defaultInterface(): string {
  const found = interfaces().find(
    ({ index, flags }) => index > 0 && flags.includes("up") && !flags.includes("loopback"),
  );
  if (found === undefined) throw new Failure("which interface? Give it by -i, or -i any");
  return found.name;
}

export function listInterfaces(output: Output, json: boolean): void {
  for (const found of interfaces()) {
    const { name, index, link, flags, addresses } = found;
    if (json) output.json(found);
    else output.line(`${index}.${name} [${[link, ...flags, ...addresses].join(", ")}]`);
  }
}

export class Live {
  readonly #capture: Capture;
  readonly #output: Output;
  #seen = 0;
  #dropped = 0;
  #lookedAt = performance.now();

  constructor(options: CaptureOptions, output: Output, interruption: Interruption) {
    this.#capture = capture(options);
    this.#output = output;
    interruption.signal.addEventListener("abort", () => this.#capture.close());
  }

  get link(): LinkType {
    return this.#capture.link as LinkType;
  }

  get interface(): string {
    return this.#capture.interface;
  }

  /** Until the capture is closed or `count` packets have come. */
  async run(
    count: number,
    printer: Printer | undefined,
    writer: Writer | undefined,
  ): Promise<void> {
    for await (const batch of this.#capture.batches()) {
      const packets = batch.slice(0, count - this.#seen);
      this.#seen += packets.length;
      if (writer !== undefined) {
        await writer.writeAll(packets);
        await writer.flush();
      }
      if (printer !== undefined) {
        this.#output.write(packets.map((packet) => printer.text(packet, this.link)).join(""));
      }
      this.#look();
      if (this.#seen >= count) break;
    }
  }

  /** Tells of drops while they happen. */
  #look(): void {
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = now;
    const { dropped } = this.#capture.statistics();
    if (dropped > this.#dropped)
      this.#output.note(`${dropped} packets dropped by the kernel so far`);
    this.#dropped = dropped;
  }

  conclude(json: boolean): void {
    const { received, dropped } = this.#capture.statistics();
    this.#capture.close();
    const captured = this.#seen;
    if (json) {
      this.#output.json({ event: "summary", captured, received, dropped });
      return;
    }
    this.#output.note(`${captured} packets captured`);
    this.#output.note(`${received} packets received by the filter`);
    this.#output.note(`${dropped} packets dropped by the kernel`);
  }
}

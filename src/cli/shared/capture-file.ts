// Capture files, in one place for all commands that read and write them.

import type { FilePacket, PcapngOptions, PcapOptions } from "../../capture/index.ts";
import { PcapngWriter, PcapWriter, readPackets } from "../../capture/index.ts";
import type { LinkType } from "../../wire/index.ts";

export type { FilePacket } from "../../capture/index.ts";
export { type PacketReader, readPackets } from "../../capture/index.ts";
export type Writer = PcapWriter | PcapngWriter;

/** Writes pcapng, or pcap where the file is named so. */
export function writerOf(path: string, options: PcapngOptions & PcapOptions): Writer {
  if (/\.(pcap|cap)\d*$/.test(path)) {
    const { link, snaplen, interfaces, rotate } = options;
    return PcapWriter.create(path, {
      ...(link === undefined ? {} : { link }),
      ...(snaplen === undefined ? {} : { snaplen }),
      ...(interfaces === undefined ? {} : { interfaces }),
      ...(rotate === undefined ? {} : { rotate }),
    });
  }
  return PcapngWriter.create(path, options);
}

/** Writes packets of another file to a new one, which is there even where none was written. */
export class Recorder {
  readonly #path: string;
  #writer: Writer | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** The link type is the first packet's; pcapng knows that of each. */
  async write(packet: FilePacket): Promise<void> {
    this.#writer ??= writerOf(this.#path, { link: packet.link });
    await this.#writer.write(packet);
  }

  async close(): Promise<void> {
    this.#writer ??= writerOf(this.#path, {});
    await this.#writer.close();
  }
}

/** The packets of a file, numbered from 1; `until` ends the reading. */
export async function* numbered(
  path: string,
  until: AbortSignal,
): AsyncGenerator<readonly [number, FilePacket]> {
  let number = 0;
  for await (const packet of readPackets(path)) {
    if (until.aborted) return;
    yield [++number, packet];
  }
}

/** What the packet begins with, for `dissect`. */
export function linkOf({ link }: { readonly link: FilePacket["link"] }): LinkType {
  return link as LinkType;
}

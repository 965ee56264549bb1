// Frames as files for other programs.

import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { removeDirectory } from "../../support/directory.ts";

const HEADER = 24;
const RECORD = 16;
const MAGIC = 0xa1b2c3d4;
const SNAPLEN = 0x4_0000;

/** A pcap file (pcap-savefile(5)) of frames that begin with `link`, a second apart. */
export function pcap(frames: readonly Uint8Array[], link = 1): Uint8Array {
  const size = frames.reduce((sum, { length }) => sum + RECORD + length, HEADER);
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  view.setUint32(0, MAGIC);
  view.setUint16(4, 2);
  view.setUint16(6, 4);
  view.setUint32(16, SNAPLEN);
  view.setUint32(20, link);
  let at = HEADER;
  frames.forEach((frame, index) => {
    view.setUint32(at, index);
    view.setUint32(at + 8, frame.length);
    view.setUint32(at + 12, frame.length);
    file.set(frame, at + RECORD);
    at += RECORD + frame.length;
  });
  return file;
}

/** The frames of a pcap file of this machine's. */
export function frames(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const little = view.getUint32(0) !== MAGIC;
  const list: Uint8Array[] = [];
  for (let at = HEADER; at + RECORD <= file.length; ) {
    const length = view.getUint32(at + 8, little);
    list.push(file.slice(at + RECORD, at + RECORD + length));
    at += RECORD + length;
  }
  return list;
}

/** A directory that goes away. */
export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "rawsock-wire-"));

  write(name: string, content: Uint8Array | string): string {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  [Symbol.dispose](): void {
    removeDirectory(this.path);
  }
}

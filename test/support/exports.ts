// The names that a library of Windows exports, for which there is no linker here: PE/COFF.

/** Of the optional header of PE32+. */
const EXPORT_DIRECTORY = 112;
const SECTION_SIZE = 40;

export function exportedNames(library: Buffer): string[] {
  const header = library.readUInt32LE(0x3c) + 4;
  const optional = header + 20;
  const sections = optional + library.readUInt16LE(header + 16);
  const count = library.readUInt16LE(header + 2);
  /** Where in the file an address lies. */
  const place = (address: number): number => {
    for (let index = 0; index < count; index++) {
      const section = sections + index * SECTION_SIZE;
      const start = library.readUInt32LE(section + 12);
      const size = library.readUInt32LE(section + 16);
      if (address < start || address >= start + size) continue;
      return address - start + library.readUInt32LE(section + 20);
    }
    throw new Error(`no section holds ${address}`);
  };
  const table = place(library.readUInt32LE(optional + EXPORT_DIRECTORY));
  const names = place(library.readUInt32LE(table + 32));
  return Array.from({ length: library.readUInt32LE(table + 24) }, (_, index) => {
    const start = place(library.readUInt32LE(names + index * 4));
    return library.toString("latin1", start, library.indexOf(0, start));
  });
}

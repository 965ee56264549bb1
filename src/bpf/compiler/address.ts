// Addresses as text, to the numbers that instructions compare with. Pure: nothing is looked up.

/** A dotted quad, or the first one to three parts of one: the number and how many bits it has. */
export function parseDotted(text: string): { value: number; length: number } | undefined {
  const parts = text.split(".");
  if (parts.length > 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^[0-9]+$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return { value, length: parts.length * 8 };
}

/** The four words of an IPv6 address (RFC 4291, section 2.2). */
export function parseIpv6(text: string): readonly [number, number, number, number] | undefined {
  const dotted = /^(.*:)([0-9]+\.[0-9]+\.[0-9]+\.[0-9]+)$/.exec(text);
  if (dotted !== null) {
    const quad = parseDotted(dotted[2] as string);
    if (quad === undefined) return undefined;
    const high = Math.floor(quad.value / 0x10000).toString(16);
    return parseIpv6(`${dotted[1]}${high}:${(quad.value % 0x10000).toString(16)}`);
  }
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [before = [], after = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - before.length - after.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...before, ...Array<string>(missing).fill("0"), ...after];
  if (!groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return undefined;
  const word = (index: number): number =>
    Number.parseInt(groups[index] as string, 16) * 0x10000 +
    Number.parseInt(groups[index + 1] as string, 16);
  return [word(0), word(2), word(4), word(6)];
}

/** The six bytes of a MAC address in any of the notations that the lexer takes. */
export function parseMac(text: string): readonly number[] | undefined {
  const parts = /[:.-]/.test(text) ? text.split(/[:.-]/) : (text.match(/../g) ?? []);
  const bytes = parts.flatMap((part) =>
    part.length === 4 ? [part.slice(0, 2), part.slice(2)] : part,
  );
  if (bytes.length !== 6 || !bytes.every((byte) => /^[0-9A-Fa-f]{1,2}$/.test(byte))) {
    return undefined;
  }
  return bytes.map((byte) => Number.parseInt(byte, 16));
}

/** A DECnet address, `area.node`: six bits and ten. */
export function parseDecnet(text: string): number | undefined {
  const match = /^([0-9]+)\.([0-9]+)/.exec(text);
  if (match === null) return undefined;
  return (((Number(match[1]) << 10) & 0xfc00) | (Number(match[2]) & 0x3ff)) >>> 0;
}

/** The mask of a prefix: its `length` upper bits of 32. */
export function prefixMask(length: number): number {
  if (length <= 0) return 0;
  return length >= 32 ? 0xffffffff : (0xffffffff << (32 - length)) >>> 0;
}

// What packets begin with, as files number it (https://www.tcpdump.org/linktypes.html).

/** The LINKTYPE_ numbers of the links that have a name. */
export const LINKS = {
  null: 0,
  ethernet: 1,
  ppp: 9,
  raw: 101,
  loop: 108,
  "linux-sll": 113,
  "linux-sll2": 276,
} as const;

/** What some systems write for LINKTYPE_RAW: the numbers of their DLT_RAW. */
export const OTHER_RAW = [12, 14] as const;

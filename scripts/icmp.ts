// The table of ICMP's and ICMPv6's messages: their numbers, the words that options and filter
// expressions have for them, and what `format` says of one.

import type { Keywords } from "../src/base/keyword.ts";
import { CONSTANTS } from "../src/bpf/compiler/words.ts";
import { icmp6Types, icmpTypes } from "../src/option/icmp.ts";
import { build, format, type LayerInit } from "../src/wire/index.ts";

/** What is quoted in errors. */
const QUOTED: readonly LayerInit[] = [
  { kind: "ipv4", source: "192.0.2.1", destination: "192.0.2.2", ttl: 9 },
  { kind: "udp", sourcePort: 1, destinationPort: 2 },
];
const QUOTED6: readonly LayerInit[] = [
  { kind: "ipv6", source: "2001:db8::1", destination: "2001:db8::2", hopLimit: 9 },
  { kind: "udp", sourcePort: 1, destinationPort: 2 },
];

type Family = {
  readonly kind: "icmp" | "icmpv6";
  readonly keywords: Keywords;
  readonly prefix: string;
  readonly below: LayerInit;
  readonly quoted: readonly LayerInit[];
  /** The types that quote a packet, and the highest code that each has. */
  readonly codes: ReadonlyMap<number, number>;
};

const FAMILIES: readonly Family[] = [
  {
    kind: "icmp",
    keywords: icmpTypes,
    prefix: "icmp-",
    below: { kind: "ipv4", source: "192.0.2.2", destination: "192.0.2.1", ttl: 9 },
    quoted: QUOTED,
    codes: new Map([
      [3, 15],
      [5, 3],
      [11, 1],
    ]),
  },
  {
    kind: "icmpv6",
    keywords: icmp6Types,
    prefix: "icmp6-",
    below: { kind: "ipv6", source: "2001:db8::2", destination: "2001:db8::1", hopLimit: 9 },
    quoted: QUOTED6,
    codes: new Map([
      [1, 6],
      [3, 1],
      [4, 2],
    ]),
  },
];

/** What `format` says of a message, or "" where it knows no more than the number. */
function words({ kind, below, quoted, codes }: Family, type: number, code: number): string {
  const message: LayerInit = kind === "icmp" ? { kind, type, code } : { kind, type, code };
  const layers = [below, message, ...(codes.has(type) ? quoted : [])];
  const line = format(build(layers), { link: "raw" });
  const said = /ICMP6?,? (.*), length \d+$/.exec(line)?.[1] ?? "";
  return /^type-#|^unknown/.test(said) || said.includes("undefined") ? "" : said;
}

function table(family: Family): string {
  const { keywords, prefix, codes } = family;
  const named = [...keywords.entries()];
  const filters = [...CONSTANTS].filter(([name]) => name.startsWith(prefix));
  const types = new Set([...named, ...filters].map(([, type]) => type));
  const rows: string[] = [];
  for (const type of [...types].sort((a, b) => a - b)) {
    const list = (entries: readonly (readonly [string, number])[], quote: string) =>
      entries
        .filter(([, number]) => number === type)
        .map(([name]) => `\`${quote}${name}${quote}\``);
    const first = [`${type}`, "", list(named, '"').join(" "), list(filters, "").join(" ")];
    const most = codes.get(type);
    if (most === undefined) {
      rows.push(`| ${[...first, words(family, type, 0)].join(" | ")} |`);
      continue;
    }
    rows.push(`| ${[...first, ""].join(" | ")} |`);
    for (let code = 0; code <= most; code++) {
      rows.push(`| | ${code} | | | ${words(family, type, code)} |`);
    }
  }
  const head = "| type | code | option | filter expression | `format` |\n|---|---|---|---|---|";
  return `${head}\n${rows.join("\n")}`;
}

export function icmpPage(): string {
  const [four, six] = FAMILIES.map(table);
  return `# ICMP and ICMPv6

The messages by number, and the words for them: in \`ICMP_FILTER\` and \`ICMP6_FILTER\`, in filter
expressions (\`icmp[icmptype] == icmp-echo\`, \`icmp6[icmp6type] == icmp6-routersolicit\`), and
what \`format\` says, here of a packet from 192.0.2.1 to 192.0.2.2. Which fields a message has goes
by its type: [\`Icmp\`](wire/protocol.md#icmp), [\`Icmpv6\`](wire/protocol.md#icmpv6).

## ICMP

${four}

## ICMPv6

${six}
`;
}

// Addresses as text by another way than the package's own: what tests expect.

/** Eight groups as RFC 5952 writes them: without leading zeros, the longest run of zeros "::". */
export function formatIpv6(groups: readonly number[]): string {
  const zerosFirst = groups.findIndex((group) => group !== 0);
  const tail = groups.slice(6).flatMap((group) => [group >> 8, group & 0xff]);
  if (zerosFirst === 5 && groups[5] === 0xffff) return `::ffff:${tail.join(".")}`;
  // inet_ntop's, of IPv4-compatible addresses.
  if (zerosFirst === 6) return `::${tail.join(".")}`;
  const text = groups.map((group) => group.toString(16)).join(":");
  const runs = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].map(([run]) => run);
  const longest = runs.reduce((best, run) => (zeros(run) > zeros(best) ? run : best), "");
  if (longest === "") return text;
  const at = text.indexOf(longest);
  const before = text.slice(0, at);
  const behind = text.slice(at + longest.length).replace(/^:/, "");
  return `${before}::${behind}`;
}

function zeros(run: string): number {
  return run.split("0").length;
}

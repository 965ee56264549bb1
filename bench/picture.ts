// The results as an SVG for the README: a bar per case, as long as its ratio to the native loop.

import type { Outcome } from "./harness.ts";

const WIDTH = 860;
const LABEL = 330;
const ROW = 20;
const RATIO_MAX = 2;
/** Pixels per unit of the ratio. */
const UNIT = (WIDTH - LABEL - 60) / RATIO_MAX;

export function picture(
  results: readonly { readonly title: string; readonly outcomes: readonly Outcome[] }[],
): string {
  const parts: string[] = [];
  let y = 30;
  for (const { title, outcomes } of results) {
    parts.push(`<text x="8" y="${y}" font-weight="bold">${escapeText(title)}</text>`);
    for (const outcome of outcomes) {
      y += ROW;
      parts.push(bar(outcome, y));
    }
    y += ROW * 1.5;
  }
  const x = LABEL + UNIT;
  const mark = `<line x1="${x}" y1="16" x2="${x}" y2="${y - ROW}" stroke="#888" stroke-dasharray="3 3"/>
<text x="${x + 4}" y="14" fill="#666">the native loop</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" font-family="sans-serif" font-size="12">
<title>Times of rawsock as multiples of native loops</title>
<rect width="100%" height="100%" fill="#fff"/>
${parts.join("\n")}
${mark}
</svg>
`;
}

function bar({ name, ratio, met }: Outcome, y: number): string {
  const width = Math.min(ratio, RATIO_MAX) * UNIT;
  const fill = met === false ? "#c60" : "#396";
  return `<text x="${LABEL - 8}" y="${y}" text-anchor="end">${escapeText(name)}</text>
<rect x="${LABEL}" y="${y - 11}" width="${width.toFixed(1)}" height="13" fill="${fill}"/>
<text x="${(LABEL + width + 6).toFixed(1)}" y="${y}">${ratio.toFixed(2)}x</text>`;
}

function escapeText(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}

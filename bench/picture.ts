// The results as an SVG for the README: a bar for every case that has a goal, with a mark where the
// goal is. Where the goal is a ratio, the bar is our time as a multiple of the native one; where it
// is a time to be added at most, the bar is what was added, as a share of that.

import { type Goal, goalText, type Outcome, type Result, timeText } from "./harness.ts";

const WIDTH = 960;
const LABEL = 430;
const ROW = 20;
const PLOT = WIDTH - LABEL - 200;
const SHARE_MAX = 1.5;
/** Pixels per unit: of the ratio, or of what is allowed. */
const UNIT = PLOT / SHARE_MAX;

const GOOD = "#2f855a";
const MISSED = "#c05621";
const GOAL_STROKE = 'stroke="#000" stroke-width="2"';

type WithGoal = Outcome & { readonly goal: Goal };

export function picture(results: readonly Result[]): string {
  const all = results.map(({ title, outcomes }) => ({
    title,
    outcomes: outcomes.filter((outcome): outcome is WithGoal => outcome.goal !== undefined),
  }));
  const parts = [legend(20)];
  let y = 50;
  for (const [kind, heading] of [
    ["ratio", "Our time as a multiple of the native one"],
    ["extraNanoseconds", "What ours adds to the native time, as a share of what it may add"],
  ] as const) {
    const top = y;
    const lines: string[] = [];
    for (const { title, outcomes } of all) {
      const drawn = outcomes.filter(({ goal }) => kind in goal);
      if (drawn.length === 0) continue;
      y += ROW * 1.4;
      lines.push(text(8, y, title, 'font-weight="bold"'));
      for (const outcome of drawn) {
        y += ROW;
        lines.push(bar(outcome, y));
      }
    }
    if (lines.length === 0) continue;
    parts.push(text(8, top, heading, 'font-size="15" font-weight="bold"'));
    if (kind === "ratio") parts.push(nativeLine(top + 8, y + 6));
    parts.push(...lines);
    y += ROW * 2;
  }
  const size = `width="${WIDTH}" height="${y - ROW}" viewBox="0 0 ${WIDTH} ${y - ROW}"`;
  const font = 'font-family="sans-serif" font-size="12"';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${font}>
<title>Times of rawsock beside native loops</title>
<rect width="100%" height="100%" fill="#fff"/>
${parts.join("\n")}
</svg>
`;
}

function legend(y: number): string {
  const x = LABEL;
  return [
    swatch(x, y, GOOD, "goal met"),
    swatch(x + 100, y, MISSED, "goal missed"),
    `<line x1="${x + 216}" y1="${y - 11}" x2="${x + 216}" y2="${y + 3}" ${GOAL_STROKE}/>`,
    text(x + 224, y, "the goal"),
    dashed(x + 300, y - 11, y + 3),
    text(x + 308, y, "the native loop's time"),
  ].join("\n");
}

function swatch(x: number, y: number, fill: string, label: string): string {
  const square = `<rect x="${x}" y="${y - 10}" width="13" height="13" fill="${fill}"/>`;
  return square + text(x + 18, y, label);
}

function nativeLine(top: number, bottom: number): string {
  return dashed(LABEL + UNIT, top, bottom);
}

function dashed(x: number, top: number, bottom: number): string {
  const dashes = 'stroke="#555" stroke-dasharray="4 3"';
  return `<line x1="${x}" y1="${top}" x2="${x}" y2="${bottom}" ${dashes}/>`;
}

function bar({ name, against, ratio, extra, goal, met }: WithGoal, y: number): string {
  const isRatio = "ratio" in goal;
  const share = isRatio ? ratio : extra / goal.extraNanoseconds;
  const width = Math.min(Math.max(share, 0), SHARE_MAX) * UNIT;
  const mark = LABEL + (isRatio ? goal.ratio : 1) * UNIT;
  const label = against === "C" ? name : `${name}, beside ${against}`;
  const value = isRatio
    ? `${ratio.toFixed(2)}x`
    : `${extra < 0 ? "-" : "+"} ${timeText(Math.abs(extra))}`;
  const colour = met === false ? MISSED : GOOD;
  const size = `width="${width.toFixed(1)}" height="14"`;
  const place = `x1="${mark.toFixed(1)}" y1="${y - 13}" x2="${mark.toFixed(1)}" y2="${y + 5}"`;
  return `${text(LABEL - 8, y, label, 'text-anchor="end"')}
<rect x="${LABEL}" y="${y - 11}" ${size} fill="${colour}"/>
<line ${place} ${GOAL_STROKE}/>
${text(LABEL + PLOT + 12, y, `${value}  (goal ${goalText(goal)})`)}`;
}

function text(x: number, y: number, words: string, attributes = ""): string {
  const escaped = words.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<text x="${x}" y="${y}" ${attributes}>${escaped}</text>`;
}

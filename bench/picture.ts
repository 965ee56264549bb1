// The results as an SVG for the README: a bar for each row of words.ts, our time as a multiple of
// the other's, with marks where the goal is and, where it was measured, what the system calls alone
// take; then a chart of how the cost of a datagram grows with the sockets that wait.

import { goalText, type Outcome, type Result, timeText } from "./harness.ts";
import { growthOf, type Row, type Section, sections } from "./words.ts";

const WIDTH = 1040;
const LABEL = 470;
const ROW = 20;
const PLOT = WIDTH - LABEL - 300;
const SHARE_MAX = 1.5;
/** Pixels per unit of the ratio. */
const UNIT = PLOT / SHARE_MAX;

const GOOD = "#2f855a";
const MISSED = "#c05621";
const FLOOR = "#2b6cb0";
const OTHER = "#718096";

type Drawn = { readonly words: string; readonly outcome: Outcome };

export function picture(results: readonly Result[]): string {
  const parts = [legend(20)];
  let y = 56;
  for (const { heading, rows } of complete(results)) {
    if (rows.length === 0) continue;
    parts.push(text(8, y, heading, 'font-size="15" font-weight="bold"'));
    parts.push(dashed(LABEL + UNIT, y + 8, y + 14 + rows.length * ROW));
    y += 8;
    for (const row of rows) {
      y += ROW;
      parts.push(bar(row, y));
    }
    y += ROW * 2;
  }
  const chart = growthChart(results, y);
  parts.push(chart.drawing);
  y += chart.height;
  const size = `width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}"`;
  const font = 'font-family="sans-serif" font-size="12"';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${font}>
<title>Times of rawsock beside those of others</title>
<rect width="100%" height="100%" fill="#fff"/>
${parts.join("\n")}
</svg>
`;
}

/** What the sections show of the results, and then what missed its goal besides. */
function complete(results: readonly Result[]): { heading: string; rows: Drawn[] }[] {
  const shown = new Set<Outcome>();
  const list = sections.map(({ heading, rows }: Section) => ({
    heading,
    rows: rows.flatMap((row) => {
      const outcome = outcomeOf(results, row);
      if (outcome === undefined) return [];
      shown.add(outcome);
      return [{ words: row.against === "C" ? row.words : `${row.words}: ${row.against}`, outcome }];
    }),
  }));
  const missed = results.flatMap(({ title, outcomes }) =>
    outcomes
      .filter((outcome) => outcome.met === false && !shown.has(outcome))
      .map((outcome) => ({ words: missedWords(title, outcome), outcome })),
  );
  return [...list, { heading: "Further goals that were missed", rows: missed }];
}

function missedWords(title: string, { name, against }: Outcome): string {
  return `${title.split(/[:,]/)[0]}: ${name}${against === "C" ? "" : `: ${against}`}`;
}

function outcomeOf(results: readonly Result[], row: Row): Outcome | undefined {
  return results
    .find(({ title }) => title.startsWith(row.suite))
    ?.outcomes.find(({ name, against }) => name === row.name && against === row.against);
}

function legend(y: number): string {
  const x = LABEL - 240;
  return [
    swatch(x, y, GOOD, "ours, goal met"),
    swatch(x + 120, y, MISSED, "ours, goal missed"),
    mark(x + 256, y, "#000"),
    text(x + 264, y, "the goal"),
    mark(x + 330, y, FLOOR),
    text(x + 338, y, "system calls alone"),
    dashed(x + 462, y - 11, y + 3),
    text(x + 470, y, "the other's time: shorter bars are faster"),
  ].join("\n");
}

function swatch(x: number, y: number, fill: string, label: string): string {
  const square = `<rect x="${x}" y="${y - 10}" width="13" height="13" fill="${fill}"/>`;
  return square + text(x + 18, y, label);
}

function mark(x: number, y: number, stroke: string): string {
  const ends = `x1="${x.toFixed(1)}" y1="${y - 13}" x2="${x.toFixed(1)}" y2="${y + 5}"`;
  return `<line ${ends} stroke="${stroke}" stroke-width="2"/>`;
}

function dashed(x: number, top: number, bottom: number): string {
  const place = `x1="${x}" y1="${top}" x2="${x}" y2="${bottom}"`;
  return `<line ${place} stroke="#555" stroke-dasharray="4 3"/>`;
}

const place = (ratio: number) => LABEL + Math.min(Math.max(ratio, 0), SHARE_MAX) * UNIT;

/** The goal as a multiple of the other's time. */
function goalRatio({ goal, native }: Outcome): number | undefined {
  if (goal === undefined) return undefined;
  return "ratio" in goal ? goal.ratio : 1 + goal.extraNanoseconds / native;
}

function bar({ words, outcome }: Drawn, y: number): string {
  const { ratio, ours, native, goal, met, floor } = outcome;
  const size = `width="${Math.max(place(ratio) - LABEL, 1).toFixed(1)}" height="14"`;
  const limit = goalRatio(outcome);
  const times = `${timeText(ours)} : ${timeText(native)}`;
  const wanted = goal === undefined ? "" : `, goal ${goalText(goal)}`;
  const value = `${ratioText(ratio)} = ${times}${wanted}`;
  return [
    text(LABEL - 8, y, words, 'text-anchor="end"'),
    `<rect x="${LABEL}" y="${y - 11}" ${size} fill="${met === false ? MISSED : GOOD}"/>`,
    limit === undefined || limit > SHARE_MAX ? "" : mark(place(limit), y, "#000"),
    floor === undefined || floor > SHARE_MAX ? "" : mark(place(floor), y, FLOOR),
    text(LABEL + PLOT + 8, y, value),
  ].join("\n");
}

function ratioText(ratio: number): string {
  return `${ratio.toFixed(ratio < 0.1 ? 3 : 2)}x`;
}

const CHART_HEIGHT = 160;
const AXIS = 60;

/** One line for ours and one for the other's: nanoseconds for a datagram, by sockets that wait. */
function growthChart(results: readonly Result[], top: number) {
  const outcomes = results.find(({ title }) => title === growthOf.suite)?.outcomes ?? [];
  const points = outcomes.flatMap(({ name, ours, native }) => {
    const [, count] = growthOf.name.exec(name) ?? [];
    return count === undefined ? [] : [{ count, ours, native }];
  });
  if (points.length < 2) return { drawing: "", height: 0 };
  const most = Math.max(...points.map(({ ours }) => ours)) * 1.1;
  const base = top + 30 + CHART_HEIGHT;
  const across = (index: number) => LABEL - 60 + (index * (PLOT + 120)) / (points.length - 1);
  const up = (time: number) => base - (time / most) * CHART_HEIGHT;
  const lineOf = (key: "ours" | "native", stroke: string, label: string) => {
    const path = points.map((point, index) => `${across(index)},${up(point[key]).toFixed(1)}`);
    const last = points.at(-1)?.[key] ?? 0;
    return [
      `<polyline points="${path.join(" ")}" fill="none" stroke="${stroke}" stroke-width="2"/>`,
      ...points.map((point, index) => {
        const at = `x="${across(index)}" y="${(up(point[key]) - 6).toFixed(1)}"`;
        return `<text ${at} text-anchor="middle">${Math.round(point[key])} ns</text>`;
      }),
      text(across(points.length - 1) + 44, up(last) + 4, label),
    ];
  };
  const drawing = [
    text(8, top, "Growth", 'font-size="15" font-weight="bold"'),
    text(8, top + 24, "Processor time for a datagram that one of so many"),
    text(8, top + 40, "waiting sockets receives; a hundred come at once"),
    `<line x1="${LABEL - AXIS - 30}" y1="${base}" x2="${WIDTH - 130}" y2="${base}" stroke="#555"/>`,
    ...points.map(({ count }, index) =>
      text(across(index), base + 16, `${count} sockets`, 'text-anchor="middle"'),
    ),
    ...lineOf("ours", GOOD, "ours"),
    ...lineOf("native", OTHER, "epoll in C"),
  ].join("\n");
  return { drawing, height: CHART_HEIGHT + 70 };
}

function text(x: number, y: number, words: string, attributes = ""): string {
  const escaped = words.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<text x="${x}" y="${y}" ${attributes}>${escaped}</text>`;
}

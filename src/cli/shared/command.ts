// What a subcommand is, and its help.

import type { Options, Parsed } from "./arguments.ts";
import type { Interruption } from "./interruption.ts";
import type { Output } from "./output.ts";

export type Context<O extends Options> = Parsed<O> & {
  readonly output: Output;
  /** Ctrl-C: the command ends as it would have anyway, with its summary. */
  readonly interruption: Interruption;
};

export type Command<O extends Options = Options> = {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What stands behind the name, a line for each way to use it. */
  readonly usage: readonly string[];
  readonly options: O;
  /** What to know, in paragraphs. */
  readonly about?: string;
  /** Examples, and what they do. */
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  /** The status where the system refuses; 1 unless told. */
  readonly failureStatus?: number;
  /** The exit status. */
  run(context: Context<O>): Promise<number> | number;
};

/** Every command has these. */
export const JSON_OPTION = {
  type: "boolean",
  help: "objects instead of text, one in a line",
} as const;

export function helpOf({ name, summary, usage, options, about, examples }: Command): string {
  const parts = [
    `${summary}\n`,
    ...usage.map((line, index) => `${index === 0 ? "Usage:" : "      "} rawsock ${name} ${line}`),
    "",
    "Options:",
    ...columns([...optionLines(options), ["-h, --help", "this text"]]),
  ];
  if (about !== undefined) parts.push("", about.trim());
  parts.push("", "Examples:");
  for (const [words, meaning] of examples)
    parts.push(`  rawsock ${name} ${words}`, `      ${meaning}`);
  return parts.join("\n");
}

function optionLines(options: Options): [string, string][] {
  return Object.entries(options).map(([name, { short, value, help }]) => {
    const letter = short === undefined ? "    " : `-${short}, `;
    return [`${letter}--${name}${value === undefined ? "" : ` <${value}>`}`, help];
  });
}

/** Two columns, as wide as the widest of the first. */
export function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([first]) => first.length));
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}`);
}

// Runs a command: its help, its errors, its status.

import { type Options, readArguments } from "./arguments.ts";
import { type Command, helpOf } from "./command.ts";
import { explained, UNREAD_STATUS, Unread, USAGE_STATUS, UsageError } from "./failure.ts";
import { Interruption } from "./interruption.ts";
import { Output } from "./output.ts";

const HELP = { help: { type: "boolean", short: "h", help: "" } } as const;

/** A command, as a function of the words behind its name that ends the process. */
export type Runnable = ((words: readonly string[]) => Promise<void>) & {
  readonly definition: Command;
};

/** Makes a command of its definition. */
export function command<const O extends Options>(definition: Command<O>): Runnable {
  const known = definition as unknown as Command;
  const run = (words: readonly string[]) => execute(known, words);
  return Object.assign(run, { definition: known });
}

async function execute(command: Command, words: readonly string[]): Promise<void> {
  const output = new Output();
  const status = await run(command, words, output).catch((error) =>
    statusOf(error, command, output),
  );
  // Whatever still waits is not waited for.
  process.exit(status);
}

async function run(command: Command, words: readonly string[], output: Output): Promise<number> {
  const asked = helpBefore(words);
  const { values, positionals } = asked
    ? { values: { help: true }, positionals: [] }
    : readArguments(words, { ...command.options, ...HELP });
  if (values.help === true) {
    output.line(helpOf(command));
    return 0;
  }
  const interruption = new Interruption();
  interruption.watch();
  const status = await command.run({ values, positionals, output, interruption });
  output.end();
  return status;
}

/** Help is given whatever else stands there. */
function helpBefore(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return words.slice(0, end < 0 ? words.length : end).includes("--help");
}

function statusOf(error: unknown, { name, failureStatus }: Command, output: Output): number {
  if (error instanceof Unread) return UNREAD_STATUS;
  const text = explained(error);
  try {
    if (error instanceof UsageError) {
      output.note(`rawsock ${name}: ${text}\nTry rawsock ${name} --help`);
      return USAGE_STATUS;
    }
    if (text !== undefined) {
      output.note(`rawsock ${name}: ${text}`);
      return error instanceof Error && "status" in error
        ? Number(error.status)
        : (failureStatus ?? 1);
    }
  } catch (unread) {
    if (unread instanceof Unread) return UNREAD_STATUS;
    throw unread;
  }
  throw error;
}

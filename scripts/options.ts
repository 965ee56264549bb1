// Prints the list of socket options as a Markdown table: `bun scripts/options.ts`.

import { optionList } from "../src/option/table.ts";

process.stdout.write(optionList());

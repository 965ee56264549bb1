// Writes OPTIONS.md, the list of socket options; `npm run docs` does so as well.

import { join } from "node:path";
import { optionList } from "../src/option/table.ts";
import { since } from "./since.ts";

export const HEAD = `# Socket options

Every option by its kernel name, as \`socketOption\`, \`setSocketOption\`, \`socketOptions\` and
\`setSocketOptions\` take it. What a platform lacks throws a TypeError that says so. Made from the
tables in src/option/table by \`npm run docs\`; behind some stands the first Linux that has them.
Where a value has keywords, these are in [their list](docs/reference/keywords.md).

`;

if (import.meta.main) {
  await Bun.write(join(import.meta.dir, "../OPTIONS.md"), HEAD + optionList(since));
}

// The code of docs/wire.md does what is said beside it.

import { guide } from "../support/guide.ts";

guide("docs/wire.md");

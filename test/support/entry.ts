// What programs and Workers that a test starts import.

import { join } from "node:path";

/** The sources; or one file made of them, where it takes long to open many. */
export const entry = process.env.RAWSOCK_TEST_ENTRY ?? join(import.meta.dir, "../../src/index.ts");

// Before every test file: the first call of the zig compiler on a new machine builds parts of the C
// library, which takes longer than bun test's five seconds.

import { setDefaultTimeout } from "bun:test";

setDefaultTimeout(120_000);

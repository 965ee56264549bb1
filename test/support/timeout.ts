// Loaded before the tests: how long one may take that says nothing else. That is for a test that
// hangs, not for a machine that has other things to do: the usual 5 seconds are.

import { setDefaultTimeout } from "bun:test";
import { patience } from "./patience.ts";

setDefaultTimeout(60_000 * patience);

// `npm run test:faults`: every public call while every system call that it makes fails with every
// errno, where every resource is short, and in storms of signals. `npm test` has a part of it.
// Words behind it go to `bun test`: `-t netlink` chooses.

import { conclude, runTests } from "./suite.ts";

const ALL = "1000";
const env = { RAWSOCK_TEST_FAULTS: ALL };
const words = ["--timeout=60000", ...process.argv.slice(2), "test/faults"];
conclude(await runTests(["bun"], words, { env }));

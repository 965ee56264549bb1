// Preloaded where Bun runs by way of a launcher: tests that start a Bun of their own start that.

const bun = process.env.RAWSOCK_TEST_BUN;
if (bun === undefined) throw new Error("RAWSOCK_TEST_BUN is not set");
process.execPath = bun;

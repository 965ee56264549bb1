// Limits of time: an emulator is slower than the machine that they were made for.

/** How many times as long as usual things may take. */
export const patience = Number(process.env.RAWSOCK_TEST_PATIENCE ?? 1);

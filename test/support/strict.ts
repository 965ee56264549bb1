// Whether the tables of calls hide nothing: what a process may not do, or a kernel lacks, fails.

export const strict: boolean = process.env.RAWSOCK_TEST_STRICT === "yes";

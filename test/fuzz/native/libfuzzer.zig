//! A harness as LLVM's libFuzzer wants it, which `clang -fsanitize=fuzzer` links with this: the name
//! of the harness is in the environment.
extern fn rawsock_fuzz_begin(name: [*:0]const u8) u32;
extern fn rawsock_fuzz_run(data: [*]const u8, length: usize) void;
extern fn rawsock_fuzz_counters(start: *[*]u8) usize;
extern fn __sanitizer_cov_8bit_counters_init(start: [*]u8, stop: [*]u8) void;
extern fn getenv(name: [*:0]const u8) ?[*:0]const u8;
extern fn abort() noreturn;

pub export fn LLVMFuzzerInitialize(_: *c_int, _: *[*][*:0]u8) c_int {
    var start: [*]u8 = undefined;
    const count = rawsock_fuzz_counters(&start);
    // clang would have called it for code of its own.
    __sanitizer_cov_8bit_counters_init(start, start + count);
    if (rawsock_fuzz_begin(getenv("RAWSOCK_FUZZ_HARNESS") orelse abort()) == 0) abort();
    return 0;
}

pub export fn LLVMFuzzerTestOneInput(data: [*]const u8, length: usize) c_int {
    rawsock_fuzz_run(data, length);
    return 0;
}

//! The harnesses of the native library, for whatever drives them: driver.zig, or LLVM's libFuzzer.
const std = @import("std");
const memory = @import("memory.zig");

/// The library's kernel: zig/system.zig.
pub const rawsock_system = @import("kernel.zig");

const harnesses = .{
    .control = @import("control.zig"),
    .frame = @import("frame.zig"),
    .names = @import("names.zig"),
    .netlink = @import("netlink.zig"),
    .ring = @import("ring.zig"),
    .sockaddr = @import("sockaddr.zig"),
    .transfer = @import("transfer.zig"),
};

extern fn abort() noreturn;
extern fn write(fd: c_int, bytes: [*]const u8, length: usize) isize;

pub const panic = std.debug.FullPanic(struct {
    fn panic(message: []const u8, _: ?usize) noreturn {
        const text = "fuzz: ";
        _ = write(2, text, text.len);
        _ = write(2, message.ptr, message.len);
        _ = write(2, "\n", 1);
        abort();
    }
}.panic);

/// Makes a harness ready and returns the largest input it takes; 0: there is none of that name.
pub export fn rawsock_fuzz_begin(name: [*:0]const u8) u32 {
    const wanted = std.mem.span(name);
    inline for (@typeInfo(@TypeOf(harnesses)).@"struct".fields, 0..) |field, index| {
        if (std.mem.eql(u8, field.name, wanted)) {
            chosen = index;
            const harness = @field(harnesses, field.name);
            harness.begin();
            return harness.largest;
        }
    }
    return 0;
}

var chosen: usize = 0;

/// Runs the harness with the input at either end of its memory.
pub export fn rawsock_fuzz_run(data: [*]const u8, length: usize) void {
    inline for (@typeInfo(@TypeOf(harnesses)).@"struct".fields, 0..) |field, index| {
        if (index == chosen) {
            const harness = @field(harnesses, field.name);
            const input = data[0..@min(length, harness.largest)];
            harness.run(input, .end);
            harness.run(input, .start);
        }
    }
}

/// A counter for each edge of the instrumented code, which the compiler has put there.
const counters_start = @extern([*]u8, .{ .name = "__start___sancov_cntrs" });
const counters_stop = @extern([*]u8, .{ .name = "__stop___sancov_cntrs" });

pub export fn rawsock_fuzz_counters(start: *[*]u8) usize {
    start.* = counters_start;
    return @intFromPtr(counters_stop) - @intFromPtr(counters_start);
}

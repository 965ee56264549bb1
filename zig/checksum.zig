//! RFC 1071 sums; pure. Sums are 16-bit, the value on the wire read big-endian.
const std = @import("std");
const builtin = @import("builtin");
const cpu = @import("cpu.zig");
const fold = @import("fold.zig").fold;

/// The same loop compiled for different CPUs (checksum_kernel.zig). The caller keeps the choice
/// and passes it with every call, so that the library keeps no state and asks the CPU once.
pub const Kernel = enum(u32) { baseline, avx2, avx512, _ };

extern fn rawsock_sum_baseline(data: [*]const u8, length: usize) callconv(.c) u64;
extern fn rawsock_sum_avx2(data: [*]const u8, length: usize) callconv(.c) u64;
extern fn rawsock_sum_avx512(data: [*]const u8, length: usize) callconv(.c) u64;

/// The fastest kernel that runs on this CPU; those before it in `Kernel` run too.
pub fn fastest() callconv(.c) i32 {
    const kernel: Kernel = switch (cpu.vectors()) {
        .baseline => .baseline,
        .avx2 => .avx2,
        .avx512 => .avx512,
    };
    return @intCast(@intFromEnum(kernel));
}

/// `start`, of 16 bits, with the big-endian 16-bit words of the data added and folded; an odd last
/// byte is padded with a zero.
pub fn partial(
    data: [*]const u8,
    offset: u32,
    length: u32,
    start: u32,
    kernel: u32,
) callconv(.c) i32 {
    const sum = nativeSum(data[offset..][0..length], @enumFromInt(kernel));
    return std.mem.bigToNative(u16, fold(sum + std.mem.nativeToBig(u16, @intCast(start))));
}

/// The sum of the data's 16-bit words in the machine's own byte order, not folded. Byte order is a
/// matter of the end alone: the swapped sum is the sum of the swapped words (RFC 1071, 2(B)).
pub inline fn nativeSum(data: []const u8, kernel: Kernel) u64 {
    if (builtin.target.cpu.arch == .x86_64) {
        if (kernel == .avx512) return rawsock_sum_avx512(data.ptr, data.len);
        if (kernel == .avx2) return rawsock_sum_avx2(data.ptr, data.len);
    }
    return rawsock_sum_baseline(data.ptr, data.len);
}

/// Checks every kernel that runs here.
fn expectSum(expected: u16, data: []const u8, start: u32) !void {
    const fastest_kernel: u32 = @intCast(fastest());
    for (0..fastest_kernel + 1) |kernel| {
        const length: u32 = @intCast(data.len);
        const sum = partial(data.ptr, 0, length, start, @intCast(kernel));
        try std.testing.expectEqual(@as(i32, expected), sum);
    }
}

fn naive(data: []const u8) u16 {
    var sum: u64 = 0;
    for (data, 0..) |byte, index| sum += if (index % 2 == 0) @as(u64, byte) << 8 else byte;
    return fold(sum);
}

test "the example of RFC 1071, section 3" {
    try expectSum(0xddf2, &.{ 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 }, 0);
}

test "an odd last byte is the high one of its word" {
    try expectSum(0x1200, &.{0x12}, 0);
    try expectSum(0, &.{}, 0);
    try expectSum(0x1234, &.{}, 0x1234);
}

test "every length and alignment equals the naive loop" {
    var random: std.Random.DefaultPrng = .init(1071);
    var bytes: [3000]u8 = undefined;
    random.random().bytes(&bytes);
    for (0..3) |alignment| {
        for (0..bytes.len - alignment) |length| {
            const data = bytes[alignment..][0..length];
            try expectSum(naive(data), data, 0);
        }
    }
    @memset(&bytes, 0xff);
    for (0..bytes.len) |length| try expectSum(naive(bytes[0..length]), bytes[0..length], 0);
}

test "lanes that are as full as they become do not overflow" {
    const bytes = try std.testing.allocator.alloc(u8, (4 << 20) + 7);
    defer std.testing.allocator.free(bytes);
    for ([_]u8{ 0x00, 0xff, 0x7f, 0x80 }) |byte| {
        @memset(bytes, byte);
        for ([_]usize{ 65_534, 65_535, 65_536, 65_537, 65_538, 1 << 20, bytes.len }) |length| {
            try expectSum(naive(bytes[0..length]), bytes[0..length], 0);
        }
    }
}

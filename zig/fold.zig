//! End-around carry: the arithmetic that every sum of RFC 1071 ends with.
const std = @import("std");

/// A sum of 16-bit words folded to 16 bits. Zero comes of zero alone.
pub inline fn fold(sum: u64) u16 {
    // Each step's carry fits in the half it is added to.
    const sum33 = (sum >> 32) + (sum & 0xffff_ffff);
    const sum18 = (sum33 >> 32) + (sum33 >> 16 & 0xffff) + (sum33 & 0xffff);
    const sum17 = (sum18 >> 16) + (sum18 & 0xffff);
    return @intCast((sum17 >> 16) + (sum17 & 0xffff));
}

test "corners" {
    try std.testing.expectEqual(@as(u16, 0), fold(0));
    try std.testing.expectEqual(@as(u16, 0xffff), fold(0xffff));
    try std.testing.expectEqual(@as(u16, 1), fold(0x10000));
    try std.testing.expectEqual(@as(u16, 0xffff), fold(0xffff_ffff));
    try std.testing.expectEqual(@as(u16, 0xffff), fold(0xffff_ffff_ffff_ffff));
    try std.testing.expectEqual(@as(u16, 1), fold(0xffff_ffff_0000_ffff + 1 - 0xffff));
}

test "equals the remainder modulo 0xffff" {
    var random: std.Random.DefaultPrng = .init(1071);
    for (0..10_000) |_| {
        const sum = random.random().int(u64) | 1;
        const remainder = sum % 0xffff;
        try std.testing.expectEqual(if (remainder == 0) 0xffff else remainder, fold(sum));
    }
}

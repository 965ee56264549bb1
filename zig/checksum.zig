//! RFC 1071 sums; pure. Sums are 16-bit, the value on the wire read big-endian.
const std = @import("std");

/// `sum` with the big-endian 16-bit words of the data added and folded; an odd last byte is padded.
pub fn partial(data: [*]const u8, offset: u32, length: u32, sum: u32) callconv(.c) i32 {
    return add(data[offset..][0..length], sum);
}

fn add(data: []const u8, start: u32) u16 {
    var sum: u64 = start;
    var index: usize = 0;
    while (index + 1 < data.len) : (index += 2) {
        sum += std.mem.readInt(u16, data[index..][0..2], .big);
    }
    if (index < data.len) sum += @as(u16, data[index]) << 8;
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return @intCast(sum);
}

test "the example of RFC 1071, section 3" {
    const data = [_]u8{ 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
    try std.testing.expectEqual(@as(u16, 0xddf2), add(&data, 0));
}

test "an odd last byte is the high one of its word" {
    try std.testing.expectEqual(@as(u16, 0x1200), add(&.{0x12}, 0));
    try std.testing.expectEqual(@as(u16, 0), add(&.{}, 0));
}

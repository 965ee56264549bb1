//! The one return convention of the library: >= 0 is the result, < 0 is -errno.
const std = @import("std");
const c = @import("headers");

/// What a raw Linux system call returned.
pub inline fn fromSystemCall(raw: usize) i32 {
    return @truncate(@as(isize, @bitCast(raw)));
}

/// -errno by name, as in `fail(c.EINVAL)`.
pub inline fn fail(comptime errno: comptime_int) i32 {
    return -errno;
}

test "a system call's failure is its negative errno" {
    const raw: usize = @bitCast(@as(isize, -c.EBADF));
    try std.testing.expectEqual(fail(c.EBADF), fromSystemCall(raw));
    try std.testing.expectEqual(@as(i32, 7), fromSystemCall(7));
}

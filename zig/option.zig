//! getsockopt(2) and setsockopt(2): two functions carry every option of every level.
const std = @import("std");
const c = @import("headers");
const fail = @import("result.zig").fail;
const system = @import("system.zig");

/// Bytes of struct sock_filter, the unit in which the kernel counts an attached filter.
const filter_unit = 8;

/// Reads an option into `value`, `room` bytes, whose content some options also read. Returns the
/// option's length, which may exceed `room`: then the kernel tells the length needed.
pub fn getsockopt(fd: i32, level: i32, name: i32, value: [*]u8, room: u32) callconv(.c) i32 {
    if (isFilter(level, name)) return getFilter(fd, level, name, value, room);
    var length = room;
    const status = system.getsockopt(fd, level, name, value, &length);
    return if (status < 0) status else std.math.cast(i32, length) orelse fail(c.EOVERFLOW);
}

/// SO_GET_FILTER is the one option whose length is no number of bytes: passed on as it is, the
/// kernel would write eight times as much as there is room for.
fn isFilter(level: i32, name: i32) bool {
    if (!@hasDecl(c, "SO_GET_FILTER")) return false;
    return level == c.SOL_SOCKET and name == c.SO_GET_FILTER;
}

fn getFilter(fd: i32, level: i32, name: i32, value: [*]u8, room: u32) i32 {
    // A length of 0 asks for the number of instructions only; too short a one is -EINVAL.
    var count: u32 = 0;
    const status = system.getsockopt(fd, level, name, value, &count);
    if (status < 0) return status;
    // A program has at most BPF_MAXINSNS instructions, 4,096.
    const size: i32 = @intCast(count * filter_unit);
    if (size > room or count == 0) return size;
    const again = system.getsockopt(fd, level, name, value, &count);
    return if (again < 0) again else @intCast(count * filter_unit);
}

/// Sets an option to the `length` bytes from `offset`.
pub fn setsockopt(
    fd: i32,
    level: i32,
    name: i32,
    value: [*]const u8,
    offset: u32,
    length: u32,
) callconv(.c) i32 {
    return system.setsockopt(fd, level, name, value + offset, length);
}

//! Windows has no tun devices of its own.
const c = @import("headers");
const Step = @import("namespace.zig").Step;

pub fn open(_: *[c.IFNAMSIZ]u8, _: u32, step: *Step) i32 {
    step.* = .device;
    return -c.EOPNOTSUPP;
}

pub fn read(_: i32, _: []u8, _: []u8) i32 {
    return -c.EOPNOTSUPP;
}

pub fn write(_: i32, _: []const u8) i32 {
    return -c.EOPNOTSUPP;
}

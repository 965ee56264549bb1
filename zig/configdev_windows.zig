//! Windows: an interface's flags.
const c = @import("headers");

pub fn requestAbout(_: i32, _: u32, _: [*]const u8, _: [*]u8) callconv(.c) i32 {
    return -c.EOPNOTSUPP;
}

pub fn flags(_: i32, _: [*]const u8) callconv(.c) i32 {
    return -c.EOPNOTSUPP;
}

pub fn setFlags(_: i32, _: [*]const u8, _: u32) callconv(.c) i32 {
    return -c.EOPNOTSUPP;
}

pub fn setAddress(_: i32, _: [*]const u8, _: [*]const u8) callconv(.c) i32 {
    return -c.EOPNOTSUPP;
}

pub const setNetmask = setAddress;

//! Windows: GetAdaptersAddresses.
const c = @import("headers");

pub fn list(_: u32, _: [*]u8, _: u32, _: [*]u8, _: u32) callconv(.c) i32 {
    return -c.ENOSYS;
}

pub fn statistics(_: u32, _: [*]const u8, _: [*]u8, _: u32, _: [*]u8, _: u32) callconv(.c) i32 {
    return -c.ENOSYS;
}

pub const linkDestination = statistics;

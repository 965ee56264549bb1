//! Windows: no event source yet.
const c = @import("headers");
const Source = @import("readiness_source.zig").Source;

pub fn open() i32 {
    return -c.ENOSYS;
}

pub fn duplicate(_: i32) i32 {
    return -c.ENOSYS;
}

pub fn isDuplicate(_: *const Source) bool {
    return false;
}

pub fn watch(_: i32, _: i32, _: u32, _: u32, _: u32, _: u32) i32 {
    return -c.ENOSYS;
}

pub fn take(_: *Source) i32 {
    return -c.ENOSYS;
}

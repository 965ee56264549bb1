//! The devices by which macOS and FreeBSD capture packets: bpf(4).
const std = @import("std");
const c = @import("headers");
const readiness = @import("readiness_source.zig");
const has_devices = switch (@import("builtin").target.os.tag) {
    .linux, .windows => false,
    else => true,
};

/// Opens a device that is free, non-blocking and close-on-exec, and the event source's from then
/// on. -EOPNOTSUPP on Linux, which has packet sockets, and on Windows, which has nothing.
pub fn open(memory: [*]u8) callconv(.c) i32 {
    if (!has_devices) return -c.EOPNOTSUPP;
    const fd = @import("device_bpf.zig").open();
    if (fd >= 0) readiness.Source.from(memory).own(fd);
    return fd;
}

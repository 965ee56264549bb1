//! macOS and FreeBSD: /dev/bpf, or the first of /dev/bpf0 and so on that nobody has. Compiled,
//! never yet run.
const std = @import("std");
const c = @import("headers");

const devices_max = 256;
const flags: std.c.O = .{ .ACCMODE = .RDWR, .NONBLOCK = true, .CLOEXEC = true };

pub fn open() i32 {
    var fd = openPath("/dev/bpf");
    // FreeBSD has one that is each time another; macOS makes them as they are needed.
    if (fd != -c.ENOENT) return fd;
    for (0..devices_max) |number| {
        var room: [16]u8 = undefined;
        const path = std.fmt.bufPrintZ(&room, "/dev/bpf{d}", .{number}) catch unreachable;
        fd = openPath(path);
        if (fd != -c.EBUSY) break;
    }
    return fd;
}

fn openPath(path: [*:0]const u8) i32 {
    const fd = std.c.open(path, flags);
    return if (fd < 0) -std.c._errno().* else fd;
}

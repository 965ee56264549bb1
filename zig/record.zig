//! Telling a record without bytes from the end of a connection of records: unix(7).
const std = @import("std");
const c = @import("headers");
const control = @import("control.zig");
const system = @import("system.zig");

const linux = @import("builtin").target.os.tag == .linux;

/// What SCM_CREDENTIALS takes: a header and three integers.
const credentials_size = @offsetOf(control.ControlHeader, "data") + 3 * @sizeOf(i32);
pub const credentials_room = std.mem.alignForward(usize, credentials_size, @sizeOf(usize));

/// Is SO_PASSCRED on? 1 or 0, or -errno.
pub fn asksForCredentials(fd: i32) i32 {
    if (!linux) return -c.ENOPROTOOPT;
    var on: i32 = 0;
    var length: u32 = @sizeOf(i32);
    const status = system.getsockopt(fd, c.SOL_SOCKET, c.SO_PASSCRED, @ptrCast(&on), &length);
    return if (status < 0) status else @intFromBool(on != 0);
}

pub fn askForCredentials(fd: i32, on: bool) i32 {
    if (!linux) return -c.ENOPROTOOPT;
    const value: i32 = @intFromBool(on);
    const size = @sizeOf(i32);
    return system.setsockopt(fd, c.SOL_SOCKET, c.SO_PASSCRED, @ptrCast(&value), size);
}

/// What a record would have brought is missing, be it that there was no room for it.
pub fn isEnd(header: *const c.struct_msghdr, length: u32) bool {
    return length == 0 and header.msg_controllen == 0 and header.msg_flags & c.MSG_CTRUNC == 0;
}

/// Takes out the credentials, which come first.
pub fn takeOutCredentials(header: *c.struct_msghdr) void {
    const length: usize = @intCast(header.msg_controllen);
    const pointer = header.msg_control orelse return;
    const bytes = @as([*]u8, @ptrCast(pointer))[0..length];
    if (!linux or !beginsWithCredentials(bytes)) return;
    const rest = bytes[@min(credentials_room, length)..];
    std.mem.copyForwards(u8, bytes[0..rest.len], rest);
    header.msg_controllen = @intCast(rest.len);
}

fn beginsWithCredentials(bytes: []const u8) bool {
    if (bytes.len < credentials_size) return false;
    const header = std.mem.bytesToValue(control.Header, bytes[0..@sizeOf(control.Header)]);
    return header.cmsg_level == c.SOL_SOCKET and header.cmsg_type == c.SCM_CREDENTIALS;
}

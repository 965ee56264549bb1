//! Windows: accept(2), which waits as long as the listening socket's user lets it.
const c = @import("headers");
const errors = @import("error_windows.zig");
const patience = @import("patience_windows.zig");
const process = @import("process_windows.zig");
const sockets = @import("socket_windows.zig");
const winsock = @import("winsock.zig");

pub fn accept(fd: i32, name: ?*anyopaque, length: ?*u32, nonblocking: bool) i32 {
    const call: Accept = .{ .fd = fd, .name = name, .length = length };
    return patience.waiting(fd, .receive, 0, call, nonblocking);
}

/// Windows does not give out a connection that its peer has reset, and tells of the reset; Wine,
/// that it has no peer. POSIX has a name for that.
fn lost(status: i32) i32 {
    return if (status == -c.ECONNRESET or status == -c.ENOTCONN) -c.ECONNABORTED else status;
}

const Accept = struct {
    fd: i32,
    name: ?*anyopaque,
    length: ?*u32,

    pub fn now(call: Accept, nonblocking: bool) i32 {
        var length: c_int = if (call.length) |room| @intCast(room.*) else 0;
        const pointer = if (call.length == null) null else &length;
        const accepted = winsock.accept(sockets.handle(call.fd), call.name, pointer);
        if (accepted == winsock.invalid_socket) return lost(errors.lastOf(call.fd));
        if (call.length) |room| room.* = @intCast(length);
        // HANDLE_FLAG_INHERIT
        _ = winsock.SetHandleInformation(accepted, 1, 0);
        const state: process.State = .{ .known = true, .stream = true, .nonblocking = nonblocking };
        return sockets.adopted(accepted, state);
    }
};

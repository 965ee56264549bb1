//! Windows: a SOCKET as a descriptor: made, named, ended, and what is known of it.
const std = @import("std");
const c = @import("headers");
const errors = @import("error_windows.zig");
const process = @import("process_windows.zig");
const winsock = @import("winsock.zig");

/// The descriptor's SOCKET.
pub fn handle(fd: i32) winsock.Socket {
    return @as(u32, @bitCast(fd));
}

const WSA_FLAG_OVERLAPPED = 0x01;
const WSA_FLAG_NO_HANDLE_INHERIT = 0x80;

pub fn socket(domain: i32, kind: i32, protocol: i32) i32 {
    const started = process.start();
    if (started < 0) return started;
    const flags = WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT;
    const made = winsock.WSASocketW(domain, kind, protocol, null, 0, flags);
    if (made == winsock.invalid_socket) return errors.last();
    return adopted(made, .{ .known = true, .stream = kind == c.SOCK_STREAM });
}

/// The descriptor of a socket that was made a moment ago, or -errno.
pub fn adopted(made: winsock.Socket, state: process.State) i32 {
    if (!process.isInRange(made)) {
        _ = winsock.closesocket(made);
        return -c.EMFILE;
    }
    const fd: i32 = @intCast(made);
    var on: u32 = 1;
    if (winsock.ioctlsocket(made, c.FIONBIO, &on) != 0) {
        const failure = errors.last();
        _ = winsock.closesocket(made);
        return failure;
    }
    process.setState(fd, state);
    return fd;
}

pub fn bind(fd: i32, name: [*]const u8, length: u32) i32 {
    if (winsock.bind(handle(fd), name, @intCast(length)) != 0) return errors.lastOf(fd);
    return 0;
}

pub fn connect(fd: i32, name: [*]const u8, length: u32) i32 {
    const known = know(fd);
    if (known < 0) return known;
    if (length >= 2 and std.mem.readInt(u16, name[0..2], .little) == c.AF_UNSPEC) {
        return disconnect(fd);
    }
    if (winsock.connect(handle(fd), name, @intCast(length)) == 0) return 0;
    const failure = errors.lastOf(fd);
    if (failure != -c.EAGAIN) return failure;
    // A call that would wait goes on by itself, as a non-blocking one does elsewhere; socket.zig
    // waits for it.
    return -c.EINPROGRESS;
}

/// connect(2) to AF_UNSPEC: what was connected is no longer. Winsock takes an address of zeros.
fn disconnect(fd: i32) i32 {
    const family = familyOf(fd);
    if (family < 0) return family;
    var name: [@sizeOf(c.struct_sockaddr_in6)]u8 = @splat(0);
    std.mem.writeInt(u16, name[0..2], @intCast(family), .little);
    const length: c_int = if (family == c.AF_INET6) name.len else @sizeOf(c.struct_sockaddr_in);
    return if (winsock.connect(handle(fd), &name, length) == 0) 0 else errors.lastOf(fd);
}

pub fn listen(fd: i32, backlog: i32) i32 {
    // What is not positive means the least elsewhere, and here for some systems an error.
    return if (winsock.listen(handle(fd), @max(backlog, 1)) == 0) 0 else errors.lastOf(fd);
}

pub fn getsockname(fd: i32, name: ?*anyopaque, length: *u32) i32 {
    var room: c_int = @intCast(length.*);
    if (winsock.getsockname(handle(fd), name, &room) == 0) {
        length.* = @intCast(room);
        return 0;
    }
    const failure = errors.lastOf(fd);
    return if (failure == -c.EINVAL) unbound(fd, name, length) else failure;
}

/// The name of a socket that has none yet: its family and zeros, as elsewhere.
fn unbound(fd: i32, name: ?*anyopaque, length: *u32) i32 {
    const family = familyOf(fd);
    if (family < 0) return family;
    const size: u32 = switch (family) {
        c.AF_INET => @sizeOf(c.struct_sockaddr_in),
        c.AF_INET6 => @sizeOf(c.struct_sockaddr_in6),
        else => 2,
    };
    const bytes: [*]u8 = @ptrCast(name orelse return -c.EFAULT);
    if (length.* < size) return -c.EFAULT;
    @memset(bytes[0..size], 0);
    std.mem.writeInt(u16, bytes[0..2], @intCast(family), .little);
    length.* = size;
    return 0;
}

pub fn getpeername(fd: i32, name: ?*anyopaque, length: *u32) i32 {
    var room: c_int = @intCast(length.*);
    if (winsock.getpeername(handle(fd), name, &room) != 0) return errors.lastOf(fd);
    length.* = @intCast(room);
    return 0;
}

pub fn shutdown(fd: i32, how: i32) i32 {
    return if (winsock.shutdown(handle(fd), how) == 0) 0 else errors.lastOf(fd);
}

pub fn close(fd: i32) i32 {
    // First: the number may be another socket's as soon as it is free.
    const before = process.state(fd);
    process.setState(fd, .{});
    if (winsock.closesocket(handle(fd)) == 0) return 0;
    const failure = errors.lastOf(fd);
    if (failure != -c.EAGAIN) return failure;
    // SO_LINGER has a blocking socket's close wait, and a non-blocking one's fail.
    process.setState(fd, before);
    var off: u32 = 0;
    _ = winsock.ioctlsocket(handle(fd), c.FIONBIO, &off);
    process.setState(fd, .{});
    return if (winsock.closesocket(handle(fd)) == 0) 0 else errors.lastOf(fd);
}

/// O_NONBLOCK or 0: what the socket's user was told. fcntl(2), F_GETFL.
pub fn getFlags(fd: i32) i32 {
    const known = know(fd);
    if (known < 0) return known;
    return if (process.state(fd).nonblocking) c.O_NONBLOCK else 0;
}

/// Windows has the socket non-blocking in any case.
pub fn setFlags(fd: i32, flags: i32) i32 {
    const known = know(fd);
    if (known < 0) return known;
    var state = process.state(fd);
    state.nonblocking = flags & c.O_NONBLOCK != 0;
    process.setState(fd, state);
    return 0;
}

/// Has a socket that somebody else made behave as those made here. 0, or -errno.
pub fn know(fd: i32) i32 {
    if (process.state(fd).known) return 0;
    const kind = kindOf(fd);
    if (kind < 0) return kind;
    if (!process.isInRange(handle(fd))) return -c.EBADF;
    var on: u32 = 1;
    if (winsock.ioctlsocket(handle(fd), c.FIONBIO, &on) != 0) return errors.lastOf(fd);
    process.setState(fd, .{ .known = true, .stream = kind == c.SOCK_STREAM });
    return 0;
}

pub fn get(fd: i32, level: i32, name: i32, value: [*]u8, length: *u32) i32 {
    var room: c_int = @intCast(@min(length.*, std.math.maxInt(i32)));
    if (winsock.getsockopt(handle(fd), level, name, value, &room) != 0) return errors.lastOf(fd);
    length.* = @intCast(room);
    return 0;
}

pub fn integer(fd: i32, name: i32) i32 {
    var value: i32 = 0;
    var length: u32 = @sizeOf(i32);
    const status = get(fd, c.SOL_SOCKET, name, @ptrCast(&value), &length);
    return if (status < 0) status else value;
}

/// The socket's type, or -errno.
pub fn kindOf(fd: i32) i32 {
    return integer(fd, c.SO_TYPE);
}

/// The socket's address family, or -errno.
pub fn familyOf(fd: i32) i32 {
    var information: c.WSAPROTOCOL_INFOW = undefined;
    var length: u32 = @sizeOf(c.WSAPROTOCOL_INFOW);
    const name = c.SO_PROTOCOL_INFOW;
    const status = get(fd, c.SOL_SOCKET, name, @ptrCast(&information), &length);
    return if (status < 0) status else information.iAddressFamily;
}

/// SO_RCVTIMEO or SO_SNDTIMEO in milliseconds, 0: none; null: not to be had.
pub fn timeout(fd: i32, name: i32) ?u32 {
    const milliseconds = integer(fd, name);
    // A DWORD; a negative one is a failure, which no timeout below 24 days is.
    return if (milliseconds < 0) null else @intCast(milliseconds);
}

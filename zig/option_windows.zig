//! Windows: getsockopt(2), setsockopt(2) and ioctl(2), whose values are those of POSIX where
//! Winsock's are others: errors, timeouts, and what it writes as one byte.
const std = @import("std");
const c = @import("headers");
const errors = @import("error_windows.zig");
const process = @import("process_windows.zig");
const winsock = @import("winsock.zig");

fn handle(fd: i32) winsock.Socket {
    return @as(u32, @bitCast(fd));
}

fn get(fd: i32, level: i32, name: i32, value: [*]u8, length: *u32) i32 {
    var room: c_int = @intCast(@min(length.*, std.math.maxInt(i32)));
    if (winsock.getsockopt(handle(fd), level, name, value, &room) != 0) return errors.lastOf(fd);
    length.* = @intCast(room);
    return 0;
}

fn integer(fd: i32, name: i32) i32 {
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

fn isTimeout(level: i32, name: i32) bool {
    return level == c.SOL_SOCKET and (name == c.SO_RCVTIMEO or name == c.SO_SNDTIMEO);
}

/// A timeout is a struct timeval where there is room for one, else Winsock's own DWORD of
/// milliseconds.
pub fn getsockopt(fd: i32, level: i32, name: i32, value: [*]u8, length: *u32) i32 {
    if (isTimeout(level, name) and length.* >= @sizeOf(c.struct_timeval)) {
        const milliseconds = integer(fd, name);
        if (milliseconds < 0) return milliseconds;
        const time: *align(1) c.struct_timeval = @ptrCast(value);
        time.* = .{
            .tv_sec = @divTrunc(milliseconds, 1000),
            .tv_usec = @rem(milliseconds, 1000) * 1000,
        };
        length.* = @sizeOf(c.struct_timeval);
        return 0;
    }
    const room = length.*;
    const status = get(fd, level, name, value, length);
    if (status < 0) return status;
    if (length.* == 1 and room >= @sizeOf(i32)) {
        // Some options are a BOOLEAN where their documentation says BOOL.
        @memset(value[1..@sizeOf(i32)], 0);
        length.* = @sizeOf(i32);
    }
    if (level == c.SOL_SOCKET and name == c.SO_ERROR and length.* == @sizeOf(i32)) {
        const code: *align(1) i32 = @ptrCast(value);
        if (code.* != 0) code.* = errors.fromCode(code.*);
    }
    return 0;
}

pub fn setsockopt(fd: i32, level: i32, name: i32, value: ?[*]const u8, length: u32) i32 {
    if (isTimeout(level, name) and length == @sizeOf(c.struct_timeval)) {
        const time: *align(1) const c.struct_timeval = @ptrCast(value.?);
        return setTimeout(fd, name, time.*);
    }
    const size: c_int = @intCast(@min(length, std.math.maxInt(i32)));
    const status = winsock.setsockopt(handle(fd), level, name, value, size);
    return if (status == 0) 0 else errors.lastOf(fd);
}

fn setTimeout(fd: i32, name: i32, time: c.struct_timeval) i32 {
    if (time.tv_usec < 0 or time.tv_usec >= 1_000_000 or time.tv_sec < 0) return -c.EDOM;
    const part_ms = @divTrunc(@as(i64, time.tv_usec) + 999, 1000);
    const whole_ms = @as(i64, time.tv_sec) * 1000 + part_ms;
    const milliseconds: i32 = std.math.cast(i32, whole_ms) orelse return -c.EDOM;
    const status = winsock.setsockopt(
        handle(fd),
        c.SOL_SOCKET,
        name,
        @ptrCast(&milliseconds),
        @sizeOf(i32),
    );
    return if (status == 0) 0 else errors.lastOf(fd);
}

/// ioctl(2) whose argument is a number.
pub fn ioctlValue(fd: i32, request: u32, argument: usize) i32 {
    var value: u32 = @truncate(argument);
    return ioctlMemory(fd, request, std.mem.asBytes(&value));
}

/// A request of ioctlsocket, or one of WSAIoctl, whose input and output are the same memory.
pub fn ioctlMemory(fd: i32, request: u32, memory: []u8) i32 {
    if (request & c.IOC_WS2 != 0) {
        var returned: u32 = 0;
        const size: u32 = @intCast(memory.len);
        const status = winsock.WSAIoctl(
            handle(fd),
            request,
            memory.ptr,
            size,
            memory.ptr,
            size,
            &returned,
            null,
            null,
        );
        return if (status == 0) 0 else errors.lastOf(fd);
    }
    if (memory.len < @sizeOf(u32)) return -c.EFAULT;
    const word: *align(1) u32 = @ptrCast(memory.ptr);
    if (request == c.FIONBIO) {
        return @import("system_windows.zig").setFlags(fd, if (word.* != 0) c.O_NONBLOCK else 0);
    }
    var value = word.*;
    if (winsock.ioctlsocket(handle(fd), request, &value) != 0) return errors.lastOf(fd);
    word.* = value;
    return 0;
}

//! Windows: getsockopt(2), setsockopt(2) and ioctl(2), whose values are those of POSIX where
//! Winsock's are others: errors, timeouts, and what it writes as one byte.
const std = @import("std");
const c = @import("headers");
const errors = @import("error_windows.zig");
const sockets = @import("socket_windows.zig");
const winsock = @import("winsock.zig");

fn isTimeout(level: i32, name: i32) bool {
    return level == c.SOL_SOCKET and (name == c.SO_RCVTIMEO or name == c.SO_SNDTIMEO);
}

/// A timeout is a struct timeval where there is room for one, else Winsock's own DWORD of
/// milliseconds.
pub fn getsockopt(fd: i32, level: i32, name: i32, value: [*]u8, length: *u32) i32 {
    if (isTimeout(level, name) and length.* >= @sizeOf(c.struct_timeval)) {
        const milliseconds = sockets.integer(fd, name);
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
    const status = sockets.get(fd, level, name, value, length);
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
    const status = winsock.setsockopt(sockets.handle(fd), level, name, value, size);
    return if (status == 0) 0 else errors.lastOf(fd);
}

fn setTimeout(fd: i32, name: i32, time: c.struct_timeval) i32 {
    if (time.tv_usec < 0 or time.tv_usec >= 1_000_000 or time.tv_sec < 0) return -c.EDOM;
    const part_ms = @divTrunc(@as(i64, time.tv_usec) + 999, 1000);
    const whole_ms = @as(i64, time.tv_sec) * 1000 + part_ms;
    const milliseconds: i32 = std.math.cast(i32, whole_ms) orelse return -c.EDOM;
    const status = winsock.setsockopt(
        sockets.handle(fd),
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
            sockets.handle(fd),
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
        return sockets.setFlags(fd, if (word.* != 0) c.O_NONBLOCK else 0);
    }
    var value = word.*;
    if (winsock.ioctlsocket(sockets.handle(fd), request, &value) != 0) return errors.lastOf(fd);
    word.* = value;
    return 0;
}

//! Windows: Winsock 2, as the system calls that the library makes elsewhere.
//!
//! A descriptor is a SOCKET, which is a handle of the system: a multiple of 4, within 32 bits. All
//! sockets are non-blocking in Windows; process_windows.zig knows which of them their users take
//! for blocking ones, and the calls of those wait here.
const std = @import("std");
const c = @import("headers");
const errors = @import("error_windows.zig");
const options = @import("option_windows.zig");
const patience = @import("patience_windows.zig");
const process = @import("process_windows.zig");
const transfers = @import("transfer_windows.zig");
const winsock = @import("winsock.zig");
const Socket = winsock.Socket;

pub const AddressPointer = ?*anyopaque;

/// There are no signals in Windows, SIGPIPE among them.
pub const no_signal: u32 = 0;
/// Sockets are never inherited, and no message brings any.
pub const close_on_exec: u32 = 0;
/// There is no error queue and no MSG_WAITFORONE; the package's own bit says the latter.
pub const error_queue: u32 = 0;
pub const wait_for_one: u32 = transfers.wait_for_one;
/// Ctrl-C ends a wait by itself: no timeout of the socket has to be set for that.
pub const waits_are_ended = true;

pub const getsockopt = options.getsockopt;
pub const setsockopt = options.setsockopt;
pub const ioctlMemory = options.ioctlMemory;
pub const ioctlValue = options.ioctlValue;
pub const poll = @import("poll_windows.zig").poll;
pub const socketpair = @import("pair_windows.zig").socketpair;
pub const sendto = transfers.sendto;
pub const recvfrom = transfers.recvfrom;
pub const sendmsg = transfers.sendmsg;
pub const recvmsg = transfers.recvmsg;
pub const sendmmsg = transfers.sendmmsg;
pub const recvmmsg = transfers.recvmmsg;
pub const readv = transfers.readv;
pub const readvNow = transfers.readvNow;
pub const writev = transfers.writev;
pub const writevNow = transfers.writevNow;

/// The descriptor's SOCKET.
pub fn handle(fd: i32) Socket {
    return @as(u32, @bitCast(fd));
}

pub fn abort(message: []const u8) noreturn {
    const stderr = winsock.GetStdHandle(-12);
    var written: u32 = 0;
    for ([_][]const u8{ "rawsock: ", message, "\n" }) |part| {
        _ = winsock.WriteFile(stderr, part.ptr, @intCast(part.len), &written, null);
    }
    // What abort(3) gives.
    _ = winsock.TerminateProcess(winsock.GetCurrentProcess(), 3);
    while (true) {}
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
fn adopted(made: Socket, state: process.State) i32 {
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
    const known = patience.know(fd);
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
    const family = options.familyOf(fd);
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

pub fn accept(fd: i32, name: AddressPointer, length: ?*u32, nonblocking: bool) i32 {
    const call: Accept = .{ .fd = fd, .name = name, .length = length };
    return patience.waiting(fd, .receive, 0, call, nonblocking);
}

const Accept = struct {
    fd: i32,
    name: AddressPointer,
    length: ?*u32,

    pub fn now(call: Accept, nonblocking: bool) i32 {
        var length: c_int = if (call.length) |room| @intCast(room.*) else 0;
        const pointer = if (call.length == null) null else &length;
        const accepted = winsock.accept(handle(call.fd), call.name, pointer);
        if (accepted == winsock.invalid_socket) return errors.lastOf(call.fd);
        if (call.length) |room| room.* = @intCast(length);
        // HANDLE_FLAG_INHERIT
        _ = winsock.SetHandleInformation(accepted, 1, 0);
        return adopted(accepted, .{ .known = true, .stream = true, .nonblocking = nonblocking });
    }
};

pub fn getsockname(fd: i32, name: AddressPointer, length: *u32) i32 {
    var room: c_int = @intCast(length.*);
    if (winsock.getsockname(handle(fd), name, &room) == 0) {
        length.* = @intCast(room);
        return 0;
    }
    const failure = errors.lastOf(fd);
    return if (failure == -c.EINVAL) unbound(fd, name, length) else failure;
}

/// The name of a socket that has none yet: its family and zeros, as elsewhere.
fn unbound(fd: i32, name: AddressPointer, length: *u32) i32 {
    const family = options.familyOf(fd);
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

pub fn getpeername(fd: i32, name: AddressPointer, length: *u32) i32 {
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

/// The requests that the library makes are about an int.
pub fn ioctl(fd: i32, request: u32, argument: *anyopaque) i32 {
    const bytes: [*]u8 = @ptrCast(argument);
    return ioctlMemory(fd, request, bytes[0..@sizeOf(u32)]);
}

/// O_NONBLOCK or 0: what the socket's user was told. fcntl(2), F_GETFL.
pub fn getFlags(fd: i32) i32 {
    const known = patience.know(fd);
    if (known < 0) return known;
    return if (process.state(fd).nonblocking) c.O_NONBLOCK else 0;
}

/// Windows has the socket non-blocking in any case.
pub fn setFlags(fd: i32, flags: i32) i32 {
    const known = patience.know(fd);
    if (known < 0) return known;
    var state = process.state(fd);
    state.nonblocking = flags & c.O_NONBLOCK != 0;
    process.setState(fd, state);
    return 0;
}

/// Windows has no devices, files and namespaces that could be opened as sockets are.
pub fn openDevice(_: [*:0]const u8) i32 {
    return -c.EOPNOTSUPP;
}

pub const openRead = openDevice;

pub fn enterNetwork(_: i32) i32 {
    return -c.EOPNOTSUPP;
}

/// Nothing arrives that would have to be set so.
pub fn setCloseOnExec(_: i32) void {}

/// There are none.
pub fn blockSignals() void {}

const MEM_COMMIT_RESERVE = 0x3000;
const MEM_RELEASE = 0x8000;
const PAGE_READWRITE = 4;

/// Zeroed memory of this process; stores its address.
pub fn map(size: usize, memory: *usize) i32 {
    const mapped = winsock.VirtualAlloc(null, size, MEM_COMMIT_RESERVE, PAGE_READWRITE);
    memory.* = @intFromPtr(mapped orelse return -c.ENOMEM);
    return 0;
}

pub fn unmap(memory: usize, _: usize) void {
    _ = winsock.VirtualFree(@ptrFromInt(memory), 0, MEM_RELEASE);
}

/// A clock that nobody sets back, in milliseconds.
pub fn clockMs() i64 {
    var count: i64 = 0;
    var frequency: i64 = 1;
    _ = winsock.QueryPerformanceCounter(&count);
    _ = winsock.QueryPerformanceFrequency(&frequency);
    return @divTrunc(count, frequency) * 1000 +
        @divTrunc(@rem(count, frequency) * 1000, frequency);
}

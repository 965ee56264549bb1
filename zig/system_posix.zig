//! macOS and FreeBSD: the C library's functions, their errno taken at once. Compiled, never yet
//! run.
const std = @import("std");
const c = @import("headers");
const BatchHeader = @import("batch_header.zig").BatchHeader;
const darwin = @import("builtin").target.os.tag.isDarwin();

pub const AddressPointer = ?*anyopaque;

/// MSG_NOSIGNAL, where sockets have no SO_NOSIGPIPE instead.
pub const no_signal: u32 = if (darwin) 0 else c.MSG_NOSIGNAL;

const extern_c = struct {
    extern "c" fn socket(domain: c_int, kind: c_int, protocol: c_int) c_int;
    extern "c" fn socketpair(domain: c_int, kind: c_int, protocol: c_int, pair: *[2]c_int) c_int;
    extern "c" fn bind(fd: c_int, name: [*]const u8, length: u32) c_int;
    extern "c" fn connect(fd: c_int, name: [*]const u8, length: u32) c_int;
    extern "c" fn listen(fd: c_int, backlog: c_int) c_int;
    extern "c" fn accept(fd: c_int, name: ?*anyopaque, length: ?*u32) c_int;
    extern "c" fn getsockname(fd: c_int, name: ?*anyopaque, length: *u32) c_int;
    extern "c" fn getpeername(fd: c_int, name: ?*anyopaque, length: *u32) c_int;
    extern "c" fn shutdown(fd: c_int, how: c_int) c_int;
    extern "c" fn close(fd: c_int) c_int;
    extern "c" fn ioctl(fd: c_int, request: c_ulong, ...) c_int;
    extern "c" fn fcntl(fd: c_int, command: c_int, ...) c_int;
    extern "c" fn getsockopt(
        fd: c_int,
        level: c_int,
        name: c_int,
        value: [*]u8,
        length: *u32,
    ) c_int;
    extern "c" fn setsockopt(
        fd: c_int,
        level: c_int,
        name: c_int,
        value: ?[*]const u8,
        length: u32,
    ) c_int;
    extern "c" fn poll(table: [*]c.struct_pollfd, count: c_uint, timeout_ms: c_int) c_int;
    extern "c" fn sendto(
        fd: c_int,
        data: [*]const u8,
        size: usize,
        flags: c_int,
        name: ?[*]const u8,
        length: u32,
    ) isize;
    extern "c" fn recvfrom(
        fd: c_int,
        data: [*]u8,
        size: usize,
        flags: c_int,
        name: ?*anyopaque,
        length: ?*u32,
    ) isize;
    extern "c" fn sendmsg(fd: c_int, message: *const c.struct_msghdr, flags: c_int) isize;
    extern "c" fn recvmsg(fd: c_int, message: *c.struct_msghdr, flags: c_int) isize;
    extern "c" fn readv(fd: c_int, vector: [*]c.struct_iovec, count: c_int) isize;
    extern "c" fn writev(fd: c_int, vector: [*]c.struct_iovec, count: c_int) isize;
};

fn result(outcome: isize) i32 {
    return if (outcome < 0) -std.c._errno().* else @intCast(outcome);
}

pub fn abort(message: []const u8) noreturn {
    _ = std.c.write(2, "rawsock: ", 9);
    _ = std.c.write(2, message.ptr, message.len);
    _ = std.c.write(2, "\n", 1);
    std.c.abort();
}

/// Close-on-exec, and no SIGPIPE where that is a property of the socket.
fn prepared(fd: i32, nonblocking: bool) i32 {
    if (fd < 0) return fd;
    _ = extern_c.fcntl(fd, c.F_SETFD, @as(c_int, c.FD_CLOEXEC));
    if (nonblocking) _ = setFlags(fd, @max(getFlags(fd), 0) | c.O_NONBLOCK);
    if (darwin) {
        const on: c_int = 1;
        const value: [*]const u8 = @ptrCast(&on);
        _ = extern_c.setsockopt(fd, c.SOL_SOCKET, c.SO_NOSIGPIPE, value, @sizeOf(c_int));
    }
    return fd;
}

pub fn socket(domain: i32, kind: i32, protocol: i32) i32 {
    return prepared(result(extern_c.socket(domain, kind, protocol)), false);
}

pub fn socketpair(domain: i32, kind: i32, protocol: i32, pair: *[2]i32) i32 {
    const status = result(extern_c.socketpair(domain, kind, protocol, pair));
    if (status < 0) return status;
    for (pair) |fd| _ = prepared(fd, false);
    return status;
}

pub fn bind(fd: i32, name: [*]const u8, length: u32) i32 {
    return result(extern_c.bind(fd, name, length));
}

pub fn connect(fd: i32, name: [*]const u8, length: u32) i32 {
    return result(extern_c.connect(fd, name, length));
}

pub fn listen(fd: i32, backlog: i32) i32 {
    return result(extern_c.listen(fd, backlog));
}

pub fn accept(fd: i32, name: AddressPointer, length: ?*u32, nonblocking: bool) i32 {
    return prepared(result(extern_c.accept(fd, name, length)), nonblocking);
}

pub fn getsockname(fd: i32, name: AddressPointer, length: *u32) i32 {
    return result(extern_c.getsockname(fd, name, length));
}

pub fn getpeername(fd: i32, name: AddressPointer, length: *u32) i32 {
    return result(extern_c.getpeername(fd, name, length));
}

pub fn shutdown(fd: i32, how: i32) i32 {
    return result(extern_c.shutdown(fd, how));
}

pub fn close(fd: i32) i32 {
    return result(extern_c.close(fd));
}

pub fn ioctl(fd: i32, request: u32, argument: *anyopaque) i32 {
    return result(extern_c.ioctl(fd, request, argument));
}

/// ioctl(2) of a request that reads or writes memory, which knows how much.
pub fn ioctlMemory(fd: i32, request: u32, memory: []u8) i32 {
    return ioctlValue(fd, request, @intFromPtr(memory.ptr));
}

/// ioctl(2) whose argument is a number or an address.
pub fn ioctlValue(fd: i32, request: u32, argument: usize) i32 {
    return result(extern_c.ioctl(fd, request, argument));
}

/// For reading and writing, without waiting.
pub fn openDevice(path: [*:0]const u8) i32 {
    const flags: std.c.O = .{ .ACCMODE = .RDWR, .CLOEXEC = true, .NONBLOCK = true };
    return result(std.c.open(path, flags));
}

/// These systems have no network namespaces.
pub fn openRead(_: [*:0]const u8) i32 {
    return -c.EOPNOTSUPP;
}

pub fn enterNetwork(_: i32) i32 {
    return -c.EOPNOTSUPP;
}

pub fn getFlags(fd: i32) i32 {
    return result(extern_c.fcntl(fd, c.F_GETFL));
}

pub fn setFlags(fd: i32, flags: i32) i32 {
    return result(extern_c.fcntl(fd, c.F_SETFL, flags));
}

pub fn getsockopt(fd: i32, level: i32, name: i32, value: [*]u8, length: *u32) i32 {
    return result(extern_c.getsockopt(fd, level, name, value, length));
}

pub fn setsockopt(fd: i32, level: i32, name: i32, value: ?[*]const u8, length: u32) i32 {
    return result(extern_c.setsockopt(fd, level, name, value, length));
}

pub fn poll(table: [*]c.struct_pollfd, count: u32, timeout_ms: i32) i32 {
    return result(extern_c.poll(table, count, timeout_ms));
}

pub fn sendto(fd: i32, data: []const u8, flags: u32, name: ?[*]const u8, length: u32) i32 {
    return result(extern_c.sendto(fd, data.ptr, data.len, @bitCast(flags), name, length));
}

pub fn recvfrom(fd: i32, buffer: []u8, flags: u32, name: AddressPointer, length: ?*u32) i32 {
    return result(extern_c.recvfrom(fd, buffer.ptr, buffer.len, @bitCast(flags), name, length));
}

pub fn sendmsg(fd: i32, message: *const c.struct_msghdr, flags: u32) i32 {
    return result(extern_c.sendmsg(fd, message, @bitCast(flags)));
}

pub fn recvmsg(fd: i32, message: *c.struct_msghdr, flags: u32) i32 {
    return result(extern_c.recvmsg(fd, message, @bitCast(flags)));
}

pub fn readv(fd: i32, vector: []c.struct_iovec) i32 {
    return result(extern_c.readv(fd, vector.ptr, @intCast(vector.len)));
}

pub fn writev(fd: i32, vector: []c.struct_iovec) i32 {
    return result(extern_c.writev(fd, vector.ptr, @intCast(vector.len)));
}

/// These systems cannot read or write a file without waiting.
pub fn readvNow(_: i32, _: []c.struct_iovec) i32 {
    return -c.EOPNOTSUPP;
}

pub fn writevNow(_: i32, _: []c.struct_iovec) i32 {
    return -c.EOPNOTSUPP;
}

/// mmap(2) of zeroed memory of this process; stores its address.
pub fn map(size: usize, memory: *usize) i32 {
    const protection: std.c.PROT = .{ .READ = true, .WRITE = true };
    const kind: std.c.MAP = .{ .TYPE = .PRIVATE, .ANONYMOUS = true };
    const mapped = std.c.mmap(null, size, protection, kind, -1, 0);
    if (mapped == std.c.MAP_FAILED) return result(-1);
    memory.* = @intFromPtr(mapped);
    return 0;
}

pub fn unmap(memory: usize, size: usize) void {
    _ = std.c.munmap(@ptrFromInt(memory), size);
}

/// No signal is delivered to the calling thread any more.
pub fn blockSignals() void {
    var all: std.c.sigset_t = undefined;
    _ = std.c.sigfillset(&all);
    var before: std.c.sigset_t = undefined;
    _ = std.c.pthread_sigmask(std.c.SIG.BLOCK, &all, &before);
}

/// A system call that a signal interrupts may be made again, and wait on: see wait.zig.
pub const waits_are_ended = false;

/// FreeBSD hands descriptors over close-on-exec; where no flag asks for that, each is set so.
pub const close_on_exec: u32 = if (darwin) 0 else c.MSG_CMSG_CLOEXEC;
/// These systems have no error queue and no MSG_WAITFORONE; the package's own bit says the latter.
pub const error_queue: u32 = 0;
pub const wait_for_one: u32 = 0x10000;

pub fn setCloseOnExec(fd: i32) void {
    _ = extern_c.fcntl(fd, c.F_SETFD, @as(c_int, c.FD_CLOEXEC));
}

pub fn sendmmsg(fd: i32, headers: []BatchHeader, flags: u32) i32 {
    for (headers, 0..) |*entry, index| {
        const sent = sendmsg(fd, &entry.header, flags);
        if (sent < 0) return if (index > 0) @intCast(index) else sent;
        entry.length = @intCast(sent);
    }
    return @intCast(headers.len);
}

pub fn recvmmsg(fd: i32, headers: []BatchHeader, flags: u32) i32 {
    for (headers, 0..) |*entry, index| {
        const received = recvmsg(fd, &entry.header, flags & ~wait_for_one);
        if (received < 0) return if (index > 0) @intCast(index) else received;
        entry.length = @intCast(received);
    }
    return @intCast(headers.len);
}

/// A clock that nobody sets back, in milliseconds.
pub fn clockMs() i64 {
    var time: std.c.timespec = undefined;
    _ = std.c.clock_gettime(.MONOTONIC, &time);
    return @as(i64, time.sec) * 1000 + @divTrunc(@as(i64, time.nsec), 1_000_000);
}

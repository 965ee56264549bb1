//! Linux: raw system calls, so that one library serves every libc and no errno is shared.
const std = @import("std");
const c = @import("headers");
const linux = std.os.linux;
const result = @import("result.zig").fromSystemCall;
const BatchHeader = @import("batch_header.zig").BatchHeader;

/// Where the kernel writes an address, or null where nobody asks for it.
pub const AddressPointer = ?*anyopaque;

/// A closed peer gives -EPIPE instead of SIGPIPE.
pub const no_signal: u32 = c.MSG_NOSIGNAL;

/// preadv2(2): return -EAGAIN rather than wait.
const RWF_NOWAIT = 8;
/// preadv2(2): use and advance the file's own position.
const current_position: usize = std.math.maxInt(usize);

inline fn word(signed: i32) usize {
    return @bitCast(@as(isize, signed));
}

inline fn address(pointer: anytype) usize {
    return @intFromPtr(pointer);
}

pub fn abort(message: []const u8) noreturn {
    _ = linux.syscall3(.write, 2, address("rawsock: ".ptr), 9);
    _ = linux.syscall3(.write, 2, address(message.ptr), message.len);
    _ = linux.syscall3(.write, 2, address("\n".ptr), 1);
    const process = linux.syscall0(.getpid);
    _ = linux.syscall2(.kill, process, @intFromEnum(linux.SIG.ABRT));
    while (true) {}
}

pub fn socket(domain: i32, kind: i32, protocol: i32) i32 {
    return result(linux.syscall3(
        .socket,
        word(domain),
        word(kind | c.SOCK_CLOEXEC),
        word(protocol),
    ));
}

pub fn socketpair(domain: i32, kind: i32, protocol: i32, pair: *[2]i32) i32 {
    return result(linux.syscall4(
        .socketpair,
        word(domain),
        word(kind | c.SOCK_CLOEXEC),
        word(protocol),
        address(pair),
    ));
}

pub fn bind(fd: i32, name: [*]const u8, length: u32) i32 {
    return result(linux.syscall3(.bind, word(fd), address(name), length));
}

pub fn connect(fd: i32, name: [*]const u8, length: u32) i32 {
    return result(linux.syscall3(.connect, word(fd), address(name), length));
}

pub fn listen(fd: i32, backlog: i32) i32 {
    return result(linux.syscall2(.listen, word(fd), word(backlog)));
}

pub fn accept(fd: i32, name: AddressPointer, length: ?*u32, nonblocking: bool) i32 {
    const flags: i32 = c.SOCK_CLOEXEC | if (nonblocking) c.SOCK_NONBLOCK else 0;
    return result(linux.syscall4(.accept4, word(fd), address(name), address(length), word(flags)));
}

pub fn getsockname(fd: i32, name: AddressPointer, length: *u32) i32 {
    return result(linux.syscall3(.getsockname, word(fd), address(name), address(length)));
}

pub fn getpeername(fd: i32, name: AddressPointer, length: *u32) i32 {
    return result(linux.syscall3(.getpeername, word(fd), address(name), address(length)));
}

pub fn shutdown(fd: i32, how: i32) i32 {
    return result(linux.syscall2(.shutdown, word(fd), word(how)));
}

pub fn close(fd: i32) i32 {
    return result(linux.syscall1(.close, word(fd)));
}

pub fn ioctl(fd: i32, request: u32, argument: *anyopaque) i32 {
    return ioctlValue(fd, request, address(argument));
}

/// ioctl(2) of a request that reads or writes memory, which knows how much.
pub fn ioctlMemory(fd: i32, request: u32, memory: []u8) i32 {
    return ioctlValue(fd, request, @intFromPtr(memory.ptr));
}

/// ioctl(2) whose argument is a number or an address.
pub fn ioctlValue(fd: i32, request: u32, argument: usize) i32 {
    return result(linux.syscall3(.ioctl, word(fd), request, argument));
}

pub fn getFlags(fd: i32) i32 {
    return result(linux.syscall2(.fcntl, word(fd), c.F_GETFL));
}

pub fn setFlags(fd: i32, flags: i32) i32 {
    return result(linux.syscall3(.fcntl, word(fd), c.F_SETFL, word(flags)));
}

pub fn getsockopt(fd: i32, level: i32, name: i32, value: [*]u8, length: *u32) i32 {
    return result(linux.syscall5(
        .getsockopt,
        word(fd),
        word(level),
        word(name),
        address(value),
        address(length),
    ));
}

pub fn setsockopt(fd: i32, level: i32, name: i32, value: ?[*]const u8, length: u32) i32 {
    return result(linux.syscall5(
        .setsockopt,
        word(fd),
        word(level),
        word(name),
        address(value),
        length,
    ));
}

/// poll(2) through ppoll(2), which every architecture has; a negative timeout waits for ever.
pub fn poll(table: [*]c.struct_pollfd, count: u32, timeout_ms: i32) i32 {
    var time: linux.timespec = .{
        .sec = @divTrunc(timeout_ms, 1000),
        .nsec = @as(isize, @rem(timeout_ms, 1000)) * 1_000_000,
    };
    const limit: ?*linux.timespec = if (timeout_ms < 0) null else &time;
    return result(linux.syscall5(.ppoll, address(table), count, address(limit), 0, 8));
}

pub fn sendto(fd: i32, data: []const u8, flags: u32, name: ?[*]const u8, length: u32) i32 {
    return result(linux.syscall6(
        .sendto,
        word(fd),
        address(data.ptr),
        data.len,
        flags,
        address(name),
        length,
    ));
}

pub fn recvfrom(fd: i32, buffer: []u8, flags: u32, name: AddressPointer, length: ?*u32) i32 {
    return result(linux.syscall6(
        .recvfrom,
        word(fd),
        address(buffer.ptr),
        buffer.len,
        flags,
        address(name),
        address(length),
    ));
}

pub fn sendmsg(fd: i32, message: *const c.struct_msghdr, flags: u32) i32 {
    return result(linux.syscall3(.sendmsg, word(fd), address(message), flags));
}

pub fn recvmsg(fd: i32, message: *c.struct_msghdr, flags: u32) i32 {
    return result(linux.syscall3(.recvmsg, word(fd), address(message), flags));
}

pub fn readv(fd: i32, vector: []c.struct_iovec) i32 {
    return result(linux.syscall3(.readv, word(fd), address(vector.ptr), vector.len));
}

pub fn writev(fd: i32, vector: []c.struct_iovec) i32 {
    return result(linux.syscall3(.writev, word(fd), address(vector.ptr), vector.len));
}

/// readv(2) that never waits. -EAGAIN: it would have to; -EOPNOTSUPP: this file cannot tell.
pub fn readvNow(fd: i32, vector: []c.struct_iovec) i32 {
    return withoutWaiting(.preadv2, fd, vector);
}

pub fn writevNow(fd: i32, vector: []c.struct_iovec) i32 {
    return withoutWaiting(.pwritev2, fd, vector);
}

fn withoutWaiting(number: linux.SYS, fd: i32, vector: []c.struct_iovec) i32 {
    const outcome = result(linux.syscall6(
        number,
        word(fd),
        address(vector.ptr),
        vector.len,
        current_position,
        current_position,
        RWF_NOWAIT,
    ));
    // Emulators and old kernels.
    return if (outcome == -c.ENOSYS or outcome == -c.EINVAL) -c.EOPNOTSUPP else outcome;
}

/// For reading and writing, without waiting.
pub fn openDevice(path: [*:0]const u8) i32 {
    const flags: linux.O = .{ .ACCMODE = .RDWR, .CLOEXEC = true, .NONBLOCK = true };
    return result(linux.open(path, flags, 0));
}

pub fn openRead(path: [*:0]const u8) i32 {
    return result(linux.open(path, .{ .CLOEXEC = true }, 0));
}

/// setns(2): the calling thread, and no other, is in that network namespace from now on.
pub fn enterNetwork(namespace: i32) i32 {
    const CLONE_NEWNET = 0x40000000;
    return result(linux.syscall2(.setns, word(namespace), CLONE_NEWNET));
}

/// readlink(2): the length of what a symbolic link holds, as far as there is room for it.
pub fn readLink(path: [*:0]const u8, room: []u8) i32 {
    return result(linux.readlink(path, room.ptr, room.len));
}

/// mmap(2) of zeroed memory of this process; stores its address.
pub fn map(size: usize, memory: *usize) i32 {
    const protection = 3; // PROT_READ | PROT_WRITE
    const kind = 0x4022; // MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    const none: usize = std.math.maxInt(usize);
    const outcome = linux.syscall6(.mmap, 0, size, protection, kind, none, 0);
    if (outcome > std.math.maxInt(usize) - 4096) return result(outcome);
    memory.* = outcome;
    return 0;
}

/// mmap(2) of a file in the place of what is mapped at `memory`, shared with its other users.
pub fn mapFile(memory: usize, size: usize, fd: i32) i32 {
    const shared = 0x11; // MAP_SHARED | MAP_FIXED
    return mapAt(memory, size, shared, fd);
}

/// mmap(2) of zeroed memory in the place of what is mapped at `memory`.
pub fn mapNothing(memory: usize, size: usize) i32 {
    const private = 0x4032; // MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE
    return mapAt(memory, size, private, -1);
}

fn mapAt(memory: usize, size: usize, kind: usize, fd: i32) i32 {
    const protection = 3; // PROT_READ | PROT_WRITE
    const outcome = linux.syscall6(.mmap, memory, size, protection, kind, word(fd), 0);
    return if (outcome == memory) 0 else result(outcome);
}

pub fn unmap(memory: usize, size: usize) void {
    _ = linux.syscall2(.munmap, memory, size);
}

/// No signal is delivered to the calling thread any more but those of its own faults, among them
/// SIGSYS, by which a sandbox makes a system call in its own way.
pub fn blockSignals() void {
    const SIG = linux.SIG;
    var signals: u64 = std.math.maxInt(u64);
    for ([_]SIG{ .ILL, .TRAP, .BUS, .FPE, .SEGV, .SYS }) |own| {
        signals &= ~(@as(u64, 1) << @intCast(@intFromEnum(own) - 1));
    }
    _ = linux.syscall4(.rt_sigprocmask, SIG.BLOCK, address(&signals), 0, @sizeOf(u64));
}

/// A system call that a signal interrupts may be made again, and wait on: see wait.zig.
pub const waits_are_ended = false;

/// Descriptors arrive close-on-exec.
pub const close_on_exec: u32 = c.MSG_CMSG_CLOEXEC;
pub const error_queue: u32 = c.MSG_ERRQUEUE;
pub const wait_for_one: u32 = c.MSG_WAITFORONE;

pub fn setCloseOnExec(fd: i32) void {
    _ = linux.syscall3(.fcntl, word(fd), c.F_SETFD, c.FD_CLOEXEC);
}

pub fn sendmmsg(fd: i32, headers: []BatchHeader, flags: u32) i32 {
    const pointer = address(headers.ptr);
    return result(linux.syscall4(.sendmmsg, word(fd), pointer, headers.len, flags));
}

pub fn recvmmsg(fd: i32, headers: []BatchHeader, flags: u32) i32 {
    const pointer = address(headers.ptr);
    return result(linux.syscall5(.recvmmsg, word(fd), pointer, headers.len, flags, 0));
}

/// A clock that nobody sets back, in milliseconds.
pub fn clockMs() i64 {
    var time: linux.timespec = .{ .sec = 0, .nsec = 0 };
    const clock = @intFromEnum(linux.CLOCK.MONOTONIC);
    _ = linux.syscall2(.clock_gettime, clock, address(&time));
    return time.sec * 1000 + @divTrunc(time.nsec, 1_000_000);
}

//! The calls of a Socket, none of which waits, whatever became of O_NONBLOCK: it belongs to the
//! open file, which other processes may share and change.
//!
//! A descriptor made here is the event source's before JavaScript sees it, so that a thread which
//! is terminated meanwhile still closes it.
const c = @import("headers");
const libc = @import("libc.zig");
const readiness = @import("readiness_source.zig");
const socket = @import("socket.zig");
const system = @import("system.zig");

const Source = readiness.Source;

/// socket(2); `kind` should hold SOCK_NONBLOCK where the system has it.
pub fn open(memory: [*]u8, domain: i32, kind: i32, protocol: i32) callconv(.c) i32 {
    const fd = system.socket(domain, kind, protocol);
    if (fd >= 0) Source.from(memory).own(fd);
    return fd;
}

/// socketpair(2): stores the two descriptors in `pair`, two i32.
pub fn openPair(
    memory: [*]u8,
    domain: i32,
    kind: i32,
    protocol: i32,
    pair: [*]u8,
) callconv(.c) i32 {
    const fds: *[2]i32 = @ptrCast(@alignCast(pair));
    const status = system.socketpair(domain, kind, protocol, fds);
    if (status >= 0) for (fds) |fd| Source.from(memory).own(fd);
    return status;
}

/// accept(2): the new descriptor, close-on-exec and non-blocking; -EAGAIN where it would wait.
pub fn accept(memory: [*]u8, fd: i32, slot: [*]u8) callconv(.c) i32 {
    const ready = isReady(fd, readiness.readable);
    // What comes of an AF_ALG socket needs no connection, and is never announced.
    if (ready < 0) return ready;
    if (ready == 0 and socket.listens(fd)) return -c.EAGAIN;
    // Somebody else may take the connection before us: then the call must not wait either. It does,
    // until the next connection, where yet another clears O_NONBLOCK right behind our back: only
    // io_uring(7) or a thread could help that, and nothing but malice does both within these calls.
    const status = ensureNonblocking(fd);
    if (status < 0) return status;
    const accepted = socket.accept(fd, slot, 1, 0);
    if (accepted >= 0) Source.from(memory).own(accepted);
    return accepted;
}

/// connect(2): -EINPROGRESS, or -EAGAIN, where it would wait. `may_wait` 0: it would not, be it
/// that nobody else can have cleared O_NONBLOCK.
pub fn connect(fd: i32, address: [*]const u8, length: u32, may_wait: u32) callconv(.c) i32 {
    if (may_wait == 0) return system.connect(fd, address, length);
    const status = ensureNonblocking(fd);
    if (status < 0) return status;
    // O_NONBLOCK may be cleared between the two calls: then this is what ends the wait. socket(7)
    const bound: Bound = .begin(fd);
    defer bound.end();
    return system.connect(fd, address, length);
}

/// Holds SO_SNDTIMEO to the kernel's clock tick, a few milliseconds, from `begin` to `end`.
///
/// There is no such bound for accept(2): connections that arrive meanwhile would inherit it.
const Bound = struct {
    fd: i32,
    before: ?c.struct_timeval,

    fn begin(fd: i32) Bound {
        var before: c.struct_timeval = .{};
        var length: u32 = @sizeOf(c.struct_timeval);
        const name = c.SO_SNDTIMEO;
        const read = system.getsockopt(fd, c.SOL_SOCKET, name, @ptrCast(&before), &length);
        const set = read >= 0 and write(fd, .{ .tv_sec = 0, .tv_usec = 1 });
        return .{ .fd = fd, .before = if (set) before else null };
    }

    fn end(bound: Bound) void {
        if (bound.before) |before| _ = write(bound.fd, before);
    }

    fn write(fd: i32, time: c.struct_timeval) bool {
        const length = @sizeOf(c.struct_timeval);
        const name = c.SO_SNDTIMEO;
        return system.setsockopt(fd, c.SOL_SOCKET, name, @ptrCast(&time), length) >= 0;
    }
};

pub fn ensureNonblocking(fd: i32) i32 {
    const flags = system.getFlags(fd);
    if (flags < 0 or flags & c.O_NONBLOCK != 0) return @min(flags, 0);
    return system.setFlags(fd, flags | c.O_NONBLOCK);
}

/// close(2), of a descriptor that is nobody's from now on.
pub fn close(memory: [*]u8, fd: i32) callconv(.c) i32 {
    Source.from(memory).disown(fd);
    return closeSoon(fd);
}

/// close(2). socket(7): with SO_LINGER it waits until the data are sent, non-blocking or not, so
/// such a socket is closed by a thread of its own.
pub fn closeSoon(fd: i32) i32 {
    if (lingers(fd)) {
        var thread: libc.Thread = undefined;
        const number: usize = @intCast(fd);
        if (libc.pthread_create(&thread, null, closeMain, @ptrFromInt(number + 1)) == 0) {
            _ = libc.pthread_detach(thread);
            return 0;
        }
        // What is left is to send the data in the background, as without the option.
        _ = setLinger(fd, .{ .l_onoff = 0, .l_linger = 0 });
    }
    return socket.close(fd);
}

fn closeMain(argument: ?*anyopaque) callconv(.c) ?*anyopaque {
    // The host's signal handlers are for its own threads.
    system.blockSignals();
    _ = system.close(@intCast(@intFromPtr(argument) - 1));
    return null;
}

/// With 0 seconds the connection is reset at once.
fn lingers(fd: i32) bool {
    var value: c.struct_linger = .{};
    var length: u32 = @sizeOf(c.struct_linger);
    const name = c.SO_LINGER;
    const status = system.getsockopt(fd, c.SOL_SOCKET, name, @ptrCast(&value), &length);
    return status >= 0 and value.l_onoff != 0 and value.l_linger != 0;
}

fn setLinger(fd: i32, value: c.struct_linger) i32 {
    const length = @sizeOf(c.struct_linger);
    return system.setsockopt(fd, c.SOL_SOCKET, c.SO_LINGER, @ptrCast(&value), length);
}

/// Has a connect(2) under way come to an end? 0, or its error; -EAGAIN: not yet.
pub fn connected(fd: i32) callconv(.c) i32 {
    const state = isReady(fd, readiness.writable);
    if (state < 0) return state;
    if (state == 0) return -c.EAGAIN;
    var outcome: i32 = 0;
    var length: u32 = @sizeOf(i32);
    const status = system.getsockopt(fd, c.SOL_SOCKET, c.SO_ERROR, @ptrCast(&outcome), &length);
    return if (status < 0) status else -outcome;
}

/// poll(2) of one descriptor without waiting: 1 ready, 0 not.
pub fn isReady(fd: i32, events: u32) callconv(.c) i32 {
    var wanted: c_short = 0;
    if (events & readiness.readable != 0) wanted |= c.POLLIN;
    if (events & readiness.writable != 0) wanted |= c.POLLOUT;
    if (events & readiness.urgent != 0) wanted |= c.POLLPRI;
    return pollNow(fd, wanted);
}

fn pollNow(fd: i32, events: c_short) i32 {
    var table = [1]c.struct_pollfd{.{ .fd = fd, .events = events }};
    return socket.look(&table);
}

/// POLLRDHUP of Linux, which is not in POSIX.
const peer_ended: c_short = if (@import("builtin").target.os.tag == .linux) 0x2000 else 0;

/// Has the peer ended? > 0 or 0, or -errno.
pub fn peerEnded(fd: i32) i32 {
    return pollNow(fd, peer_ended);
}

/// Has the peer ended, and are there no bytes to be read? 1 or 0, or -errno.
pub fn hasEnded(fd: i32) callconv(.c) i32 {
    const status = peerEnded(fd);
    if (status <= 0) return status;
    var unread: c_int = 0;
    const counted = system.ioctl(fd, c.FIONREAD, &unread);
    return @intFromBool(counted < 0 or unread == 0);
}

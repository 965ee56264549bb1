//! Linux: an epoll set, edge-triggered, itself polled by kernel AIO (IOCB_CMD_POLL, Linux 4.18),
//! whose completion signals an eventfd. Where AIO is refused (old kernels, some sandboxes,
//! emulators) a thread waits for the set instead and signals the same eventfd.
const std = @import("std");
const c = @import("headers");
const readiness = @import("readiness_source.zig");
const libc = @import("libc.zig");
const system = @import("system.zig");
const linux = std.os.linux;
const EPOLL = linux.EPOLL;
const result = @import("result.zig").fromSystemCall;

const Source = readiness.Source;

/// struct iocb of linux/aio_abi.h, little-endian.
const Request = extern struct {
    data: u64 = 0,
    key: u32 = 0,
    rw_flags: u32 = 0,
    opcode: u16 = 5, // IOCB_CMD_POLL
    priority: i16 = 0,
    fd: u32,
    events: u64 = c.POLLIN,
    length: u64 = 0,
    offset: i64 = 0,
    reserved: u64 = 0,
    flags: u32 = 1, // IOCB_FLAG_RESFD
    signal: u32,
};

/// The completion queue, mapped into this process by io_setup(2): struct aio_ring of fs/aio.c.
const Ring = extern struct {
    id: u32,
    size: u32,
    head: u32,
    tail: u32,
    magic: u32,
    compatible_features: u32,
    incompatible_features: u32,

    const expected_magic = 0xa10a10a1;
};

comptime {
    std.debug.assert(@sizeOf(Request) == 64);
}

fn word(signed: i32) usize {
    return @bitCast(@as(isize, signed));
}

pub fn open(source: *Source, threaded: bool) i32 {
    source.relay = -1;
    source.stop = -1;
    source.signal = -1;
    source.set = result(linux.epoll_create1(EPOLL.CLOEXEC));
    if (source.set < 0) return source.set;
    source.signal = result(linux.eventfd(0, linux.EFD.NONBLOCK | linux.EFD.CLOEXEC));
    var status = source.signal;
    if (status >= 0) status = if (threaded) -c.ENOSYS else openAio(source);
    if (status < 0 and source.signal >= 0) status = openThread(source);
    if (status < 0) closeAll(source);
    return status;
}

/// The first request shows whether the kernel knows IOCB_CMD_POLL.
fn openAio(source: *Source) i32 {
    source.threaded = 0;
    const made = result(linux.syscall2(.io_setup, 4, @intFromPtr(&source.handle)));
    if (made < 0) return made;
    const ring: *const Ring = @ptrFromInt(source.handle);
    const known = ring.magic == Ring.expected_magic and ring.incompatible_features == 0;
    const status = if (known) submit(source) else -c.ENOSYS;
    if (status < 0) _ = linux.syscall1(.io_destroy, source.handle);
    return status;
}

fn submit(source: *Source) i32 {
    const request: Request = .{
        .fd = @intCast(source.set),
        .signal = @intCast(source.signal),
    };
    const table = [1]*const Request{&request};
    const status = result(linux.syscall3(.io_submit, source.handle, 1, @intFromPtr(&table)));
    return @min(status, 0);
}

/// The thread waits on a set of its own, `relay`, that holds `set` for one event at a time: `arm`
/// asks for the next.
fn openThread(source: *Source) i32 {
    source.threaded = 1;
    source.relay = result(linux.epoll_create1(EPOLL.CLOEXEC));
    if (source.relay < 0) return source.relay;
    source.stop = result(linux.eventfd(0, linux.EFD.NONBLOCK | linux.EFD.CLOEXEC));
    if (source.stop < 0) return source.stop;
    var status = control(source.relay, EPOLL.CTL_ADD, source.stop, EPOLL.IN, stop_mark);
    if (status < 0) return status;
    status = control(source.relay, EPOLL.CTL_ADD, source.set, EPOLL.IN | EPOLL.ONESHOT, 0);
    if (status < 0) return status;
    const both = @as(u64, @as(u32, @bitCast(source.relay))) << 32 |
        @as(u32, @bitCast(source.signal));
    // The host's signal handlers are for its own threads.
    const everything: u64 = std.math.maxInt(u64);
    var before: u64 = 0;
    signalMask(&everything, &before);
    defer signalMask(&before, null);
    return -libc.pthread_create(&source.handle, null, relayMain, @ptrFromInt(both));
}

fn signalMask(mask: *const u64, before: ?*u64) void {
    const set_mask = 2; // SIG_SETMASK
    _ = linux.syscall4(
        .rt_sigprocmask,
        set_mask,
        @intFromPtr(mask),
        @intFromPtr(before),
        @sizeOf(u64),
    );
}

const stop_mark = 1;

fn relayMain(both: ?*anyopaque) callconv(.c) ?*anyopaque {
    const relay: i32 = @bitCast(@as(u32, @truncate(@intFromPtr(both) >> 32)));
    const signal: i32 = @bitCast(@as(u32, @truncate(@intFromPtr(both))));
    while (true) {
        var events: [2]linux.epoll_event = undefined;
        const count = result(linux.epoll_pwait(relay, &events, events.len, -1, null));
        if (count == -c.EINTR) continue;
        if (count < 0) return null;
        for (events[0..@intCast(count)]) |event| {
            if (event.data.u64 == stop_mark) return null;
            raise(signal);
        }
    }
}

fn raise(event: i32) void {
    const one: u64 = 1;
    _ = linux.write(event, @ptrCast(&one), @sizeOf(u64));
}

pub fn close(source: *Source) void {
    if (source.threaded != 0) {
        raise(source.stop);
        _ = libc.pthread_join(source.handle, null);
    } else {
        _ = linux.syscall1(.io_destroy, source.handle);
    }
    closeAll(source);
}

fn closeAll(source: *Source) void {
    for ([_]i32{ source.set, source.signal, source.relay, source.stop }) |fd| {
        if (fd >= 0) _ = system.close(fd);
    }
}

pub fn watch(
    source: *Source,
    fd: i32,
    change: u32,
    events: u32,
    slot: u32,
    generation: u32,
) i32 {
    // Edges only: a state that nobody waits for, a pending error queue say, must not spin.
    var mask: u32 = EPOLL.ET;
    if (events & readiness.readable != 0) mask |= EPOLL.IN;
    if (events & readiness.writable != 0) mask |= EPOLL.OUT;
    if (events & readiness.urgent != 0) mask |= EPOLL.PRI;
    const data = @as(u64, generation) << 32 | slot;
    const operation: u32 = switch (change) {
        0 => EPOLL.CTL_ADD,
        1 => EPOLL.CTL_MOD,
        else => EPOLL.CTL_DEL,
    };
    return control(source.set, operation, fd, mask, data);
}

fn control(set: i32, operation: u32, fd: i32, mask: u32, data: u64) i32 {
    var event: linux.epoll_event = .{ .events = mask, .data = .{ .u64 = data } };
    return result(linux.epoll_ctl(set, operation, fd, &event));
}

pub fn arm(source: *Source) i32 {
    if (source.threaded == 0) return submit(source);
    return control(source.relay, EPOLL.CTL_MOD, source.set, EPOLL.IN | EPOLL.ONESHOT, 0);
}

pub fn take(source: *Source) i32 {
    if (source.threaded == 0) {
        // The one completion says no more than that we are here: it is dropped without a call.
        const ring: *Ring = @ptrFromInt(source.handle);
        ring.head = @atomicLoad(u32, &ring.tail, .acquire);
    }
    var events: [source.ready.len]linux.epoll_event = undefined;
    const count = result(linux.epoll_pwait(source.set, &events, events.len, 0, null));
    for (0..@intCast(@max(count, 0))) |index| {
        const event = events[index];
        source.ready[index] = .{
            .slot = @truncate(event.data.u64),
            .generation = @truncate(event.data.u64 >> 32),
            .events = eventsOf(event.events),
        };
    }
    return if (count == -c.EINTR) 0 else count;
}

fn eventsOf(mask: u32) u32 {
    var events: u32 = 0;
    if (mask & EPOLL.IN != 0) events |= readiness.readable;
    if (mask & EPOLL.OUT != 0) events |= readiness.writable;
    if (mask & EPOLL.PRI != 0) events |= readiness.urgent;
    if (mask & (EPOLL.ERR | EPOLL.HUP) != 0) events |= readiness.failed;
    return events;
}

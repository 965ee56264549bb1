//! macOS and FreeBSD: a kqueue, edge-triggered (EV_CLEAR); a thread waits for it on a kqueue of
//! its own and writes to a pipe that Bun reads. Compiled, never yet run.
const std = @import("std");
const c = @import("headers");
const readiness = @import("readiness_source.zig");
const libc = @import("libc.zig");
const system = @import("system.zig");
const EV = std.c.EV;
const EVFILT = std.c.EVFILT;
const Event = std.c.Kevent;

const Source = readiness.Source;

fn failure() i32 {
    return -std.c._errno().*;
}

pub fn open(source: *Source, _: bool) i32 {
    source.threaded = 1;
    source.relay = -1;
    source.signal = -1;
    source.stop = -1;
    source.set = std.c.kqueue();
    if (source.set < 0) return failure();
    const status = openThread(source);
    if (status < 0) closeAll(source);
    return status;
}

/// `stop` is the end of the pipe that the thread writes to.
fn openThread(source: *Source) i32 {
    var pair: [2]c_int = undefined;
    if (std.c.pipe(&pair) < 0) return failure();
    source.signal = pair[0];
    source.stop = pair[1];
    for (pair) |fd| {
        _ = system.setFlags(fd, c.O_NONBLOCK);
        _ = std.c.fcntl(fd, c.F_SETFD, @as(c_int, c.FD_CLOEXEC));
    }
    source.relay = std.c.kqueue();
    if (source.relay < 0) return failure();
    const stop = change(source.relay, stop_mark, EVFILT.USER, EV.ADD | EV.CLEAR, 0, 0);
    if (stop < 0) return stop;
    const status = arm(source);
    if (status < 0) return status;
    const both = @as(u64, @as(u32, @bitCast(source.relay))) << 32 |
        @as(u32, @bitCast(source.stop));
    // The host's signal handlers are for its own threads.
    var everything: std.c.sigset_t = undefined;
    _ = std.c.sigfillset(&everything);
    var before: std.c.sigset_t = undefined;
    _ = std.c.pthread_sigmask(std.c.SIG.SETMASK, &everything, &before);
    defer _ = std.c.pthread_sigmask(std.c.SIG.SETMASK, &before, &everything);
    return -libc.pthread_create(&source.handle, null, relayMain, @ptrFromInt(both));
}

/// EV_EOF of sys/event.h.
const ended_flag = 0x8000;
const stop_mark = std.math.maxInt(u32);

fn relayMain(both: ?*anyopaque) callconv(.c) ?*anyopaque {
    const relay: i32 = @bitCast(@as(u32, @truncate(@intFromPtr(both) >> 32)));
    const pipe: i32 = @bitCast(@as(u32, @truncate(@intFromPtr(both))));
    var none: [0]Event = undefined;
    while (true) {
        var events: [1]Event = undefined;
        const count = std.c.kevent(relay, &none, 0, &events, events.len, null);
        if (count < 0 and failure() == -c.EINTR) continue;
        if (count < 0 or events[0].filter == EVFILT.USER) return null;
        _ = std.c.write(pipe, "!", 1);
    }
}

pub fn close(source: *Source) void {
    _ = change(source.relay, stop_mark, EVFILT.USER, 0, std.c.NOTE.TRIGGER, 0);
    _ = libc.pthread_join(source.handle, null);
    closeAll(source);
}

fn closeAll(source: *Source) void {
    for ([_]i32{ source.set, source.signal, source.relay, source.stop }) |fd| {
        if (fd >= 0) _ = system.close(fd);
    }
}

/// Out-of-band data is not watched here.
pub fn watch(
    source: *Source,
    fd: i32,
    mode: u32,
    events: u32,
    slot: u32,
    generation: u32,
) i32 {
    const data = @as(u64, generation) << 32 | slot;
    const wanted = if (mode < 2) events else 0;
    const reading = wanted & readiness.readable != 0;
    const writing = wanted & readiness.writable != 0;
    const status = filter(source.set, fd, EVFILT.READ, reading, data);
    return if (status < 0) status else filter(source.set, fd, EVFILT.WRITE, writing, data);
}

fn filter(set: i32, fd: i32, kind: i16, wanted: bool, data: u64) i32 {
    const flags: u16 = if (wanted) EV.ADD | EV.CLEAR else EV.DELETE;
    const status = change(set, @intCast(fd), kind, flags, 0, data);
    return if (!wanted and status == -c.ENOENT) 0 else status;
}

fn change(set: i32, ident: usize, kind: i16, flags: u16, notes: u32, data: u64) i32 {
    var events = [1]Event{.{
        .ident = ident,
        .filter = kind,
        .flags = flags,
        .fflags = notes,
        .data = 0,
        .udata = data,
    }};
    const count = std.c.kevent(set, &events, 1, &events, 0, null);
    return if (count < 0) failure() else 0;
}

pub fn arm(source: *Source) i32 {
    const flags = EV.ADD | EV.ONESHOT;
    return change(source.relay, @intCast(source.set), EVFILT.READ, flags, 0, 0);
}

pub fn take(source: *Source) i32 {
    var none: [0]Event = undefined;
    var events: [source.ready.len]Event = undefined;
    const now: std.c.timespec = .{ .sec = 0, .nsec = 0 };
    const count = std.c.kevent(source.set, &none, 0, &events, events.len, &now);
    if (count < 0) return if (failure() == -c.EINTR) 0 else failure();
    for (0..@intCast(count)) |index| {
        const event = events[index];
        const bits = if (event.filter == EVFILT.WRITE) readiness.writable else readiness.readable;
        const ended = event.flags & ended_flag != 0;
        source.ready[index] = .{
            .slot = @truncate(event.udata),
            .generation = @truncate(event.udata >> 32),
            .events = if (ended) bits | readiness.failed else bits,
        };
    }
    return count;
}

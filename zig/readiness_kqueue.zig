//! macOS and FreeBSD: a kqueue, edge-triggered (EV_CLEAR). Compiled, never yet run.
const std = @import("std");
const c = @import("headers");
const readiness = @import("readiness_source.zig");
const Event = std.c.Kevent;
const EV = std.c.EV;
const EVFILT = std.c.EVFILT;

const Source = readiness.Source;

fn failure() i32 {
    return -std.c._errno().*;
}

pub fn open() i32 {
    const set = std.c.kqueue();
    if (set < 0) return failure();
    _ = std.c.fcntl(set, c.F_SETFD, @as(c_int, c.FD_CLOEXEC));
    return set;
}

pub fn duplicate(set: i32) i32 {
    const copy = std.c.fcntl(set, c.F_DUPFD_CLOEXEC, @as(c_int, 0));
    return if (copy < 0) failure() else copy;
}

/// Is `lent` still a duplicate of `set`? A filter that is in the one is then in the other.
pub fn isDuplicate(source: *const Source) bool {
    const mark = std.math.maxInt(u32);
    if (change(source.set, mark, EVFILT.USER, EV.ADD, 0) < 0) return false;
    return change(source.lent, mark, EVFILT.USER, EV.DELETE, 0) >= 0;
}

/// Out-of-band data is not watched here.
pub fn watch(set: i32, fd: i32, mode: u32, events: u32, slot: u32, generation: u32) i32 {
    const data = @as(u64, generation) << 32 | slot;
    const wanted = if (mode < 2) events else 0;
    const reading = wanted & readiness.readable != 0;
    const writing = wanted & readiness.writable != 0;
    const status = filter(set, fd, EVFILT.READ, reading, data);
    return if (status < 0) status else filter(set, fd, EVFILT.WRITE, writing, data);
}

fn filter(set: i32, fd: i32, kind: i16, wanted: bool, data: u64) i32 {
    const flags: u16 = if (wanted) EV.ADD | EV.CLEAR else EV.DELETE;
    const status = change(set, @intCast(fd), kind, flags, data);
    return if (!wanted and status == -c.ENOENT) 0 else status;
}

fn change(set: i32, ident: usize, kind: i16, flags: u16, data: u64) i32 {
    var events = [1]Event{.{
        .ident = ident,
        .filter = kind,
        .flags = flags,
        .fflags = 0,
        .data = 0,
        .udata = data,
    }};
    const count = std.c.kevent(set, &events, 1, &events, 0, null);
    return if (count < 0) failure() else 0;
}

/// EV_EOF of sys/event.h.
const ended_flag = 0x8000;

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

//! Linux: an epoll set, edge-triggered.
const c = @import("headers");
const readiness = @import("readiness_source.zig");
const linux = @import("std").os.linux;
const EPOLL = linux.EPOLL;
const result = @import("result.zig").fromSystemCall;

const Source = readiness.Source;

pub fn open() i32 {
    return result(linux.epoll_create1(EPOLL.CLOEXEC));
}

pub fn duplicate(set: i32) i32 {
    const from: usize = @bitCast(@as(isize, set));
    return result(linux.syscall3(.fcntl, from, c.F_DUPFD_CLOEXEC, 0));
}

/// Is `lent` still a duplicate of `set`, and not the number of something else by now? What is in
/// the one is then in the other.
pub fn isDuplicate(source: *const Source) bool {
    const mark = result(linux.eventfd(0, linux.EFD.CLOEXEC));
    if (mark < 0) return false;
    defer _ = linux.close(mark);
    if (control(source.set, EPOLL.CTL_ADD, mark, 0, 0) < 0) return false;
    return control(source.lent, EPOLL.CTL_MOD, mark, 0, 0) >= 0;
}

pub fn watch(set: i32, fd: i32, change: u32, events: u32, slot: u32, generation: u32) i32 {
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
    return control(set, operation, fd, mask, data);
}

fn control(set: i32, operation: u32, fd: i32, mask: u32, data: u64) i32 {
    var event: linux.epoll_event = .{ .events = mask, .data = .{ .u64 = data } };
    return result(linux.epoll_ctl(set, operation, fd, &event));
}

pub fn take(source: *Source) i32 {
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

//! Waiting in a blocking call in such a way that a signal with a handler ends it, and no other.
//!
//! Bun installs its signal handlers with SA_RESTART, so a bare blocking recv(2) would be restarted
//! for ever and the handler's JavaScript would never run. A socket call with a timeout set
//! (SO_RCVTIMEO, SO_SNDTIMEO) is never restarted, but ends with EINTR also where the process was
//! stopped and goes on, or a debugger attached: signal(7). poll(2) knows the difference. So it does
//! the waiting, and the call itself is made again when poll(2) says that it can go on.
//!
//! Where poll(2) cannot tell, the kernel waits in the call itself, under a timeout of a year:
//! another reader was quicker, an unread error queue keeps the socket ready, a datagram is meant
//! for a full queue elsewhere, MSG_PEEK asks for all of it.
const std = @import("std");
const c = @import("headers");
const system = @import("system.zig");

pub const Direction = enum {
    receive,
    send,

    fn option(direction: Direction) i32 {
        return switch (direction) {
            .receive => c.SO_RCVTIMEO,
            .send => c.SO_SNDTIMEO,
        };
    }

    fn event(direction: Direction) c_short {
        return switch (direction) {
            .receive => c.POLLIN,
            .send => c.POLLOUT,
        };
    }
};

const year_s = 365 * 24 * 60 * 60;
const error_slice_ms = 5;

pub fn isNonblocking(fd: i32) bool {
    const flags = system.getFlags(fd);
    return flags < 0 or flags & c.O_NONBLOCK != 0;
}

/// Makes a call that would have had to wait: its result, -EAGAIN when the socket's own timeout is
/// over, or -EINTR. `call.now()` makes it without waiting, `call.waiting()` as the descriptor does.
pub fn finish(fd: i32, direction: Direction, call: anytype) i32 {
    const ready = untilReadyOr(fd, direction, deadline(fd, direction));
    if (ready < 0) return ready;
    if (ready & direction.event() != 0) {
        const outcome = call.now();
        if (outcome != -c.EAGAIN) return outcome;
    }
    return inTheCall(fd, direction, call);
}

/// As `finish`, without asking poll(2) first.
pub fn inTheCall(fd: i32, direction: Direction, call: anytype) i32 {
    const timeout: FiniteTimeout = .begin(fd, direction);
    defer timeout.end();
    return call.waiting();
}

/// When the socket's own timeout is over, by system.clockMs; null: never, or `fd` is no socket.
pub fn deadline(fd: i32, direction: Direction) ?i64 {
    const time = FiniteTimeout.read(fd, direction) orelse return null;
    if (time.tv_sec == 0 and time.tv_usec == 0) return null;
    // Rounded up: never earlier than the kernel.
    const part_ms = @divTrunc(@as(i64, time.tv_usec) + 999, 1000);
    return system.clockMs() +| @as(i64, time.tv_sec) *| 1000 +| part_ms;
}

/// Waits until poll(2) reports `fd`, which need not be a socket: its bits, -EAGAIN where `end_ms`
/// of system.clockMs is over, or -EINTR.
fn untilReadyOr(fd: i32, direction: Direction, end_ms: ?i64) i32 {
    while (true) {
        var table = [1]c.struct_pollfd{.{ .fd = fd, .events = direction.event() }};
        const left_ms = if (end_ms) |end| end - system.clockMs() else -1;
        if (end_ms != null and left_ms <= 0) return -c.EAGAIN;
        const limit_ms: i32 = @intCast(@min(left_ms, std.math.maxInt(i32)));
        const ready = system.poll(&table, 1, limit_ms);
        // poll(2) is never early, and so no clock need be asked that might not go.
        if (ready == 0 and limit_ms == left_ms and end_ms != null) return -c.EAGAIN;
        if (ready != 0) return if (ready < 0) ready else @as(u16, @bitCast(table[0].revents));
    }
}

/// Waits until poll(2) reports a socket: 0, -EAGAIN when its own timeout is over, or -EINTR.
pub fn untilReported(fd: i32, direction: Direction) i32 {
    return @min(untilReadyOr(fd, direction, deadline(fd, direction)), 0);
}

/// Waits until `fd`, which need not be a socket, is ready: 0, or -EINTR.
pub fn untilReady(fd: i32, direction: Direction) i32 {
    return @min(untilReadyOr(fd, direction, null), 0);
}

/// Waits as above until `end_ms`: 0, -EAGAIN where it is over, or -EINTR.
pub fn untilReadyBy(fd: i32, direction: Direction, end_ms: i64) i32 {
    const ready = untilReadyOr(fd, direction, end_ms);
    if (ready < 0 or ready & direction.event() != 0) return @min(ready, 0);
    // An unread error queue makes poll(2) return at once, yet there is nothing to receive.
    return pause(error_slice_ms);
}

/// 0, or -EINTR.
pub fn pause(milliseconds: i32) i32 {
    var none: [1]c.struct_pollfd = undefined;
    return @min(system.poll(&none, 0, milliseconds), 0);
}

/// Holds a socket's timeout finite from `begin` to `end`, so that a signal can end a call.
const FiniteTimeout = struct {
    fd: i32,
    direction: Direction,
    set: bool,

    fn begin(fd: i32, direction: Direction) FiniteTimeout {
        if (system.waits_are_ended) return .{ .fd = fd, .direction = direction, .set = false };
        const current = read(fd, direction);
        const infinite = if (current) |time| time.tv_sec == 0 and time.tv_usec == 0 else false;
        return .{
            .fd = fd,
            .direction = direction,
            .set = infinite and write(fd, direction, year_s),
        };
    }

    fn end(self: FiniteTimeout) void {
        if (!self.set) return;
        const current = read(self.fd, self.direction) orelse return;
        // Somebody else may have set a timeout of his own meanwhile: that one stays. The kernel
        // rounds to its clock tick, never below the whole second.
        if (current.tv_sec == year_s) _ = write(self.fd, self.direction, 0);
    }

    fn read(fd: i32, direction: Direction) ?c.struct_timeval {
        var time: c.struct_timeval = .{};
        var length: u32 = @sizeOf(c.struct_timeval);
        const status = system.getsockopt(
            fd,
            c.SOL_SOCKET,
            direction.option(),
            @ptrCast(&time),
            &length,
        );
        return if (status < 0) null else time;
    }

    fn write(fd: i32, direction: Direction, seconds: i64) bool {
        const time: c.struct_timeval = .{ .tv_sec = @intCast(seconds) };
        return system.setsockopt(
            fd,
            c.SOL_SOCKET,
            direction.option(),
            @ptrCast(&time),
            @sizeOf(c.struct_timeval),
        ) >= 0;
    }
};

//! Waiting in a blocking call in such a way that a signal ends it.
//!
//! Bun installs its signal handlers with SA_RESTART, so a bare blocking recv(2) would be restarted
//! for ever and the handler's JavaScript would never run. signal(7): a socket call with a timeout
//! set (SO_RCVTIMEO, SO_SNDTIMEO) is never restarted. So where the socket has none, a year is set
//! for the length of the call. The kernel does all the waiting, with its own rules for
//! MSG_WAITALL, SO_RCVLOWAT, partial sends and competing readers.
const builtin = @import("builtin");
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
/// How long one poll(2) lasts where the wait is ours.
const slice_ms = 100;
const error_slice_ms = 5;

pub fn isNonblocking(fd: i32) bool {
    const flags = system.getFlags(fd);
    return flags < 0 or flags & c.O_NONBLOCK != 0;
}

/// Holds a socket's timeout finite from `begin` to `end`.
pub const FiniteTimeout = struct {
    fd: i32,
    direction: Direction,
    is_socket: bool,
    set: bool,

    pub fn begin(fd: i32, direction: Direction) FiniteTimeout {
        const current = read(fd, direction);
        const infinite = if (current) |time| time.tv_sec == 0 and time.tv_usec == 0 else false;
        return .{
            .fd = fd,
            .direction = direction,
            .is_socket = current != null,
            .set = infinite and write(fd, direction, year_s),
        };
    }

    pub fn end(self: FiniteTimeout) void {
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

/// Waits until `fd`, which need not be a socket, is ready: 0, or -EINTR.
pub fn untilReady(fd: i32, direction: Direction) i32 {
    while (true) {
        var table = [1]c.struct_pollfd{.{ .fd = fd, .events = direction.event() }};
        const ready = system.poll(&table, 1, slice_ms);
        if (ready != 0) return @min(ready, 0);
    }
}

/// Waits as above until `deadline_ms` of system.clockMs: 0, -EAGAIN where it is over, or -EINTR.
pub fn untilReadyOr(fd: i32, direction: Direction, deadline_ms: i64) i32 {
    var table = [1]c.struct_pollfd{.{ .fd = fd, .events = direction.event() }};
    const left_ms = deadline_ms - system.clockMs();
    if (left_ms <= 0) return -c.EAGAIN;
    const ready = system.poll(&table, 1, @intCast(left_ms));
    if (ready <= 0) return if (ready < 0) ready else -c.EAGAIN;
    if (table[0].revents & direction.event() != 0) return 0;
    // An unread error queue makes poll(2) return at once, yet there is nothing to receive.
    return @min(system.poll(&table, 0, error_slice_ms), 0);
}

//! Calls that wait where the socket's user takes it for a blocking one: tried, and tried again when
//! the socket is ready, until its own timeout is over or Ctrl-C is pressed.
const c = @import("headers");
const poll = @import("poll_windows.zig").poll;
const process = @import("process_windows.zig");
const sockets = @import("socket_windows.zig");

pub const Direction = enum { receive, send };

/// Makes a call, `call.now(argument)`, which returns -EAGAIN where it would have to wait. With
/// MSG_DONTWAIT in the flags, and on a non-blocking socket, that is the result.
pub fn waiting(fd: i32, direction: Direction, flags: u32, call: anytype, argument: anytype) i32 {
    const known = sockets.know(fd);
    if (known < 0) return known;
    const outcome = call.now(argument);
    if (outcome != -c.EAGAIN or flags & c.MSG_DONTWAIT != 0) return outcome;
    if (process.state(fd).nonblocking) return outcome;
    return again(fd, direction, call, argument);
}

fn again(fd: i32, direction: Direction, call: anytype, argument: anytype) i32 {
    const end_ms = deadline(fd, direction);
    while (true) {
        const left_ms: i64 = if (end_ms) |end| end - process.clockMs() else -1;
        if (end_ms != null and left_ms <= 0) return -c.EAGAIN;
        const events: c_short = if (direction == .receive) c.POLLRDNORM else c.POLLWRNORM;
        var table = [1]c.struct_pollfd{.{ .fd = fd, .events = events }};
        const ready = poll(&table, 1, @intCast(@min(left_ms, 0x7fff_ffff)));
        if (ready < 0) return ready;
        if (ready == 0) continue;
        const outcome = call.now(argument);
        if (outcome != -c.EAGAIN) return outcome;
        // Ready for something else: not again at once.
        const paused = poll(&table, 0, 1);
        if (paused < 0) return paused;
    }
}

/// When the socket's own timeout is over; null: never.
pub fn deadline(fd: i32, direction: Direction) ?i64 {
    const name: i32 = if (direction == .receive) c.SO_RCVTIMEO else c.SO_SNDTIMEO;
    const milliseconds = sockets.timeout(fd, name) orelse return null;
    return if (milliseconds == 0) null else process.clockMs() + milliseconds;
}

//! What this process has once, whatever threads it has: Winsock, Ctrl-C, and the sockets.
//!
//! Windows does not tell whether a socket is blocking, and has no MSG_DONTWAIT. So each socket that
//! the library uses is a non-blocking one in Windows, and whether its user takes it for a blocking
//! one stands here; the calls of such a one wait in the library, where Ctrl-C can end them. A
//! socket belongs to the process, as these bits do: every Worker sees the same.
const std = @import("std");
const c = @import("headers");
const errors = @import("error_windows.zig");
const winsock = @import("winsock.zig");

/// What is known of a socket. Nothing: it was made by somebody else, who may use it.
pub const State = packed struct(u8) {
    known: bool = false,
    /// Does its user take it for a non-blocking one?
    nonblocking: bool = false,
    stream: bool = false,
    /// Does it receive all packets of its interface? SIO_RCVALL.
    promiscuous: bool = false,
    unused: u4 = 0,
};

/// Numbers of handles are multiples of 4.
const handle_unit = 4;
/// So many sockets at once, of which memory that is never touched takes nothing.
const sockets_max = 1 << 20;

var states: [sockets_max]std.atomic.Value(u8) = @splat(.init(0));
var started: std.atomic.Value(u32) = .init(0);
/// How often Ctrl-C was pressed.
var interrupts: std.atomic.Value(u32) = .init(0);

/// Can a socket of that number be a descriptor of this package?
pub fn isInRange(socket: winsock.Socket) bool {
    return socket < sockets_max * handle_unit;
}

fn place(fd: i32) ?*std.atomic.Value(u8) {
    const number: u32 = @bitCast(fd);
    return if (isInRange(number)) &states[number / handle_unit] else null;
}

pub fn state(fd: i32) State {
    const found = place(fd) orelse return .{};
    return @bitCast(found.load(.acquire));
}

pub fn setState(fd: i32, value: State) void {
    if (place(fd)) |found| found.store(@bitCast(value), .release);
}

/// Winsock is started once and stays. 0, or -errno.
pub fn start() i32 {
    if (started.load(.acquire) != 0) return 0;
    var data: c.WSADATA = undefined;
    const code = winsock.WSAStartup(0x0202, &data);
    if (code != 0) return -errors.fromCode(code);
    // Two threads may both have done it: the second time counts, no more.
    if (started.swap(1, .acq_rel) == 0) _ = winsock.SetConsoleCtrlHandler(interrupted, 1);
    return 0;
}

/// Called in a thread of its own. 0: the next handler is asked, which is Bun's; the last one ends
/// the process.
fn interrupted(kind: u32) callconv(.winapi) c_int {
    // CTRL_C_EVENT, CTRL_BREAK_EVENT
    if (kind <= 1) _ = interrupts.fetchAdd(1, .acq_rel);
    return 0;
}

/// A wait is to end where this is another than when it began.
pub fn interruptCount() u32 {
    return interrupts.load(.acquire);
}

/// A clock that nobody sets back, in milliseconds.
pub fn clockMs() i64 {
    var count: i64 = 0;
    var frequency: i64 = 1;
    _ = winsock.QueryPerformanceCounter(&count);
    _ = winsock.QueryPerformanceFrequency(&frequency);
    return @divTrunc(count, frequency) * 1000 +
        @divTrunc(@rem(count, frequency) * 1000, frequency);
}

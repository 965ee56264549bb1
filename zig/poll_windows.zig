//! Windows: poll(2) by WSAPoll, with what differs there mended: an empty set waits, a negative
//! descriptor is left out, a number that is no socket is POLLNVAL, POLLPRI is its POLLRDBAND, and a
//! connection that failed is told by every version.
const std = @import("std");
const c = @import("headers");
const errors = @import("error_windows.zig");
const process = @import("process_windows.zig");
const sockets = @import("socket_windows.zig");
const winsock = @import("winsock.zig");

/// So long may Ctrl-C have to wait for its answer.
const slice_ms = 50;

/// What WSAPoll takes without an error.
const takes: c_short = c.POLLRDNORM | c.POLLRDBAND | c.POLLWRNORM;
const in: c_short = c.POLLIN;
const out: c_short = c.POLLOUT;
const urgent: c_short = c.POLLPRI;
const band: c_short = c.POLLRDBAND;

/// Waits up to `timeout_ms`, negative: for ever. How many are ready; -EINTR where Ctrl-C was
/// pressed.
pub fn poll(table: [*]c.struct_pollfd, count: u32, timeout_ms: i32) i32 {
    const interrupts = process.interruptCount();
    const end_ms = process.clockMs() + timeout_ms;
    while (true) {
        const left_ms = if (timeout_ms < 0) slice_ms else end_ms - process.clockMs();
        const wait_ms: i32 = @intCast(std.math.clamp(left_ms, 0, slice_ms));
        const ready = once(table[0..count], wait_ms);
        if (ready != 0) return ready;
        if (process.interruptCount() != interrupts) return -c.EINTR;
        if (timeout_ms >= 0 and process.clockMs() >= end_ms) return 0;
    }
}

fn once(table: []c.struct_pollfd, wait_ms: i32) i32 {
    if (table.len == 0) {
        if (wait_ms > 0) winsock.Sleep(@intCast(wait_ms));
        return 0;
    }
    return pollSockets(table, wait_ms);
}

/// One entry where its user has it: what he asked for is put back.
fn pollSockets(table: []c.struct_pollfd, wait_ms: i32) i32 {
    var waiting: usize = 0;
    var ready: i32 = 0;
    // Rooms of entries of the system's own, so that nobody's table is changed while others read it.
    var room: [room_max]winsock.PollEntry = undefined;
    if (table.len <= room_max) {
        for (table, room[0..table.len]) |entry, *own| own.* = ask(entry, &waiting);
        ready = call(room[0..table.len], waiting, wait_ms);
        if (ready < 0) return ready;
        return answer(table, room[0..table.len]);
    }
    // More than fit are asked in turns, none of which waits.
    var total: i32 = 0;
    var rest = table;
    while (rest.len > 0) {
        const part = rest[0..@min(rest.len, room_max)];
        rest = rest[part.len..];
        for (part, room[0..part.len]) |entry, *own| own.* = ask(entry, &waiting);
        ready = call(room[0..part.len], waiting, 0);
        if (ready < 0) return ready;
        total += answer(part, room[0..part.len]);
    }
    if (total == 0 and wait_ms > 0) winsock.Sleep(1);
    return total;
}

const room_max = 1024;

fn ask(entry: c.struct_pollfd, waiting: *usize) winsock.PollEntry {
    if (entry.fd < 0) {
        return .{ .socket = winsock.invalid_socket, .events = 0, .revents = 0 };
    }
    waiting.* += 1;
    var events = entry.events & takes;
    // POLLIN of Windows has both bits; out-of-band data are no data.
    events = if (entry.events & urgent != 0) events | band else events & ~band;
    return .{ .socket = sockets.handle(entry.fd), .events = events, .revents = 0 };
}

fn call(entries: []winsock.PollEntry, waiting: usize, wait_ms: i32) i32 {
    if (waiting == 0) {
        if (wait_ms > 0) winsock.Sleep(@intCast(wait_ms));
        return 0;
    }
    const status = winsock.WSAPoll(entries.ptr, @intCast(entries.len), wait_ms);
    if (status >= 0) return status;
    const code = winsock.WSAGetLastError();
    // Where none of them is a socket.
    if (code != c.WSAENOTSOCK) return -errors.fromCode(code);
    for (entries) |*entry| entry.revents = c.POLLNVAL;
    return 0;
}

fn answer(table: []c.struct_pollfd, entries: []const winsock.PollEntry) i32 {
    var ready: i32 = 0;
    for (table, entries) |*entry, own| {
        entry.revents = if (entry.fd < 0) 0 else translated(entry.*, own.revents);
        if (entry.revents != 0) ready += 1;
    }
    return ready;
}

fn translated(entry: c.struct_pollfd, told: c_short) c_short {
    const always: c_short = c.POLLERR | c.POLLHUP | c.POLLNVAL;
    var events = told & always;
    if (told & c.POLLRDNORM != 0) events |= entry.events & in;
    if (told & c.POLLRDBAND != 0) events |= entry.events & urgent;
    if (told & c.POLLWRNORM != 0) events |= entry.events & out;
    // Nothing more will come, which a read finds out at once: POSIX calls that readable.
    if (told & c.POLLHUP != 0) events |= entry.events & in;
    const wants_to_send = entry.events & out != 0;
    if (events == 0 and wants_to_send and hasFailed(entry.fd)) events = out | c.POLLERR;
    return events;
}

/// Older versions of WSAPoll never tell of a connection that failed; select does.
fn hasFailed(fd: i32) bool {
    var failed: winsock.One = .{ .count = 1, .sockets = .{sockets.handle(fd)} };
    const now: c.struct_timeval = .{ .tv_sec = 0, .tv_usec = 0 };
    if (winsock.select(0, null, null, &failed, &now) != 1) return false;
    // Of a connection that stands it means out-of-band data.
    var name: c.struct_sockaddr_storage = undefined;
    var length: u32 = @sizeOf(c.struct_sockaddr_storage);
    return sockets.getpeername(fd, &name, &length) < 0;
}

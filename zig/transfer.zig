//! send(2), recv(2), readv(2) and writev(2): bytes in and out.
//!
//! Each call is tried without waiting first. Only where it would have to wait, and the descriptor
//! is a blocking one, it is made again so that a signal can end it (wait.zig).
const std = @import("std");
const c = @import("headers");
const system = @import("system.zig");
const wait = @import("wait.zig");
const AddressSlot = @import("socket.zig").AddressSlot;

const Vector = []c.struct_iovec;

pub fn send(
    fd: i32,
    data: [*]const u8,
    offset: u32,
    length: u32,
    flags: u32,
) callconv(.c) i32 {
    return sendBytes(fd, data[offset..][0..length], flags, null, 0);
}

pub fn sendto(
    fd: i32,
    data: [*]const u8,
    offset: u32,
    length: u32,
    flags: u32,
    address: [*]const u8,
    address_length: u32,
) callconv(.c) i32 {
    return sendBytes(fd, data[offset..][0..length], flags, address, address_length);
}

fn sendBytes(
    fd: i32,
    data: []const u8,
    caller_flags: u32,
    address: ?[*]const u8,
    address_length: u32,
) i32 {
    const flags = caller_flags | system.no_signal;
    const sent = system.sendto(fd, data, flags | c.MSG_DONTWAIT, address, address_length);
    if (flags & c.MSG_DONTWAIT != 0) return sent;
    if (!isUnfinished(sent, data.len) or wait.isNonblocking(fd)) return sent;

    const done: usize = @intCast(@max(sent, 0));
    const timeout: wait.FiniteTimeout = .begin(fd, .send);
    defer timeout.end();
    return total(sent, system.sendto(fd, data[done..], flags, address, address_length));
}

/// Would block, or a part of a stream's data went.
pub fn isUnfinished(outcome: i32, wanted: usize) bool {
    return outcome == -c.EAGAIN or (outcome >= 0 and outcome < wanted);
}

/// What two calls did together: an error of the second is dropped where the first moved data, as
/// the kernel does within one call.
pub fn total(first: i32, second: i32) i32 {
    if (first <= 0) return second;
    return if (second < 0) first else first +| second;
}

pub fn recv(
    fd: i32,
    buffer: [*]u8,
    offset: u32,
    length: u32,
    flags: u32,
) callconv(.c) i32 {
    return receiveBytes(fd, buffer[offset..][0..length], flags, null, null);
}

pub fn recvfrom(
    fd: i32,
    buffer: [*]u8,
    offset: u32,
    length: u32,
    flags: u32,
    slot: [*]u8,
) callconv(.c) i32 {
    const address = AddressSlot.from(slot);
    var address_length: u32 = address.storage.len;
    const data = buffer[offset..][0..length];
    const received = receiveBytes(fd, data, flags, &address.storage, &address_length);
    address.length = address_length;
    return received;
}

fn receiveBytes(
    fd: i32,
    buffer: []u8,
    flags: u32,
    address: system.AddressPointer,
    address_length: ?*u32,
) i32 {
    const room: u32 = if (address_length) |length| length.* else 0;
    const now = flags | c.MSG_DONTWAIT;
    const received = system.recvfrom(fd, buffer, now, address, address_length);
    if (flags & c.MSG_DONTWAIT != 0) return received;
    const short = wantsMore(fd, received, buffer.len, flags);
    if (received != -c.EAGAIN and !short) return received;
    if (wait.isNonblocking(fd)) return received;

    if (address_length) |length| length.* = room;
    const peeked = flags & c.MSG_PEEK != 0;
    const done: usize = if (peeked) 0 else @intCast(@max(received, 0));
    const timeout: wait.FiniteTimeout = .begin(fd, .receive);
    defer timeout.end();
    const more = system.recvfrom(fd, buffer[done..], flags, address, address_length);
    return if (done == 0 and more >= 0) more else total(received, more);
}

/// MSG_WAITALL on a stream asks for the rest; a datagram is whole however short it is.
pub fn wantsMore(fd: i32, received: i32, wanted: usize, flags: u32) bool {
    if (flags & c.MSG_WAITALL == 0 or received <= 0 or received >= wanted) return false;
    var kind: i32 = 0;
    var length: u32 = @sizeOf(i32);
    const status = system.getsockopt(fd, c.SOL_SOCKET, c.SO_TYPE, @ptrCast(&kind), &length);
    return status >= 0 and kind == c.SOCK_STREAM;
}

pub fn read(fd: i32, buffer: [*]u8, offset: u32, length: u32) callconv(.c) i32 {
    var vector = [1]c.struct_iovec{.{ .iov_base = buffer + offset, .iov_len = length }};
    return readVector(fd, &vector);
}

/// readv(2) over `count` struct iovec.
pub fn readv(fd: i32, table: [*]u8, count: u32) callconv(.c) i32 {
    return readVector(fd, vectorFrom(table, count));
}

pub fn write(fd: i32, data: [*]const u8, offset: u32, length: u32) callconv(.c) i32 {
    const start: *anyopaque = @constCast(data + offset);
    var vector = [1]c.struct_iovec{.{ .iov_base = start, .iov_len = length }};
    return writeVector(fd, &vector);
}

/// writev(2) over `count` struct iovec, which it may change.
pub fn writev(fd: i32, table: [*]u8, count: u32) callconv(.c) i32 {
    return writeVector(fd, vectorFrom(table, count));
}

fn vectorFrom(table: [*]u8, count: u32) Vector {
    const vector: [*]c.struct_iovec = @ptrCast(@alignCast(table));
    return vector[0..count];
}

fn readVector(fd: i32, vector: Vector) i32 {
    const now = system.readvNow(fd, vector);
    if (now != -c.EAGAIN and now != -c.EOPNOTSUPP) return now;
    if (wait.isNonblocking(fd)) return system.readv(fd, vector);
    const timeout: wait.FiniteTimeout = .begin(fd, .receive);
    defer timeout.end();
    if (!timeout.is_socket) {
        const ready = wait.untilReady(fd, .receive);
        if (ready < 0) return ready;
    }
    return system.readv(fd, vector);
}

/// A socket is written with sendmsg(2) so that a closed peer gives -EPIPE without SIGPIPE.
fn writeVector(fd: i32, vector: Vector) i32 {
    const message: c.struct_msghdr = .{
        .msg_iov = vector.ptr,
        .msg_iovlen = @intCast(vector.len),
    };
    const sent = sendMessage(fd, &message, 0);
    return if (sent == -c.ENOTSOCK) writeFile(fd, vector) else sent;
}

/// sendmsg(2), the whole of it where the descriptor is blocking.
pub fn sendMessage(fd: i32, message: *const c.struct_msghdr, caller_flags: u32) i32 {
    const flags = caller_flags | system.no_signal;
    const sent = system.sendmsg(fd, message, flags | c.MSG_DONTWAIT);
    if (flags & c.MSG_DONTWAIT != 0) return sent;
    const wanted = bytesIn(vectorOf(message));
    if (!isUnfinished(sent, wanted) or wait.isNonblocking(fd)) return sent;
    return sendRemaining(fd, message, sent, flags);
}

/// Sends what is left of a message after a call that would have waited: `sent` is what that one
/// returned. What both did together.
pub fn sendRemaining(fd: i32, message: *const c.struct_msghdr, sent: i32, flags: u32) i32 {
    const done: usize = @intCast(@max(sent, 0));
    const vector = vectorOf(message);
    const remaining = advance(vector, done);
    defer restore(vector, remaining, done);
    var rest = message.*;
    rest.msg_iov = remaining.ptr;
    rest.msg_iovlen = @intCast(remaining.len);
    if (done > 0) {
        // The control data went with the first part.
        rest.msg_control = null;
        rest.msg_controllen = 0;
    }
    const timeout: wait.FiniteTimeout = .begin(fd, .send);
    defer timeout.end();
    return total(sent, system.sendmsg(fd, &rest, flags));
}

pub fn vectorOf(message: *const c.struct_msghdr) Vector {
    if (message.msg_iovlen == 0) return &.{};
    return message.msg_iov[0..@intCast(message.msg_iovlen)];
}

fn writeFile(fd: i32, whole: Vector) i32 {
    if (wait.isNonblocking(fd)) return system.writev(fd, whole);
    var vector = whole;
    var written: i32 = 0;
    while (true) {
        const wanted = bytesIn(vector);
        const now = system.writevNow(fd, vector);
        if (now == -c.EOPNOTSUPP or now == -c.EAGAIN) {
            const ready = wait.untilReady(fd, .send);
            if (ready < 0) return total(written, ready);
            if (now == -c.EAGAIN) continue;
            return total(written, system.writev(fd, vector));
        }
        written = total(written, now);
        if (now < 0 or now >= wanted) return written;
        vector = advance(vector, @intCast(now));
    }
}

pub fn bytesIn(vector: Vector) usize {
    var sum: usize = 0;
    for (vector) |element| sum +|= element.iov_len;
    return sum;
}

/// The vector without its first `count` bytes; changes the element it cuts.
pub fn advance(vector: Vector, count: usize) Vector {
    var left = count;
    var index: usize = 0;
    while (index < vector.len and left >= vector[index].iov_len) : (index += 1) {
        left -= vector[index].iov_len;
    }
    if (index < vector.len) {
        const element = &vector[index];
        const base: [*]u8 = @ptrCast(element.iov_base);
        element.iov_base = base + left;
        element.iov_len -= left;
    }
    return vector[index..];
}

/// Undoes `advance`: the caller keeps his table.
pub fn restore(whole: Vector, rest: Vector, count: usize) void {
    if (rest.len == 0) return;
    const cut = count - bytesIn(whole[0 .. whole.len - rest.len]);
    const base: [*]u8 = @ptrCast(rest[0].iov_base orelse return);
    rest[0].iov_base = base - cut;
    rest[0].iov_len += cut;
}

test "advance drops whole elements and cuts the next" {
    var first = [_]u8{ 1, 2, 3 };
    var second = [_]u8{ 4, 5, 6 };
    var vector = [_]c.struct_iovec{
        .{ .iov_base = &first, .iov_len = 3 },
        .{ .iov_base = &second, .iov_len = 3 },
    };
    const rest = advance(&vector, 4);
    try std.testing.expectEqual(@as(usize, 1), rest.len);
    try std.testing.expectEqual(@as(usize, 2), rest[0].iov_len);
    const base: [*]u8 = @ptrCast(rest[0].iov_base);
    try std.testing.expectEqual(@as(u8, 5), base[0]);
    restore(&vector, rest, 4);
    try std.testing.expectEqual(@as(*anyopaque, &second), vector[1].iov_base.?);
    try std.testing.expectEqual(@as(usize, 0), advance(&vector, 6).len);
    try std.testing.expectEqual(@as(usize, 3), vector[1].iov_len);
}

test "the second call's error is dropped where the first moved data" {
    try std.testing.expectEqual(@as(i32, 5), total(5, -c.EPIPE));
    try std.testing.expectEqual(@as(i32, -c.EPIPE), total(-c.EAGAIN, -c.EPIPE));
    try std.testing.expectEqual(@as(i32, 8), total(5, 3));
}

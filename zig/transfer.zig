//! send(2), recv(2), readv(2) and writev(2): bytes in and out.
//!
//! Each call is tried without waiting first. Only where it would have to wait, and the descriptor
//! is a blocking one, it waits so that a signal can end it (wait.zig).
const std = @import("std");
const c = @import("headers");
const system = @import("system.zig");
const wait = @import("wait.zig");
const socket = @import("socket.zig");
const AddressSlot = socket.AddressSlot;

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
    var call: Send = .{
        .fd = fd,
        .data = data,
        .flags = flags,
        .address = address,
        .address_length = address_length,
    };
    var sent = call.now();
    if (isFastOpen(flags) and sent == -c.EINPROGRESS) {
        // Without a cookie the connection comes first, and the data went nowhere: tcp(7).
        if (flags & c.MSG_DONTWAIT != 0 or wait.isNonblocking(fd)) return sent;
        const connected = finishFastOpen(fd, &call.flags);
        if (connected < 0) return connected;
        sent = call.now();
    }
    if (flags & c.MSG_DONTWAIT != 0) return sent;
    if (!isUnfinished(sent, data.len) or wait.isNonblocking(fd)) return sent;
    while (isUnfinished(sent, data.len)) {
        call.data = data[@intCast(@max(sent, 0))..];
        const more = wait.finish(fd, .send, call);
        if (more <= 0) return total(sent, more);
        sent = total(sent, more);
    }
    return sent;
}

const Send = struct {
    fd: i32,
    data: []const u8,
    flags: u32,
    address: ?[*]const u8,
    address_length: u32,

    pub fn now(call: Send) i32 {
        return call.with(call.flags | c.MSG_DONTWAIT);
    }

    pub fn waiting(call: Send) i32 {
        return call.with(call.flags);
    }

    fn with(call: Send, flags: u32) i32 {
        return system.sendto(call.fd, call.data, flags, call.address, call.address_length);
    }
};

const fast_open = if (@hasDecl(c, "MSG_FASTOPEN")) c.MSG_FASTOPEN else 0;

/// sendto(2) that also connects: Linux.
pub fn isFastOpen(flags: u32) bool {
    return flags & fast_open != 0;
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
    var call: Receive = .{
        .fd = fd,
        .buffer = buffer,
        .flags = flags,
        .address = address,
        .address_length = address_length,
        .address_room = if (address_length) |length| length.* else 0,
    };
    var received = call.now();
    if (neverWaits(flags)) return received;
    const short = wantsMore(fd, received, buffer.len, flags);
    if (received != -c.EAGAIN and !short) return received;
    if (wait.isNonblocking(fd)) return received;
    // Only the kernel knows when a peek has got enough, and whether to wait for urgent data.
    const kernels = (short and flags & c.MSG_PEEK != 0) or flags & c.MSG_OOB != 0;
    if (kernels) return wait.inTheCall(fd, .receive, call);
    while (true) {
        call.buffer = buffer[@intCast(@max(received, 0))..];
        const more = wait.finish(fd, .receive, call);
        received = if (received > 0) total(received, more) else more;
        if (more <= 0 or !wantsMore(fd, received, buffer.len, flags)) return received;
        if (flags & c.MSG_PEEK != 0) return wait.inTheCall(fd, .receive, call);
    }
}

/// Waits for the connection that a send has begun, and takes the flag away, for the next send is
/// an ordinary one.
pub fn finishFastOpen(fd: i32, flags: *u32) i32 {
    flags.* &= ~@as(u32, fast_open);
    return socket.finishConnect(fd);
}

const Receive = struct {
    fd: i32,
    buffer: []u8,
    flags: u32,
    address: system.AddressPointer,
    address_length: ?*u32,
    address_room: u32,

    pub fn now(call: Receive) i32 {
        return call.with(call.flags | c.MSG_DONTWAIT);
    }

    pub fn waiting(call: Receive) i32 {
        return call.with(call.flags);
    }

    fn with(call: Receive, flags: u32) i32 {
        if (call.address_length) |length| length.* = call.address_room;
        return system.recvfrom(call.fd, call.buffer, flags, call.address, call.address_length);
    }
};

/// recv(2): MSG_ERRQUEUE never waits, whatever the descriptor does.
pub fn neverWaits(flags: u32) bool {
    return flags & (c.MSG_DONTWAIT | system.error_queue) != 0;
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
    const call: Read = .{ .fd = fd, .vector = vector };
    const now = call.now();
    if (now != -c.EAGAIN and now != -c.EOPNOTSUPP) return now;
    if (wait.isNonblocking(fd)) return call.waiting();
    const outcome = wait.finish(fd, .receive, call);
    // A file that cannot be read without waiting is read now that it is ready.
    return if (outcome == -c.EOPNOTSUPP) wait.inTheCall(fd, .receive, call) else outcome;
}

const Read = struct {
    fd: i32,
    vector: Vector,

    pub fn now(call: Read) i32 {
        return system.readvNow(call.fd, call.vector);
    }

    pub fn waiting(call: Read) i32 {
        return system.readv(call.fd, call.vector);
    }
};

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
    var flags = caller_flags | system.no_signal;
    var sent = system.sendmsg(fd, message, flags | c.MSG_DONTWAIT);
    if (isFastOpen(flags) and sent == -c.EINPROGRESS) {
        if (flags & c.MSG_DONTWAIT != 0 or wait.isNonblocking(fd)) return sent;
        const connected = finishFastOpen(fd, &flags);
        if (connected < 0) return connected;
        sent = system.sendmsg(fd, message, flags | c.MSG_DONTWAIT);
    }
    if (flags & c.MSG_DONTWAIT != 0) return sent;
    const wanted = bytesIn(vectorOf(message));
    if (!isUnfinished(sent, wanted) or wait.isNonblocking(fd)) return sent;
    return sendRemaining(fd, message, sent, flags);
}

/// Sends what is left of a message after a call that would have waited: `sent` is what that one
/// returned. What all did together.
pub fn sendRemaining(fd: i32, message: *const c.struct_msghdr, sent: i32, flags: u32) i32 {
    const vector = vectorOf(message);
    const wanted = bytesIn(vector);
    var moved = sent;
    while (true) {
        const done: usize = @intCast(@max(moved, 0));
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
        const more = wait.finish(fd, .send, SendRest{ .fd = fd, .rest = &rest, .flags = flags });
        moved = total(moved, more);
        if (more <= 0 or !isUnfinished(moved, wanted)) return moved;
    }
}

const SendRest = struct {
    fd: i32,
    rest: *const c.struct_msghdr,
    flags: u32,

    pub fn now(call: SendRest) i32 {
        return system.sendmsg(call.fd, call.rest, call.flags | c.MSG_DONTWAIT);
    }

    pub fn waiting(call: SendRest) i32 {
        return system.sendmsg(call.fd, call.rest, call.flags);
    }
};

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

//! Windows: send(2), recv(2) and their kin, by WSASendTo, WSARecvFrom, WSASendMsg and WSARecvMsg.
const std = @import("std");
const c = @import("headers");
const errors = @import("error_windows.zig");
const patience = @import("patience_windows.zig");
const poll = @import("poll_windows.zig").poll;
const process = @import("process_windows.zig");
const sockets = @import("socket_windows.zig");
const winsock = @import("winsock.zig");
const BatchHeader = @import("batch_header.zig").BatchHeader;
const Vector = []c.struct_iovec;

/// The package's own bit for MSG_WAITFORONE.
pub const wait_for_one: u32 = 0x10000;

/// Flags that Winsock is not told: the package does what they ask for. MSG_WAITALL fails on a
/// non-blocking socket; MSG_TRUNC only comes back.
const own_flags: u32 = c.MSG_DONTWAIT | wait_for_one | c.MSG_WAITALL | c.MSG_TRUNC;

/// A WSABUF's length has 32 bits, and so have the results of this package 31.
fn isTooLong(vector: Vector) bool {
    return bytesIn(vector) > std.math.maxInt(i32);
}

fn bytesIn(vector: Vector) usize {
    var sum: usize = 0;
    for (vector) |part| sum +|= part.iov_len;
    return sum;
}

fn element(bytes: []const u8) c.struct_iovec {
    return .{ .iov_base = @constCast(bytes.ptr), .iov_len = bytes.len };
}

pub fn sendto(fd: i32, data: []const u8, flags: u32, name: ?[*]const u8, length: u32) i32 {
    var vector = [1]c.struct_iovec{element(data)};
    const call: Send = .{ .fd = fd, .vector = &vector, .name = name, .name_length = length };
    return patience.waiting(fd, .send, flags, call, flags);
}

const Send = struct {
    fd: i32,
    vector: Vector,
    name: ?[*]const u8 = null,
    name_length: u32 = 0,

    pub fn now(call: Send, flags: u32) i32 {
        if (isTooLong(call.vector)) return -c.EMSGSIZE;
        var none = [1]c.struct_iovec{element(&.{})};
        const vector: Vector = if (call.vector.len == 0) &none else call.vector;
        var sent: u32 = 0;
        const status = winsock.WSASendTo(
            sockets.handle(call.fd),
            vector.ptr,
            @intCast(vector.len),
            &sent,
            flags & ~own_flags,
            call.name,
            @intCast(call.name_length),
            null,
            null,
        );
        return if (status == 0) @intCast(sent) else call.refusal(errors.lastOf(call.fd));
    }

    /// A datagram without a destination is said to be that.
    fn refusal(call: Send, failure: i32) i32 {
        if (failure != -c.EINVAL and failure != -c.ENOTCONN) return failure;
        if (call.name != null or process.state(call.fd).stream) return failure;
        return if (isConnected(call.fd)) failure else -c.EDESTADDRREQ;
    }
};

fn isConnected(fd: i32) bool {
    var name: c.struct_sockaddr_storage = undefined;
    var length: u32 = @sizeOf(c.struct_sockaddr_storage);
    return sockets.getpeername(fd, &name, &length) >= 0;
}

pub fn recvfrom(fd: i32, buffer: []u8, flags: u32, name: AddressPointer, length: ?*u32) i32 {
    var vector = [2]c.struct_iovec{ element(buffer), element(&.{}) };
    const call: Receive = .{ .fd = fd, .vector = vector[0..1], .name = name, .length = length };
    if (flags & c.MSG_TRUNC != 0) return receiveBeyond(fd, &vector, call, flags);
    const patient = flags & c.MSG_DONTWAIT == 0 and !process.state(fd).nonblocking;
    if (patient and flags & whole_peek == whole_peek) return peekWhole(fd, call, flags);
    return patience.waiting(fd, .receive, flags, call, flags);
}

const whole_peek: u32 = c.MSG_PEEK | c.MSG_WAITALL;
const peek_pause_ms = 5;

/// A peek at a stream that is to have all of it: nothing tells when more has come.
fn peekWhole(fd: i32, call: Receive, flags: u32) i32 {
    const end_ms = patience.deadline(fd, .receive);
    while (true) {
        const peeked = patience.waiting(fd, .receive, flags, call, flags);
        const wanted = call.vector[0].iov_len;
        if (peeked <= 0 or peeked >= wanted or !process.state(fd).stream) return peeked;
        var table = [1]c.struct_pollfd{.{ .fd = fd, .events = 0 }};
        const ended = poll(&table, 1, 0);
        if (ended != 0) return if (ended < 0) ended else peeked;
        if (end_ms) |end| if (process.clockMs() >= end) return peeked;
        const paused = poll(&table, 0, peek_pause_ms);
        if (paused < 0) return paused;
    }
}

const AddressPointer = ?*anyopaque;
const datagram_max = 65_536;

/// The datagram's own length, which Windows does not tell: there is room for all of it.
noinline fn receiveBeyond(fd: i32, vector: *[2]c.struct_iovec, single: Receive, flags: u32) i32 {
    // Otherwise the room would be filled each time.
    @setRuntimeSafety(false);
    const known = sockets.know(fd);
    if (known < 0) return known;
    if (process.state(fd).stream) return patience.waiting(fd, .receive, flags, single, flags);
    var rest: [datagram_max]u8 = undefined;
    vector[1] = element(&rest);
    var call = single;
    call.vector = vector;
    return patience.waiting(fd, .receive, flags, call, flags);
}

const Receive = struct {
    fd: i32,
    vector: Vector,
    name: AddressPointer = null,
    length: ?*u32 = null,
    /// Flags that came with the data, where somebody asks for them.
    told: ?*u32 = null,

    pub fn now(call: Receive, flags: u32) i32 {
        if (isTooLong(call.vector)) return -c.EINVAL;
        var none = [1]c.struct_iovec{element(&.{})};
        const vector: Vector = if (call.vector.len == 0) &none else call.vector;
        while (true) {
            var received: u32 = 0;
            var bits = flags & ~own_flags;
            var length: c_int = if (call.length) |room| @intCast(room.*) else 0;
            const status = winsock.WSARecvFrom(
                sockets.handle(call.fd),
                vector.ptr,
                @intCast(vector.len),
                &received,
                &bits,
                call.name,
                if (call.length == null) null else &length,
                null,
                null,
            );
            const stream = process.state(call.fd).stream;
            const outcome = if (status == 0)
                @as(i32, @intCast(received))
            else
                failed(call.fd, stream, vector, &bits);
            if (outcome == again) continue;
            if (outcome < 0) return outcome;
            if (call.length) |room| room.* = if (stream) 0 else @intCast(length);
            if (call.told) |told| told.* = bits;
            return outcome;
        }
    }
};

/// Nothing came but news of a datagram sent before, which is nobody's business.
const again = std.math.minInt(i32);

/// What a call that received nothing, by Winsock's account, is to return: -errno, `again`, or the
/// length of what it stored of a longer datagram.
fn failed(fd: i32, stream: bool, vector: Vector, flags: *u32) i32 {
    const failure = errors.lastOf(fd);
    if (failure == -c.EMSGSIZE) {
        flags.* |= c.MSG_TRUNC;
        return @intCast(bytesIn(vector));
    }
    // recv(2) of a direction that shutdown(2) has ended is the end of the stream.
    if (failure == -c.EPIPE) return 0;
    if (stream or (failure != -c.ECONNRESET and failure != -c.ENETRESET)) return failure;
    // A port that nobody listens at, told by ICMP: the peer's own where there is one, as elsewhere.
    return if (isConnected(fd)) -c.ECONNREFUSED else again;
}

pub fn readv(fd: i32, vector: Vector) i32 {
    const call: Receive = .{ .fd = fd, .vector = vector };
    return patience.waiting(fd, .receive, 0, call, 0);
}

pub fn writev(fd: i32, vector: Vector) i32 {
    return patience.waiting(fd, .send, 0, Send{ .fd = fd, .vector = vector }, 0);
}

/// What read(2) and write(2) are given here is a socket.
pub fn readvNow(fd: i32, vector: Vector) i32 {
    const call: Receive = .{ .fd = fd, .vector = vector };
    return patience.waiting(fd, .receive, c.MSG_DONTWAIT, call, 0);
}

pub fn writevNow(fd: i32, vector: Vector) i32 {
    return patience.waiting(fd, .send, c.MSG_DONTWAIT, Send{ .fd = fd, .vector = vector }, 0);
}

fn vectorOf(message: *const c.struct_msghdr) Vector {
    if (message.msg_iovlen == 0) return &.{};
    return message.msg_iov[0..@intCast(message.msg_iovlen)];
}

pub fn sendmsg(fd: i32, message: *const c.struct_msghdr, flags: u32) i32 {
    if (message.msg_controllen != 0) {
        const call: SendMessage = .{ .fd = fd, .message = message };
        return patience.waiting(fd, .send, flags, call, flags);
    }
    const call: Send = .{
        .fd = fd,
        .vector = vectorOf(message),
        .name = @ptrCast(message.msg_name),
        .name_length = message.msg_namelen,
    };
    return patience.waiting(fd, .send, flags, call, flags);
}

const SendMessage = struct {
    fd: i32,
    message: *const c.struct_msghdr,

    pub fn now(call: SendMessage, flags: u32) i32 {
        const message = call.message;
        // WSASendMsg is for datagrams alone, and no control message is for a stream.
        if (process.state(call.fd).stream) return -c.EOPNOTSUPP;
        if (isTooLong(vectorOf(message))) return -c.EMSGSIZE;
        var none = [1]c.struct_iovec{element(&.{})};
        const vector = if (message.msg_iovlen == 0) &none else vectorOf(message);
        const own: winsock.Message = .{
            .name = message.msg_name,
            .name_length = @intCast(message.msg_namelen),
            .buffers = vector.ptr,
            .buffer_count = @intCast(vector.len),
            .control = .{
                .iov_base = message.msg_control,
                .iov_len = message.msg_controllen,
            },
            .flags = 0,
        };
        var sent: u32 = 0;
        const socket = sockets.handle(call.fd);
        const bits = flags & ~own_flags;
        if (winsock.WSASendMsg(socket, &own, bits, &sent, null, null) == 0) return @intCast(sent);
        return errors.lastOf(call.fd);
    }
};

pub fn recvmsg(fd: i32, message: *c.struct_msghdr, flags: u32) i32 {
    if (flags & c.MSG_TRUNC != 0) return receiveMessageBeyond(fd, message, flags);
    const call: ReceiveMessage = .{ .fd = fd, .message = message };
    return patience.waiting(fd, .receive, flags, call, flags);
}

/// IOV_MAX of src/calls/transfer.ts.
const vector_max = 1024;

/// As receiveBeyond.
noinline fn receiveMessageBeyond(fd: i32, message: *c.struct_msghdr, flags: u32) i32 {
    @setRuntimeSafety(false);
    const known = sockets.know(fd);
    if (known < 0) return known;
    const vector = vectorOf(message);
    if (vector.len > vector_max) return -c.EINVAL;
    var rest: [datagram_max]u8 = undefined;
    var table: [vector_max + 1]c.struct_iovec = undefined;
    @memcpy(table[0..vector.len], vector);
    table[vector.len] = element(&rest);
    var longer = message.*;
    longer.msg_iov = &table;
    // The bytes of a stream have no end that could be cut off.
    longer.msg_iovlen = @intCast(vector.len + @intFromBool(!process.state(fd).stream));
    const call: ReceiveMessage = .{ .fd = fd, .message = &longer };
    const received = patience.waiting(fd, .receive, flags, call, flags);
    if (received < 0) return received;
    message.msg_namelen = longer.msg_namelen;
    message.msg_controllen = longer.msg_controllen;
    message.msg_flags = longer.msg_flags;
    if (received > bytesIn(vector)) message.msg_flags |= c.MSG_TRUNC;
    return received;
}

const ReceiveMessage = struct {
    fd: i32,
    message: *c.struct_msghdr,

    pub fn now(call: ReceiveMessage, flags: u32) i32 {
        const message = call.message;
        if (message.msg_controllen != 0 and !process.state(call.fd).stream) {
            return call.withControl(flags);
        }
        var length: u32 = message.msg_namelen;
        var told: u32 = 0;
        const plain: Receive = .{
            .fd = call.fd,
            .vector = vectorOf(message),
            .name = message.msg_name,
            .length = if (message.msg_name == null) null else &length,
            .told = &told,
        };
        const received = plain.now(flags);
        if (received < 0) return received;
        message.msg_namelen = length;
        message.msg_controllen = 0;
        message.msg_flags = @bitCast(told);
        return received;
    }

    fn withControl(call: ReceiveMessage, flags: u32) i32 {
        const message = call.message;
        const found = functionOf(call.fd);
        if (found.failure < 0) return found.failure;
        const vector = vectorOf(message);
        if (isTooLong(vector)) return -c.EINVAL;
        while (true) {
            var own: winsock.Message = .{
                .name = message.msg_name,
                .name_length = @intCast(message.msg_namelen),
                .buffers = if (vector.len == 0) null else vector.ptr,
                .buffer_count = @intCast(vector.len),
                .control = .{
                    .iov_base = message.msg_control,
                    .iov_len = message.msg_controllen,
                },
                .flags = flags & ~own_flags,
            };
            var received: u32 = 0;
            const status = found.function.?(sockets.handle(call.fd), &own, &received, null, null);
            const outcome = if (status == 0)
                @as(i32, @intCast(received))
            else
                failed(call.fd, false, vector, &own.flags);
            if (outcome == again) continue;
            if (outcome < 0) return outcome;
            message.msg_namelen = @intCast(own.name_length);
            // The upper half is not Winsock's.
            message.msg_controllen = @as(u32, @truncate(own.control.iov_len));
            message.msg_flags = @bitCast(own.flags);
            return outcome;
        }
    }
};

const Function = struct { function: ?*const winsock.ReceiveMessage, failure: i32 };

/// WSARecvMsg of the socket's provider.
fn functionOf(fd: i32) Function {
    // WSAID_WSARECVMSG
    const identifier: c.GUID = .{
        .Data1 = 0xf689d7c8,
        .Data2 = 0x6f1f,
        .Data3 = 0x436b,
        .Data4 = .{ 0x8a, 0x53, 0xe5, 0x4f, 0xe3, 0x51, 0xc3, 0x22 },
    };
    var function: ?*const winsock.ReceiveMessage = null;
    var returned: u32 = 0;
    const status = winsock.WSAIoctl(
        sockets.handle(fd),
        @bitCast(@as(i32, @truncate(@as(i64, c.SIO_GET_EXTENSION_FUNCTION_POINTER)))),
        &identifier,
        @sizeOf(c.GUID),
        @ptrCast(&function),
        @sizeOf(usize),
        &returned,
        null,
        null,
    );
    return .{ .function = function, .failure = if (status == 0) 0 else errors.lastOf(fd) };
}

pub fn sendmmsg(fd: i32, headers: []BatchHeader, flags: u32) i32 {
    for (headers, 0..) |*entry, index| {
        const sent = sendmsg(fd, &entry.header, flags);
        if (sent < 0) return if (index > 0) @intCast(index) else sent;
        entry.length = @intCast(sent);
    }
    return @intCast(headers.len);
}

pub fn recvmmsg(fd: i32, headers: []BatchHeader, flags: u32) i32 {
    for (headers, 0..) |*entry, index| {
        const received = recvmsg(fd, &entry.header, flags);
        if (received < 0) return if (index > 0) @intCast(index) else received;
        entry.length = @intCast(received);
    }
    return @intCast(headers.len);
}

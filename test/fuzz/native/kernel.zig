//! A kernel that answers as the input says: the library's system calls where it is fuzzed. It is
//! hostile but no liar: what it says it wrote, it wrote, and it writes no more than there is room.
//! When the input is used up every call fails, so that no input makes the library go on for ever.
const std = @import("std");
const c = @import("headers");
const rawsock = @import("rawsock");
const memory = @import("memory.zig");

const Reader = memory.Reader;
const BatchHeader = rawsock.BatchHeader;

pub const AddressPointer = ?*anyopaque;
pub const no_signal: u32 = c.MSG_NOSIGNAL;
pub const close_on_exec: u32 = c.MSG_CMSG_CLOEXEC;
pub const error_queue: u32 = c.MSG_ERRQUEUE;
pub const wait_for_one: u32 = c.MSG_WAITFORONE;
pub const waits_are_ended = false;

/// What the sockets are; all of them are the same.
pub const Setting = struct {
    answers: Reader,
    nonblocking: bool = false,
    stream: bool = false,
    credentials: bool = false,
    /// What a socket's timeout is; 0: none.
    timeout_s: i64 = 0,
};

var setting: Setting = undefined;
var open_sockets: usize = 0;
var calls: usize = 0;
var time_ms: i64 = 0;
var last_sequence: u32 = 0;
/// What was sent so far: of a stream byte by byte, else message by message.
pub var sent: std.ArrayList(u8) = .empty;
/// How many bytes of the pattern were received.
pub var received: usize = 0;

const first_descriptor = 5000;
const exhausted: i32 = -c.ENETDOWN;
/// More than any input asks for.
const calls_max = 1 << 20;

pub fn begin(new: Setting) void {
    setting = new;
    open_sockets = 0;
    calls = 0;
    time_ms = 1000;
    sent.clearRetainingCapacity();
    received = 0;
}

/// Whether all that was opened was closed.
pub fn isClean() bool {
    return open_sockets == 0;
}

/// The errno of this call, where it has one; or 0.
fn failure() i32 {
    calls += 1;
    if (calls > calls_max) @panic("the library does not come to an end");
    if (setting.answers.isEmpty()) return exhausted;
    const byte = setting.answers.int(u8);
    if (byte < 0xe0) return 0;
    const errors = [_]i32{
        c.EAGAIN,     c.EINTR, c.EINVAL, c.ENOBUFS, c.ECONNREFUSED, c.EINPROGRESS,
        c.EOPNOTSUPP, c.EPIPE,
    };
    return -errors[byte % errors.len];
}

pub fn abort(message: []const u8) noreturn {
    @panic(message);
}

pub fn socket(_: i32, _: i32, _: i32) i32 {
    open_sockets += 1;
    return first_descriptor;
}

pub fn close(fd: i32) i32 {
    if (fd == first_descriptor) open_sockets -= 1;
    return 0;
}

pub fn getFlags(_: i32) i32 {
    return if (setting.nonblocking) c.O_NONBLOCK else 0;
}

/// Calls that move nothing, and that no harness makes: the library's table of functions names them.
pub fn bind(_: i32, _: [*]const u8, _: u32) i32 {
    return failure();
}

pub const connect = bind;

pub fn listen(_: i32, _: i32) i32 {
    return failure();
}

pub const shutdown = listen;

pub fn enterNetwork(_: i32) i32 {
    return exhausted;
}

pub fn socketpair(_: i32, _: i32, _: i32, _: *[2]i32) i32 {
    return exhausted;
}

pub fn openRead(_: [*:0]const u8) i32 {
    return exhausted;
}

pub const openDevice = openRead;

pub fn map(_: usize, _: *usize) i32 {
    return exhausted;
}

pub fn mapFile(_: usize, _: usize, _: i32) i32 {
    return exhausted;
}

pub fn mapNothing(_: usize, _: usize) i32 {
    return exhausted;
}

pub fn unmap(_: usize, _: usize) void {}

pub fn blockSignals() void {}

pub fn setFlags(_: i32, _: i32) i32 {
    return 0;
}

pub fn setCloseOnExec(_: i32) void {}

pub fn readLink(_: [*:0]const u8, room: []u8) i32 {
    const found = setting.answers.take(@min(room.len, 20));
    @memcpy(room[0..found.len], found);
    return @intCast(found.len);
}

pub fn getsockopt(_: i32, level: i32, name: i32, value: [*]u8, length: *u32) i32 {
    if (level != c.SOL_SOCKET) return -c.ENOPROTOOPT;
    switch (name) {
        c.SO_NETNS_COOKIE => put(value, length, @as(u64, namespace)),
        c.SO_TYPE => put(value, length, @as(i32, kind())),
        c.SO_ACCEPTCONN => put(value, length, @as(i32, 1)),
        c.SO_PASSCRED => put(value, length, @as(i32, @intFromBool(setting.credentials))),
        c.SO_DOMAIN => put(value, length, @as(i32, c.AF_INET)),
        c.SO_ERROR => put(value, length, -failure()),
        c.SO_RCVTIMEO, c.SO_SNDTIMEO => {
            put(value, length, c.struct_timeval{ .tv_sec = setting.timeout_s });
        },
        else => return -c.ENOPROTOOPT,
    }
    return 0;
}

/// The number of the only network namespace.
pub const namespace = 7;

fn kind() i32 {
    return if (setting.stream) c.SOCK_STREAM else c.SOCK_DGRAM;
}

fn put(value: [*]u8, length: *u32, from: anytype) void {
    const bytes = std.mem.asBytes(&from);
    const count = @min(length.*, bytes.len);
    @memcpy(value[0..count], bytes[0..count]);
    length.* = @intCast(count);
}

pub fn setsockopt(_: i32, _: i32, _: i32, _: ?[*]const u8, _: u32) i32 {
    return 0;
}

pub fn ioctl(_: i32, _: u32, _: *anyopaque) i32 {
    return failure();
}

pub fn ioctlValue(_: i32, _: u32, _: usize) i32 {
    return failure();
}

pub fn ioctlMemory(_: i32, _: u32, _: []u8) i32 {
    return failure();
}

pub fn clockMs() i64 {
    time_ms += 100;
    return time_ms;
}

/// Ready, or a signal; never nothing, for time passes with every look at the clock.
pub fn poll(table: [*]c.struct_pollfd, count: u32, timeout_ms: i32) i32 {
    if (count == 0) return if (setting.answers.isEmpty()) -c.EINTR else 0;
    if (setting.answers.isEmpty()) return -c.EINTR;
    const byte = setting.answers.int(u8);
    if (byte & 0xf0 == 0xf0) return -c.EINTR;
    if (byte & 0xf0 == 0xe0 and timeout_ms >= 0) return 0;
    table[0].revents = if (byte & 0xf0 == 0xd0) c.POLLERR else table[0].events;
    return 1;
}

fn writeName(pointer: AddressPointer, length: ?*u32) void {
    const bytes: [*]u8 = @ptrCast(pointer orelse return);
    const room = (length orelse return).*;
    const found = setting.answers.take(setting.answers.int(u8));
    const count = @min(room, found.len);
    @memcpy(bytes[0..count], found[0..count]);
    length.?.* = @intCast(found.len);
}

pub fn getsockname(_: i32, pointer: AddressPointer, length: *u32) i32 {
    const status = failure();
    if (status == 0) writeName(pointer, length);
    return status;
}

pub const getpeername = getsockname;

pub fn accept(_: i32, pointer: AddressPointer, length: ?*u32, _: bool) i32 {
    const status = failure();
    if (status < 0) return status;
    writeName(pointer, length);
    return 4;
}

/// How many of `most` bytes a call moves.
fn moved(most: usize) usize {
    return if (setting.stream) @min(most, setting.answers.int(u8)) else most;
}

pub fn sendto(_: i32, data: []const u8, _: u32, _: ?[*]const u8, _: u32) i32 {
    if (data.len >= @sizeOf(c.struct_nlmsghdr)) {
        const offset = @offsetOf(c.struct_nlmsghdr, "nlmsg_seq");
        last_sequence = std.mem.readInt(u32, data[offset..][0..4], .little);
    }
    const status = failure();
    if (status < 0) return status;
    const count = moved(data.len);
    sent.appendSlice(std.heap.c_allocator, data[0..count]) catch @panic("memory");
    return @intCast(count);
}

/// A datagram of netlink's: its length, what it is like, and its bytes.
fn datagram(buffer: []u8, sender: *c.struct_sockaddr_nl) i32 {
    const like = setting.answers.int(u8);
    const bytes = setting.answers.take(setting.answers.int(u16));
    const count = @min(bytes.len, buffer.len);
    @memcpy(buffer[0..count], bytes[0..count]);
    if (like & 1 == 0) number(buffer[0..count]);
    sender.* = .{ .nl_family = c.AF_NETLINK, .nl_pid = if (like & 0xe == 0xe) 1 else 0 };
    return @intCast(bytes.len);
}

/// Gives the messages the number of the last request, as the kernel does.
fn number(bytes: []u8) void {
    var rest = bytes;
    while (rest.len >= @sizeOf(c.struct_nlmsghdr)) {
        const offset = @offsetOf(c.struct_nlmsghdr, "nlmsg_seq");
        std.mem.writeInt(u32, rest[offset..][0..4], last_sequence, .little);
        const length = std.mem.alignForward(usize, std.mem.readInt(u32, rest[0..4], .little), 4);
        if (length == 0 or length > rest.len) return;
        rest = rest[length..];
    }
}

pub fn recvfrom(
    _: i32,
    buffer: []u8,
    flags: u32,
    pointer: AddressPointer,
    length: ?*u32,
) i32 {
    const status = failure();
    if (status < 0) return status;
    // Netlink's sockets alone are asked so.
    if (flags & c.MSG_TRUNC != 0) return datagram(buffer, @ptrCast(@alignCast(pointer)));
    writeName(pointer, length);
    const count = moved(buffer.len);
    fill(buffer[0..count]);
    return @intCast(count);
}

/// What is received are the numbers from 0, byte by byte.
fn fill(buffer: []u8) void {
    for (buffer) |*byte| {
        byte.* = @truncate(received);
        received += 1;
    }
}

pub fn sendmsg(_: i32, message: *const c.struct_msghdr, _: u32) i32 {
    const status = failure();
    return if (status < 0) status else take(message);
}

fn take(message: *const c.struct_msghdr) i32 {
    var most: usize = 0;
    for (vectorOf(message)) |element| most += element.iov_len;
    var left = moved(most);
    const total = left;
    for (vectorOf(message)) |element| {
        const count = @min(left, element.iov_len);
        const base: [*]const u8 = @ptrCast(element.iov_base orelse continue);
        sent.appendSlice(std.heap.c_allocator, base[0..count]) catch @panic("memory");
        left -= count;
    }
    return @intCast(total);
}

fn vectorOf(message: *const c.struct_msghdr) []c.struct_iovec {
    if (message.msg_iovlen == 0) return &.{};
    return message.msg_iov[0..@intCast(message.msg_iovlen)];
}

pub fn recvmsg(_: i32, message: *c.struct_msghdr, _: u32) i32 {
    const status = failure();
    return if (status < 0) status else give(message);
}

fn give(message: *c.struct_msghdr) i32 {
    const answers = &setting.answers;
    var length: u32 = message.msg_namelen;
    writeName(message.msg_name, &length);
    message.msg_namelen = if (message.msg_name == null) 0 else length;
    message.msg_flags = answers.int(u16);
    const wanted = answers.take(answers.int(u16));
    const count = @min(wanted.len, message.msg_controllen);
    if (message.msg_control) |pointer| {
        const control: [*]u8 = @ptrCast(pointer);
        @memcpy(control[0..count], wanted[0..count]);
    }
    message.msg_controllen = @intCast(count);
    var left: usize = answers.int(u8);
    var total: usize = 0;
    for (vectorOf(message)) |element| {
        const part = @min(left, element.iov_len);
        const base: [*]u8 = @ptrCast(element.iov_base orelse continue);
        fill(base[0..part]);
        left -= part;
        total += part;
    }
    return @intCast(total);
}

pub fn sendmmsg(_: i32, headers: []BatchHeader, _: u32) i32 {
    return several(headers, take);
}

pub fn recvmmsg(_: i32, headers: []BatchHeader, _: u32) i32 {
    return several(headers, give);
}

/// As many as the input says; one at least, or an error.
fn several(headers: []BatchHeader, comptime move: anytype) i32 {
    const status = failure();
    if (status < 0) return status;
    if (headers.len == 0) return 0;
    const count = @min(headers.len, @max(1, setting.answers.int(u8) & 7));
    for (headers[0..count], 0..) |*entry, index| {
        entry.length = @intCast(move(&entry.header));
        // A stream's next message waits until this one has gone.
        if (setting.stream and entry.length < lengthOf(&entry.header)) return @intCast(index + 1);
    }
    return @intCast(count);
}

fn lengthOf(message: *const c.struct_msghdr) usize {
    var sum: usize = 0;
    for (vectorOf(message)) |element| sum += element.iov_len;
    return sum;
}

pub fn readv(_: i32, vector: []c.struct_iovec) i32 {
    const status = failure();
    if (status < 0) return status;
    var total: usize = 0;
    for (vector) |element| {
        const count = moved(element.iov_len);
        const base: [*]u8 = @ptrCast(element.iov_base orelse continue);
        fill(base[0..count]);
        total += count;
        if (count < element.iov_len) break;
    }
    return @intCast(total);
}

pub fn writev(fd: i32, vector: []c.struct_iovec) i32 {
    const message: c.struct_msghdr = .{ .msg_iov = vector.ptr, .msg_iovlen = vector.len };
    return sendmsg(fd, &message, 0);
}

pub const readvNow = readv;
pub const writevNow = writev;

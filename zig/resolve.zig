//! getaddrinfo(3) and getnameinfo(3), in the calling thread or in one of their own.
//!
//! Results are bytes: a Status, then for getaddrinfo one Entry after the other, each followed by
//! its address and its canonical name; for getnameinfo the node and the service, NUL-terminated.
const std = @import("std");
const builtin = @import("builtin");
const c = @import("headers");
const libc = @import("libc.zig");
const fail = @import("result.zig").fail;
const system = @import("system.zig");

/// 0, or an EAI_* number and, with EAI_SYSTEM, the errno.
pub const Status = extern struct {
    eai: i32,
    errno: i32,
};

pub const Hints = extern struct {
    flags: i32,
    family: i32,
    kind: i32,
    protocol: i32,
};

pub const Entry = extern struct {
    size: u32,
    flags: i32,
    family: i32,
    kind: i32,
    protocol: i32,
    address_length: u32,
    canonname_length: u32,
};

/// Writes the result into `out` and returns its length; where `room` is short, the length needed.
pub fn getaddrinfo(
    node: ?[*]const u8,
    service: ?[*]const u8,
    hints: [*]const u8,
    out: [*]u8,
    room: u32,
) callconv(.c) i32 {
    const wanted: *align(1) const Hints = @ptrCast(hints);
    const found = lookUp(@ptrCast(node), @ptrCast(service), wanted.*);
    defer if (found.list) |list| libc.freeaddrinfo(list);
    const length = flatten(found, out[0..room]);
    return std.math.cast(i32, length) orelse fail(c.EOVERFLOW);
}

const Found = struct {
    status: Status,
    list: ?*c.struct_addrinfo,
};

fn lookUp(node: ?[*:0]const u8, service: ?[*:0]const u8, wanted: Hints) Found {
    const hints: c.struct_addrinfo = .{
        .ai_flags = wanted.flags,
        .ai_family = wanted.family,
        .ai_socktype = wanted.kind,
        .ai_protocol = wanted.protocol,
    };
    var list: ?*c.struct_addrinfo = null;
    const eai = libc.getaddrinfo(node, service, &hints, &list);
    return .{ .status = statusOf(eai), .list = if (eai == 0) list else null };
}

fn statusOf(eai: c_int) Status {
    return .{ .eai = eai, .errno = if (eai == c.EAI_SYSTEM) libc.lastErrno() else 0 };
}

/// Writes what fits and returns the length of it all.
fn flatten(found: Found, out: []u8) usize {
    var writer: Writer = .{ .out = out };
    writer.add(std.mem.asBytes(&found.status));
    var next = found.list;
    while (next) |info| : (next = info.ai_next) {
        const canonname: []const u8 = if (info.ai_canonname) |name|
            std.mem.span(@as([*:0]const u8, @ptrCast(name)))
        else
            &.{};
        const address: [*]const u8 = @ptrCast(info.ai_addr);
        const used = @sizeOf(Entry) + info.ai_addrlen + canonname.len;
        const size = std.mem.alignForward(usize, used, 4);
        const entry: Entry = .{
            .size = @intCast(size),
            .flags = info.ai_flags,
            .family = info.ai_family,
            .kind = info.ai_socktype,
            .protocol = info.ai_protocol,
            .address_length = info.ai_addrlen,
            .canonname_length = @intCast(canonname.len),
        };
        writer.add(std.mem.asBytes(&entry));
        writer.add(address[0..info.ai_addrlen]);
        writer.add(canonname);
        writer.add(([_]u8{ 0, 0, 0 })[0 .. size - used]);
    }
    return writer.length;
}

const Writer = struct {
    out: []u8,
    length: usize = 0,

    fn add(writer: *Writer, bytes: []const u8) void {
        const start = writer.length;
        writer.length += bytes.len;
        if (writer.length <= writer.out.len) @memcpy(writer.out[start..][0..bytes.len], bytes);
    }
};

const node_room = c.NI_MAXHOST;
/// The path of a Unix domain socket is its service, and longer than NI_MAXSERV.
const service_room = @max(c.NI_MAXSERV, @sizeOf(c.struct_sockaddr_un));

/// Writes the result into `out`, which has room for it, and returns its length.
pub fn getnameinfo(
    address: [*]const u8,
    length: u32,
    flags: i32,
    out: [*]u8,
    room: u32,
) callconv(.c) i32 {
    const needed = @sizeOf(Status) + node_room + service_room;
    if (room < needed) return needed;
    const node = out + @sizeOf(Status);
    const service = node + node_room;
    node[0] = 0;
    service[0] = 0;
    libc.clearErrno();
    const eai = libc.getnameinfo(address, length, node, node_room, service, service_room, flags);
    // musl finds no name where it cannot open a socket to ask.
    const unasked = eai == c.EAI_NONAME and libc.shortageOr(0) < 0;
    const status = statusOf(if (unasked) c.EAI_SYSTEM else eai);
    @memcpy(out[0..@sizeOf(Status)], std.mem.asBytes(&status));
    return needed;
}

/// Writes gai_strerror(3)'s text and returns its length; where `room` is short, the length needed.
pub fn strerror(eai: i32, text: [*]u8, room: u32) callconv(.c) i32 {
    const message = std.mem.span(libc.gai_strerror(eai) orelse "");
    if (message.len <= room) @memcpy(text[0..message.len], message);
    return @intCast(message.len);
}

/// A lookup in a thread of its own. The memory is the thread's alone, and the result goes through
/// a stream socket: whoever asked may end, a terminated Worker for one, while it runs.
const Job = struct {
    socket: i32,
    hints: Hints,
    /// Offsets into the text behind the job; `absent` where there is none.
    node: u32,
    service: u32,

    const absent = std.math.maxInt(u32);

    fn text(job: *Job, offset: u32) ?[*:0]const u8 {
        if (offset == absent) return null;
        const start: [*]u8 = @ptrCast(job);
        return @ptrCast(start + @sizeOf(Job) + offset);
    }
};

/// Starts getaddrinfo(3) in a thread and returns a non-blocking stream socket, the caller's to
/// close, from which the result can be read; its end is the end of the stream.
pub fn startLookup(
    node: ?[*]const u8,
    service: ?[*]const u8,
    hints: [*]const u8,
) callconv(.c) i32 {
    const node_length = lengthOf(node);
    const service_length = lengthOf(service);
    const memory = libc.malloc(@sizeOf(Job) + node_length + service_length) orelse
        return fail(c.ENOMEM);
    const job: *Job = @ptrCast(@alignCast(memory));
    const wanted: *align(1) const Hints = @ptrCast(hints);
    job.* = .{
        .socket = -1,
        .hints = wanted.*,
        .node = if (node == null) Job.absent else 0,
        .service = if (service == null) Job.absent else @intCast(node_length),
    };
    const texts: [*]u8 = @as([*]u8, @ptrCast(memory)) + @sizeOf(Job);
    if (node) |from| @memcpy(texts[0..node_length], from[0..node_length]);
    if (service) |from| @memcpy(texts[node_length..][0..service_length], from[0..service_length]);

    var pair: [2]i32 = undefined;
    const paired = system.socketpair(c.AF_UNIX, c.SOCK_STREAM, 0, &pair);
    if (paired < 0) {
        libc.free(memory);
        return paired;
    }
    job.socket = pair[1];
    var thread: libc.Thread = undefined;
    const created = libc.pthread_create(&thread, null, run, memory);
    if (created != 0) {
        libc.free(memory);
        _ = system.close(pair[0]);
        _ = system.close(pair[1]);
        return -created;
    }
    _ = libc.pthread_detach(thread);
    const flags = system.getFlags(pair[0]);
    _ = system.setFlags(pair[0], @max(flags, 0) | c.O_NONBLOCK);
    return pair[0];
}

/// With its NUL.
fn lengthOf(text: ?[*]const u8) usize {
    const pointer = text orelse return 0;
    return std.mem.len(@as([*:0]const u8, @ptrCast(pointer))) + 1;
}

fn run(memory: ?*anyopaque) callconv(.c) ?*anyopaque {
    system.blockSignals();
    const job: *Job = @ptrCast(@alignCast(memory.?));
    const found = lookUp(job.text(job.node), job.text(job.service), job.hints);
    deliver(job.socket, found);
    if (found.list) |list| libc.freeaddrinfo(list);
    _ = system.close(job.socket);
    libc.free(memory);
    return null;
}

fn deliver(socket: i32, found: Found) void {
    const length = flatten(found, &.{});
    const memory = libc.malloc(length) orelse {
        const status: Status = .{ .eai = c.EAI_MEMORY, .errno = 0 };
        return sendAll(socket, std.mem.asBytes(&status));
    };
    defer libc.free(memory);
    const bytes: [*]u8 = @ptrCast(memory);
    _ = flatten(found, bytes[0..length]);
    sendAll(socket, bytes[0..length]);
}

/// Ends early where nobody listens any more.
fn sendAll(socket: i32, bytes: []const u8) void {
    var rest = bytes;
    while (rest.len > 0) {
        const sent = system.sendto(socket, rest, system.no_signal, null, 0);
        if (sent == -c.EINTR) continue;
        if (sent <= 0) return;
        rest = rest[@intCast(sent)..];
    }
}

test "a short buffer is told the length needed" {
    const found: Found = .{ .status = .{ .eai = -2, .errno = 0 }, .list = null };
    var small = [_]u8{0xa5} ** 4;
    try std.testing.expectEqual(@as(usize, 8), flatten(found, &small));
    try std.testing.expectEqualSlices(u8, &.{ 0xa5, 0xa5, 0xa5, 0xa5 }, &small);
}

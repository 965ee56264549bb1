//! getaddrinfo(3) and getnameinfo(3) in the calling thread; lookup.zig has one of its own.
//!
//! Results are bytes: a Status, then for getaddrinfo one Entry after the other, each followed by
//! its address and its canonical name; for getnameinfo the node and the service, NUL-terminated.
const std = @import("std");
const builtin = @import("builtin");
const c = @import("headers");
const libc = @import("libc.zig");
const fail = @import("result.zig").fail;

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

pub const Found = struct {
    status: Status,
    list: ?*c.struct_addrinfo,
};

pub fn lookUp(node: ?[*:0]const u8, service: ?[*:0]const u8, wanted: Hints) Found {
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

/// Windows has codes for everything.
const system_error: ?c_int = if (@hasDecl(c, "EAI_SYSTEM")) c.EAI_SYSTEM else null;

fn statusOf(eai: c_int) Status {
    return .{ .eai = eai, .errno = if (eai == system_error) libc.lastErrno() else 0 };
}

/// Writes what fits and returns the length of it all.
pub fn flatten(found: Found, out: []u8) usize {
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
            .address_length = @intCast(info.ai_addrlen),
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
    // glibc reads the path of a Unix domain socket to its NUL, which need not be there: unix(7).
    var ended: [@sizeOf(c.struct_sockaddr_storage) + 1]u8 align(8) = @splat(0);
    const given: u32 = @min(length, @sizeOf(c.struct_sockaddr_storage));
    @memcpy(ended[0..given], address[0..given]);
    libc.clearErrno();
    const eai = libc.getnameinfo(&ended, given, node, node_room, service, service_room, flags);
    // musl finds no name where it cannot open a socket to ask.
    const unasked = eai == c.EAI_NONAME and libc.shortageOr(0) < 0;
    const status = statusOf(if (unasked) system_error orelse eai else eai);
    @memcpy(out[0..@sizeOf(Status)], std.mem.asBytes(&status));
    return needed;
}

/// Writes gai_strerror(3)'s text and returns its length; where `room` is short, the length needed.
pub fn strerror(eai: i32, text: [*]u8, room: u32) callconv(.c) i32 {
    const message = std.mem.span(libc.gai_strerror(eai) orelse "");
    if (message.len <= room) @memcpy(text[0..message.len], message);
    return @intCast(message.len);
}

test "a short buffer is told the length needed" {
    const found: Found = .{ .status = .{ .eai = -2, .errno = 0 }, .list = null };
    var small = [_]u8{0xa5} ** 4;
    try std.testing.expectEqual(@as(usize, 8), flatten(found, &small));
    try std.testing.expectEqualSlices(u8, &.{ 0xa5, 0xa5, 0xa5, 0xa5 }, &small);
}

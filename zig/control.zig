//! The control data of a received message: the descriptors in it. cmsg(3).
const std = @import("std");
const c = @import("headers");
const system = @import("system.zig");
const Source = @import("readiness_source.zig").Source;

/// CMSG_ALIGN of this platform.
const alignment = if (@import("builtin").target.os.tag.isDarwin()) 4 else 8;

/// struct cmsghdr without the flexible array that some headers give it.
pub const Header = extern struct {
    cmsg_len: @FieldType(c.struct_cmsghdr, "cmsg_len"),
    cmsg_level: c_int,
    cmsg_type: c_int,
};

/// struct sock_extended_err, whose headers hide ee_info in a union.
pub const ExtendedError = extern struct {
    ee_errno: u32,
    ee_origin: u8,
    ee_type: u8,
    ee_code: u8,
    ee_pad: u8,
    ee_info: u32,
    ee_data: u32,
};

/// A control message: its header, and where its data begin. The data's field has the size to
/// which messages are aligned.
pub const ControlHeader = extern struct {
    header: Header,
    data: [alignment]u8 align(alignment),
};

const data_offset = @offsetOf(ControlHeader, "data");

/// The control messages that are whole; never reads past the end.
const Walk = struct {
    bytes: []const u8,
    position: usize = 0,

    const Item = struct { level: i32, kind: i32, data: []const u8 };

    fn next(walk: *Walk) ?Item {
        if (walk.position +| @sizeOf(Header) > walk.bytes.len) return null;
        const start = walk.bytes[walk.position..];
        const header = std.mem.bytesToValue(Header, start[0..@sizeOf(Header)]);
        const length: usize = @intCast(header.cmsg_len);
        if (length < data_offset or length > start.len) return null;
        walk.position += std.mem.alignForward(usize, length, alignment);
        return .{
            .level = header.cmsg_level,
            .kind = header.cmsg_type,
            .data = start[data_offset..length],
        };
    }
};

/// How many descriptors the message brought, each of them close-on-exec: by the flag of the call,
/// 0 where the system has none or it was refused. From now on they are `owner`'s.
pub fn adopt(message: *const c.struct_msghdr, close_flag: u32, owner: ?*Source) u32 {
    var walk: Walk = .{ .bytes = controlOf(message) };
    var count: u32 = 0;
    while (walk.next()) |item| {
        for (descriptorsIn(item)) |fd| {
            if (close_flag == 0) system.setCloseOnExec(fd);
            if (owner) |source| if (fd >= 0) source.own(fd);
            count += 1;
        }
    }
    return count;
}

/// Closes the descriptors of a message that nobody is going to see.
pub fn abandon(message: *const c.struct_msghdr) void {
    var walk: Walk = .{ .bytes = controlOf(message) };
    while (walk.next()) |item| {
        for (descriptorsIn(item)) |fd| _ = system.close(fd);
    }
}

fn controlOf(message: *const c.struct_msghdr) []const u8 {
    const pointer = message.msg_control orelse return &.{};
    const bytes: [*]const u8 = @ptrCast(pointer);
    return bytes[0..@intCast(message.msg_controllen)];
}

fn descriptorsIn(item: Walk.Item) []align(1) const i32 {
    if (item.level != c.SOL_SOCKET) return &.{};
    const rights = @hasDecl(c, "SCM_RIGHTS") and item.kind == c.SCM_RIGHTS;
    const pidfd = @hasDecl(c, "SCM_PIDFD") and item.kind == c.SCM_PIDFD;
    if (!rights and !pidfd) return &.{};
    return std.mem.bytesAsSlice(i32, item.data[0 .. item.data.len - item.data.len % 4]);
}

test "the walk stops before what is cut off" {
    if (!@hasDecl(c, "SCM_RIGHTS")) return error.SkipZigTest;
    var bytes: [64]u8 = @splat(0);
    const header: Header = .{
        .cmsg_len = data_offset + 8,
        .cmsg_level = c.SOL_SOCKET,
        .cmsg_type = c.SCM_RIGHTS,
    };
    @memcpy(bytes[0..@sizeOf(Header)], std.mem.asBytes(&header));
    for (0..bytes.len) |length| {
        var walk: Walk = .{ .bytes = bytes[0..length] };
        const first = walk.next();
        try std.testing.expectEqual(length >= data_offset + 8, first != null);
        if (first) |item| try std.testing.expectEqual(2, descriptorsIn(item).len);
        try std.testing.expectEqual(null, walk.next());
    }
}

test "a message longer than the address space ends the walk" {
    var bytes: [32]u8 = @splat(0xff);
    var walk: Walk = .{ .bytes = &bytes };
    try std.testing.expectEqual(null, walk.next());
}

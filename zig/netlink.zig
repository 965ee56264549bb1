//! The requests to rtnetlink(7) that the list of interfaces needs, and the walk over the answers.
const std = @import("std");
const c = @import("headers");
const system = @import("system.zig");

/// A request with one attribute, IFLA_EXT_MASK, where it is about links.
const LinkRequest = extern struct {
    header: c.struct_nlmsghdr,
    link: c.struct_ifinfomsg,
    attribute: c.struct_rtattr,
    mask: u32,
};

const AddressRequest = extern struct {
    header: c.struct_nlmsghdr,
    address: c.struct_ifaddrmsg,
};

const StatisticsRequest = extern struct {
    header: c.struct_nlmsghdr,
    statistics: c.struct_if_stats_msg,
};

/// Every interface, without its statistics.
pub const links: LinkRequest = linkRequest(0, c.NLM_F_DUMP, c.RTEXT_FILTER_SKIP_STATS);

/// Every interface that IPv6 knows, with a few of its attributes: a third of the time. A kernel
/// without IPv6 takes it for the request above.
pub const inet6_links: LinkRequest = request: {
    var request = links;
    request.link.ifi_family = c.AF_INET6;
    break :request request;
};

/// The index of every interface: of the statistics those that hardly any interface has.
pub const indices: StatisticsRequest = .{
    .header = .{
        .nlmsg_len = @sizeOf(StatisticsRequest),
        .nlmsg_type = c.RTM_GETSTATS,
        .nlmsg_flags = c.NLM_F_REQUEST | c.NLM_F_DUMP,
    },
    .statistics = .{ .filter_mask = 1 << (c.IFLA_STATS_AF_SPEC - 1) },
};

/// Every address of every family.
pub const addresses: AddressRequest = .{
    .header = .{
        .nlmsg_len = @sizeOf(AddressRequest),
        .nlmsg_type = c.RTM_GETADDR,
        .nlmsg_flags = c.NLM_F_REQUEST | c.NLM_F_DUMP,
    },
    .address = .{},
};

/// One interface with all its attributes.
pub fn link(index: u32) LinkRequest {
    return linkRequest(@bitCast(index), 0, 0);
}

fn linkRequest(index: i32, flags: c_int, mask: u32) LinkRequest {
    return .{
        .header = .{
            .nlmsg_len = @sizeOf(LinkRequest),
            .nlmsg_type = c.RTM_GETLINK,
            .nlmsg_flags = @intCast(c.NLM_F_REQUEST | flags),
        },
        .link = .{ .ifi_index = index },
        .attribute = .{ .rta_len = 8, .rta_type = c.IFLA_EXT_MASK },
        .mask = mask,
    };
}

/// A socket of this thread's network namespace.
pub fn open() i32 {
    return system.socket(c.AF_NETLINK, c.SOCK_RAW, c.NETLINK_ROUTE);
}

/// A number of the network namespace of this thread and its socket that no other ever has; before
/// Linux 5.14 one that no other has while it exists; 0 without /proc.
pub fn namespace(socket: i32) u64 {
    var cookie: u64 = 0;
    var length: u32 = @sizeOf(u64);
    const value: [*]u8 = @ptrCast(&cookie);
    const status = system.getsockopt(socket, c.SOL_SOCKET, c.SO_NETNS_COOKIE, value, &length);
    return if (status < 0) namespaceInode() else cookie;
}

fn namespaceInode() u64 {
    var room: [32]u8 = undefined;
    const length = system.readLink("/proc/thread-self/ns/net", &room);
    var number: u64 = 0;
    // "net:[4026531840]"
    for (room[0..@intCast(@max(length, 0))]) |byte| {
        if (std.ascii.isDigit(byte)) number = number *% 10 +% (byte - '0');
    }
    return number;
}

/// Asks for a whole table and hands every message to `sink.take(kind, payload)`, which returns 0,
/// or -errno to end it.
pub const Dump = struct {
    socket: i32,
    scratch: []u8,
    sequence: u32 = 0,
    /// How much of `scratch` the first datagrams get. The kernel makes the next as large as the
    /// room it was offered, up to 32 KiB, which for a few messages is dearer than it is worth.
    first_room: usize,
    /// Datagrams received so far, by the socket.
    count: u32 = 0,
    /// The next has been asked for already.
    asked: bool = false,
    /// The table changed while it was read.
    interrupted: bool = false,

    const first_count = 4;

    /// 0; -EAGAIN where the table changed meanwhile or messages were lost; or another -errno.
    pub fn run(dump: *Dump, request: anytype, sink: anytype) i32 {
        if (dump.asked) {
            dump.asked = false;
            dump.sequence += 1;
            const status = dump.collect(sink);
            if (status != -c.EBUSY) return status;
        }
        dump.sequence += 1;
        var numbered = request;
        numbered.header.nlmsg_seq = dump.sequence;
        const sent = send(dump.socket, std.mem.asBytes(&numbered));
        return if (sent < 0) sent else dump.collect(sink);
    }

    /// Like `run`, but asks for `next` in the same call, which is the next to be run. The kernel
    /// refuses that, -EBUSY, where the answer to the first takes more than one datagram.
    pub fn runBefore(dump: *Dump, request: anytype, next: anytype, sink: anytype) i32 {
        dump.sequence += 1;
        var both: extern struct { first: @TypeOf(request), next: @TypeOf(next) } = .{
            .first = request,
            .next = next,
        };
        both.first.header.nlmsg_seq = dump.sequence;
        both.next.header.nlmsg_seq = dump.sequence + 1;
        const sent = send(dump.socket, std.mem.asBytes(&both));
        if (sent < 0) return sent;
        dump.asked = true;
        return dump.collect(sink);
    }

    fn collect(dump: *Dump, sink: anytype) i32 {
        dump.interrupted = false;
        while (true) : (dump.count += 1) {
            const room = if (dump.count < first_count) dump.first_room else dump.scratch.len;
            const bytes = switch (receive(dump.socket, dump.scratch[0..room])) {
                .failed => |status| return if (status == -c.ENOBUFS) -c.EAGAIN else status,
                .message => |bytes| bytes,
            };
            if (dump.takeDatagram(bytes, sink)) |status| return status;
        }
    }

    /// Hands the messages of a datagram to `sink.take`; the status where the answer ends.
    pub fn takeDatagram(dump: *Dump, bytes: []const u8, sink: anytype) ?i32 {
        var walk: Messages = .{ .rest = bytes };
        while (walk.next()) |message| {
            if (message.header.nlmsg_seq != dump.sequence) {
                if (message.header.nlmsg_type == c.NLMSG_ERROR) dump.asked = false;
                continue;
            }
            if (message.header.nlmsg_flags & c.NLM_F_DUMP_INTR != 0) dump.interrupted = true;
            switch (message.header.nlmsg_type) {
                c.NLMSG_DONE, c.NLMSG_ERROR => {
                    const status = statusOf(message.payload);
                    if (status < 0) return status;
                    return if (dump.interrupted) -c.EAGAIN else 0;
                },
                c.NLMSG_OVERRUN => return -c.EAGAIN,
                else => |kind| {
                    const status = sink.take(kind, message.payload);
                    if (status < 0) return status;
                },
            }
        }
        return null;
    }
};

const Answer = union(enum) {
    message: []const u8,
    failed: i32,
};

/// Asks for one thing: its message's payload.
pub fn ask(socket: i32, request: anytype, scratch: []u8) Answer {
    const sent = send(socket, std.mem.asBytes(request));
    if (sent < 0) return .{ .failed = sent };
    const bytes = switch (receive(socket, scratch)) {
        .failed => |status| return .{ .failed = status },
        .message => |bytes| bytes,
    };
    var walk: Messages = .{ .rest = bytes };
    const message = walk.next() orelse return .{ .failed = -c.EBADMSG };
    if (message.header.nlmsg_type != c.NLMSG_ERROR) return .{ .message = message.payload };
    const status = statusOf(message.payload);
    return .{ .failed = if (status < 0) status else -c.EBADMSG };
}

/// How often a call is made again that signals have ended: they are never that quick.
const interruptions_max = 1024;

fn send(socket: i32, bytes: []const u8) i32 {
    for (0..interruptions_max) |_| {
        const sent = system.sendto(socket, bytes, 0, null, 0);
        if (sent != -c.EINTR) return sent;
    }
    return -c.EINTR;
}

/// The next datagram from the kernel itself.
fn receive(socket: i32, scratch: []u8) Answer {
    var interruptions: u32 = 0;
    while (true) {
        var sender: c.struct_sockaddr_nl = .{};
        var length: u32 = @sizeOf(c.struct_sockaddr_nl);
        const received = system.recvfrom(socket, scratch, c.MSG_TRUNC, &sender, &length);
        if (received == -c.EINTR and interruptions < interruptions_max) {
            interruptions += 1;
            continue;
        }
        if (received < 0) return .{ .failed = received };
        if (sender.nl_pid != 0) continue;
        if (received > scratch.len) return .{ .failed = -c.EMSGSIZE };
        return .{ .message = scratch[0..@intCast(received)] };
    }
}

/// The number that NLMSG_DONE and NLMSG_ERROR start with.
fn statusOf(payload: []const u8) i32 {
    return if (payload.len < 4) 0 else std.mem.readInt(i32, payload[0..4], .little);
}

const Message = struct {
    header: c.struct_nlmsghdr,
    payload: []const u8,
};

/// The messages of a datagram; ends at the first whose length is a lie.
const Messages = struct {
    rest: []const u8,

    fn next(walk: *Messages) ?Message {
        const header = head(c.struct_nlmsghdr, walk.rest) orelse return null;
        const size = @sizeOf(c.struct_nlmsghdr);
        if (header.nlmsg_len < size or header.nlmsg_len > walk.rest.len) return null;
        const payload = walk.rest[size..header.nlmsg_len];
        walk.rest = walk.rest[@min(aligned(header.nlmsg_len), walk.rest.len)..];
        return .{ .header = header, .payload = payload };
    }
};

const Attribute = struct {
    kind: u16,
    data: []const u8,
};

const Attributes = struct {
    rest: []const u8,

    pub fn next(walk: *Attributes) ?Attribute {
        const header = head(c.struct_rtattr, walk.rest) orelse return null;
        const size = @sizeOf(c.struct_rtattr);
        if (header.rta_len < size or header.rta_len > walk.rest.len) return null;
        const data = walk.rest[size..header.rta_len];
        walk.rest = walk.rest[@min(aligned(header.rta_len), walk.rest.len)..];
        return .{ .kind = header.rta_type & 0x3fff, .data = data };
    }
};

/// The attributes of a message; ends at the first whose length is a lie.
pub fn attributes(bytes: []const u8) Attributes {
    return .{ .rest = bytes };
}

/// The structure a message starts with, or null where it is cut off.
pub fn head(comptime Head: type, bytes: []const u8) ?Head {
    if (bytes.len < aligned(@sizeOf(Head))) return null;
    const pointer: *align(1) const Head = @ptrCast(bytes.ptr);
    return pointer.*;
}

pub fn aligned(size: usize) usize {
    return std.mem.alignForward(usize, size, 4);
}

/// A text attribute without its NUL.
pub fn text(data: []const u8) []const u8 {
    return std.mem.sliceTo(data, 0);
}

test "cut-off and lying messages and attributes end the walk" {
    var bytes: [32]u8 align(4) = @splat(0);
    std.mem.writeInt(u32, bytes[0..4], 20, .little);
    for (0..20) |cut| {
        var walk: Messages = .{ .rest = bytes[0..cut] };
        try std.testing.expectEqual(@as(?Message, null), walk.next());
    }
    var walk: Messages = .{ .rest = &bytes };
    try std.testing.expectEqual(@as(usize, 4), walk.next().?.payload.len);
    try std.testing.expectEqual(@as(?Message, null), walk.next());
    std.mem.writeInt(u32, bytes[0..4], 15, .little);
    var short: Messages = .{ .rest = &bytes };
    try std.testing.expectEqual(@as(?Message, null), short.next());

    const lying = [_]u8{ 6, 0, 1, 0, 9, 9, 0, 0, 200, 0, 1, 0, 7 };
    var walk_attributes = attributes(&lying);
    try std.testing.expectEqualSlices(u8, &.{ 9, 9 }, walk_attributes.next().?.data);
    try std.testing.expectEqual(@as(?Attribute, null), walk_attributes.next());
    var none = attributes(&.{ 3, 0, 0, 0 });
    try std.testing.expectEqual(@as(?Attribute, null), none.next());
}

test "the fallback number of a namespace is its inode" {
    const linux = std.os.linux;
    const path = "/proc/thread-self/ns/net";
    var status: linux.Statx = undefined;
    try std.testing.expectEqual(0, linux.statx(linux.AT.FDCWD, path, 0, .{ .INO = true }, &status));
    try std.testing.expectEqual(status.ino, namespaceInode());
}

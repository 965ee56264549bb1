//! Linux: the interfaces and addresses from rtnetlink(7).
//!
//! glibc's getifaddrs(3) asks for everything about every interface, which is most of its time.
//! Here IPv6 is asked for the interfaces it knows, which is answered with a few attributes, and
//! only where an interface is unknown to it, all are asked for all but their statistics. What
//! IPv6 does not tell, the hardware's broadcast address, is asked for when somebody reads it.
//!
//! The socket lives for one call: it belongs to the
//! network namespace it was made in, and a thread may have entered another since.
const std = @import("std");
const c = @import("headers");
const interface = @import("interface_table.zig");
const netlink = @import("netlink.zig");
const system = @import("system.zig");

/// How often a list is asked for again because it changed while it was read.
const attempts_max = 64;
/// What the first messages of a list usually fit in.
const first_room_usual = 8192;

/// Writes the list into `out` and returns its length; where `room` is short, the length needed.
/// `wanted` says whether with addresses, and in full. `scratch` takes the kernel's
/// messages. -EAGAIN: the list kept changing.
pub fn list(
    wanted: u32,
    out: [*]u8,
    room: u32,
    scratch: [*]u8,
    scratch_length: u32,
) callconv(.c) i32 {
    var first_room: u32 = @min(first_room_usual, scratch_length);
    var attempt: u32 = 0;
    while (attempt < attempts_max) : (attempt += 1) {
        const space = scratch[0..scratch_length];
        const length = listOnce(wanted, out[0..room], space, first_room);
        if (length == -c.EMSGSIZE and first_room < scratch_length) {
            first_room = scratch_length;
        } else if (length != -c.EAGAIN) return length;
    }
    return -c.EAGAIN;
}

/// -EAGAIN: the list changed while it was read.
fn listOnce(wanted: u32, room: []u8, scratch: []u8, first_room: u32) i32 {
    const socket = netlink.open();
    if (socket < 0) return socket;
    defer _ = system.close(socket);
    var lister: Lister = .{ .table = .begin(room, netlink.namespace(socket)) };
    var dump: netlink.Dump = .{ .socket = socket, .scratch = scratch, .first_room = first_room };
    const addresses = wanted & interface.Wanted.addresses != 0;
    const in_full = wanted & interface.Wanted.in_full != 0;
    const listed = if (in_full)
        listInFull(&dump, &lister)
    else
        listLinks(&dump, &lister, addresses);
    if (listed < 0) return listed;
    lister.links_end = lister.table.length;
    if (addresses) {
        const status = dump.run(netlink.addresses, &lister);
        if (status < 0) return status;
        if (lister.incomplete) return -c.EAGAIN;
    }
    return lister.table.result();
}

/// The interfaces as IPv6 knows them, or all in full where it does not know all. `addresses`: these
/// come next.
fn listLinks(dump: *netlink.Dump, lister: *Lister, addresses: bool) i32 {
    var every: Census = .{};
    const counted = dump.run(netlink.indices, &every);
    if (counted == -c.EAGAIN or counted == -c.EMSGSIZE) return counted;
    if (counted >= 0) {
        const table = lister.table;
        const listed = if (addresses)
            dump.runBefore(netlink.inet6_links, netlink.addresses, lister)
        else
            dump.run(netlink.inet6_links, lister);
        if (listed < 0) return listed;
        if (std.meta.eql(every, lister.census)) return 0;
        lister.table = table;
        if (dump.asked) {
            // They would be of other interfaces than those that come now: a census drops them.
            const dropped = dump.run(netlink.addresses, &every);
            if (dropped < 0) return dropped;
        }
    }
    return listInFull(dump, lister);
}

fn listInFull(dump: *netlink.Dump, lister: *Lister) i32 {
    lister.table.markInFull();
    return dump.run(netlink.links, lister);
}

/// Which interfaces there are, told apart by their number and the sum of their indices' hashes.
const Census = struct {
    count: u32 = 0,
    sum: u64 = 0,

    fn add(census: *Census, index: i32) void {
        census.count += 1;
        census.sum +%= std.hash.int(@as(u64, @intCast(@max(index, 0))));
    }

    pub fn take(census: *Census, kind: u16, message: []const u8) void {
        if (kind != c.RTM_NEWSTATS) return;
        const head = netlink.head(c.struct_if_stats_msg, message) orelse return;
        census.add(@bitCast(head.ifindex));
    }
};

/// Writes the struct rtnl_link_stats64 of an interface into `out` and returns its length.
/// `owner` is the header of a list: -ENODEV where that is of another network namespace.
pub fn statistics(
    index: u32,
    owner: [*]const u8,
    out: [*]u8,
    room: u32,
    scratch: [*]u8,
    scratch_length: u32,
) callconv(.c) i32 {
    const link = switch (Link.ask(index, owner, scratch[0..scratch_length])) {
        .failed => |status| return status,
        .found => |link| link,
    };
    const counters = link.attribute(c.IFLA_STATS64) orelse return -c.ENODATA;
    const length = @min(counters.len, room);
    @memcpy(out[0..length], counters[0..length]);
    return @intCast(length);
}

/// Writes the broadcast or point-to-point hardware address of an interface into `out`, as a struct
/// sockaddr_ll, and returns its length, 0 where it has none. `owner` as above.
pub fn linkDestination(
    index: u32,
    owner: [*]const u8,
    out: [*]u8,
    room: u32,
    scratch: [*]u8,
    scratch_length: u32,
) callconv(.c) i32 {
    const link = switch (Link.ask(index, owner, scratch[0..scratch_length])) {
        .failed => |status| return status,
        .found => |link| link,
    };
    const hardware = link.attribute(c.IFLA_BROADCAST) orelse return 0;
    const address: HardwareAddress = .from(link.head, hardware);
    if (address.length > room) return -c.EMSGSIZE;
    @memcpy(out[0..address.length], address.slice());
    return @intCast(address.length);
}

/// Everything about one interface.
const Link = struct {
    head: c.struct_ifinfomsg,
    attributes: []const u8,

    /// -ENODEV: there is none of that index in the list's network namespace, or this is another.
    fn ask(index: u32, owner: [*]const u8, scratch: []u8) union(enum) { failed: i32, found: Link } {
        const socket = netlink.open();
        if (socket < 0) return .{ .failed = socket };
        defer _ = system.close(socket);
        const header: *align(1) const interface.Header = @ptrCast(owner);
        if (netlink.namespace(socket) != header.namespace) return .{ .failed = -c.ENODEV };
        const request = netlink.link(index);
        const message = switch (netlink.ask(socket, &request, scratch)) {
            .failed => |status| return .{ .failed = status },
            .message => |bytes| bytes,
        };
        const head = netlink.head(c.struct_ifinfomsg, message) orelse
            return .{ .failed = -c.EBADMSG };
        const start = netlink.aligned(@sizeOf(@TypeOf(head)));
        return .{ .found = .{ .head = head, .attributes = message[start..] } };
    }

    fn attribute(link: Link, kind: u16) ?[]const u8 {
        var walk = netlink.attributes(link.attributes);
        while (walk.next()) |found| if (found.kind == kind) return found.data;
        return null;
    }
};

/// Turns the kernel's messages into entries.
const Lister = struct {
    table: interface.Table,
    census: Census = .{},
    /// Where the interfaces end and their addresses begin.
    links_end: usize = 0,
    /// Where the interface of the last address stands: addresses come in about the same order.
    last: usize = @sizeOf(interface.Header),
    /// An address belongs to an interface that is not in the list: it is newer.
    incomplete: bool = false,

    pub fn take(lister: *Lister, kind: u16, message: []const u8) void {
        switch (kind) {
            c.RTM_NEWLINK => lister.takeLink(message),
            c.RTM_NEWADDR => lister.takeAddress(message),
            else => {},
        }
    }

    fn takeLink(lister: *Lister, message: []const u8) void {
        const head = netlink.head(c.struct_ifinfomsg, message) orelse return;
        var name: []const u8 = &.{};
        // rtnetlink(7): an interface without hardware addresses has neither attribute.
        var address: ?HardwareAddress = null;
        var broadcast: ?HardwareAddress = null;
        var attributes = netlink.attributes(message[netlink.aligned(@sizeOf(@TypeOf(head)))..]);
        while (attributes.next()) |attribute| switch (attribute.kind) {
            c.IFLA_IFNAME => name = netlink.text(attribute.data),
            c.IFLA_ADDRESS => address = .from(head, attribute.data),
            c.IFLA_BROADCAST => broadcast = .from(head, attribute.data),
            else => {},
        };
        const has_destination = head.ifi_flags & (c.IFF_BROADCAST | c.IFF_POINTOPOINT) != 0;
        if (!has_destination) broadcast = null;
        const untold = head.ifi_family == c.AF_INET6 and address != null;
        lister.census.add(head.ifi_index);
        lister.table.add(.{
            .index = @bitCast(head.ifi_index),
            .flags = head.ifi_flags,
            .name = name,
            .address = if (address) |*bytes| bytes.slice() else &.{},
            .destination = if (broadcast) |*bytes| bytes.slice() else &.{},
            .destination_later = has_destination and untold,
        });
    }

    fn takeAddress(lister: *Lister, message: []const u8) void {
        const head = netlink.head(c.struct_ifaddrmsg, message) orelse return;
        var given: ?[]const u8 = null;
        var local: ?[]const u8 = null;
        var broadcast: ?[]const u8 = null;
        var label: ?[]const u8 = null;
        var attributes = netlink.attributes(message[netlink.aligned(@sizeOf(@TypeOf(head)))..]);
        while (attributes.next()) |attribute| switch (attribute.kind) {
            c.IFA_ADDRESS => given = attribute.data,
            c.IFA_LOCAL => local = attribute.data,
            c.IFA_BROADCAST => broadcast = attribute.data,
            c.IFA_LABEL => label = netlink.text(attribute.data),
            else => {},
        };
        const offset = lister.find(head.ifa_index) orelse {
            lister.incomplete = lister.incomplete or lister.table.length <= lister.table.room.len;
            // Still counted, so that a longer table is asked for.
            lister.table.length += 128;
            return;
        };
        const link = lister.table.entryAt(offset).?;
        const name_start = offset + @sizeOf(interface.Entry) + link.address_length +
            link.netmask_length + link.destination_length;

        // rtnetlink(7): IFA_ADDRESS is the prefix's, which with IFA_LOCAL may be the peer's.
        const address: NetworkAddress = .from(head, local orelse given orelse &.{});
        const other = broadcast orelse if (local != null) given else null;
        const destination: NetworkAddress = .from(head, other orelse &.{});
        const has_destination = other != null and
            interface.hasDestination(link.flags, address.slice(), destination.slice());
        const netmask: NetworkAddress = .mask(head);
        lister.table.add(.{
            .index = head.ifa_index,
            .flags = link.flags,
            .name = label orelse lister.table.room[name_start..][0..link.name_length],
            .address = address.slice(),
            .netmask = netmask.slice(),
            .destination = if (has_destination) destination.slice() else &.{},
        });
    }

    /// Where the interface of that index stands.
    fn find(lister: *Lister, index: u32) ?usize {
        const first = @sizeOf(interface.Header);
        if (lister.findBetween(index, lister.last, lister.links_end)) |offset| return offset;
        return lister.findBetween(index, first, lister.last);
    }

    fn findBetween(lister: *Lister, index: u32, start: usize, end: usize) ?usize {
        var offset = start;
        while (offset < end) {
            const entry = lister.table.entryAt(offset) orelse return null;
            if (entry.index == index) {
                lister.last = offset;
                return offset;
            }
            offset += entry.size;
        }
        return null;
    }
};

/// A struct sockaddr_ll, as long as its hardware address needs it.
const HardwareAddress = struct {
    bytes: [start + 32]u8,
    length: usize,

    const start = @offsetOf(c.struct_sockaddr_ll, "sll_addr");

    fn from(head: c.struct_ifinfomsg, hardware: []const u8) HardwareAddress {
        const count = @min(hardware.len, 32);
        var address: HardwareAddress = .{
            .bytes = @splat(0),
            .length = @max(start + count, @sizeOf(c.struct_sockaddr_ll)),
        };
        const fields: *align(1) c.struct_sockaddr_ll = @ptrCast(&address.bytes);
        fields.sll_family = c.AF_PACKET;
        fields.sll_ifindex = head.ifi_index;
        fields.sll_hatype = head.ifi_type;
        fields.sll_halen = @intCast(count);
        @memcpy(address.bytes[start..][0..count], hardware[0..count]);
        return address;
    }

    fn slice(address: *const HardwareAddress) []const u8 {
        return address.bytes[0..address.length];
    }
};

/// A struct sockaddr_in or sockaddr_in6; of other families the bytes behind the family.
const NetworkAddress = struct {
    bytes: [64]u8 = @splat(0),
    length: usize = 0,

    fn from(head: c.struct_ifaddrmsg, data: []const u8) NetworkAddress {
        if (data.len == 0) return .{};
        var address: NetworkAddress = .{};
        address.place(head.ifa_family, data);
        if (head.ifa_family == c.AF_INET6 and isLinkLocal(data)) {
            const fields: *align(1) c.struct_sockaddr_in6 = @ptrCast(&address.bytes);
            fields.sin6_scope_id = head.ifa_index;
        }
        return address;
    }

    fn place(address: *NetworkAddress, family: u8, data: []const u8) void {
        std.mem.writeInt(u16, address.bytes[0..2], family, .little);
        const start: usize, const size: usize, const count: usize = switch (family) {
            c.AF_INET => .{ @offsetOf(c.struct_sockaddr_in, "sin_addr"), 16, 4 },
            c.AF_INET6 => .{ @offsetOf(c.struct_sockaddr_in6, "sin6_addr"), 28, 16 },
            else => .{ 2, @max(16, 2 + @min(data.len, 62)), 62 },
        };
        const part = data[0..@min(data.len, count)];
        @memcpy(address.bytes[start..][0..part.len], part);
        address.length = size;
    }

    /// The netmask of that many leading ones.
    fn mask(head: c.struct_ifaddrmsg) NetworkAddress {
        const size: usize = switch (head.ifa_family) {
            c.AF_INET => 4,
            c.AF_INET6 => 16,
            else => return .{},
        };
        var ones: [16]u8 = @splat(0);
        const whole = @min(head.ifa_prefixlen / 8, size);
        @memset(ones[0..whole], 0xff);
        if (whole < size) ones[whole] = ~(@as(u8, 0xff) >> @intCast(head.ifa_prefixlen % 8));
        var address: NetworkAddress = .{};
        address.place(head.ifa_family, ones[0..size]);
        return address;
    }

    /// fe80::/10 and ff02::/16: addresses that mean something on one interface only.
    fn isLinkLocal(address: []const u8) bool {
        if (address.len < 2) return false;
        const unicast = address[0] == 0xfe and address[1] & 0xc0 == 0x80;
        return unicast or (address[0] == 0xff and address[1] & 0x0f == 0x02);
    }

    fn slice(address: *const NetworkAddress) []const u8 {
        return address.bytes[0..address.length];
    }
};

test "netmasks have as many leading ones as the prefix says" {
    var head: c.struct_ifaddrmsg = .{ .ifa_family = c.AF_INET, .ifa_prefixlen = 20 };
    var mask: NetworkAddress = .mask(head);
    try std.testing.expectEqualSlices(u8, &.{ 255, 255, 240, 0 }, mask.slice()[4..8]);
    head.ifa_prefixlen = 32;
    mask = .mask(head);
    try std.testing.expectEqualSlices(u8, &.{ 255, 255, 255, 255 }, mask.slice()[4..8]);
    head = .{ .ifa_family = c.AF_INET6, .ifa_prefixlen = 1 };
    mask = .mask(head);
    try std.testing.expectEqual(@as(u8, 0x80), mask.slice()[8]);
    try std.testing.expectEqual(@as(usize, 28), mask.slice().len);
}

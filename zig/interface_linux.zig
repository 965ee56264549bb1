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
const HardwareAddress = @import("interface_address.zig").HardwareAddress;
const NetworkAddress = @import("interface_address.zig").NetworkAddress;
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
    if (addresses) {
        lister.beginAddresses();
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

    pub fn take(census: *Census, kind: u16, message: []const u8) i32 {
        if (kind != c.RTM_NEWSTATS) return 0;
        const head = netlink.head(c.struct_if_stats_msg, message) orelse return -c.EBADMSG;
        census.add(@bitCast(head.ifindex));
        return 0;
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
    const address = HardwareAddress.from(link.head, hardware) orelse return -c.EBADMSG;
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

/// Turns the kernel's messages into entries. What no kernel would send is refused: -EBADMSG.
pub const Lister = struct {
    table: interface.Table,
    census: Census = .{},
    /// Where the interfaces end and their addresses begin.
    links_end: usize = 0,
    /// Where the interface of the last address stands: addresses come in about the same order.
    last: usize = @sizeOf(interface.Header),
    /// An address belongs to an interface that is not in the list: it is newer.
    incomplete: bool = false,
    stage: enum { links, addresses } = .links,

    pub fn beginAddresses(lister: *Lister) void {
        lister.stage = .addresses;
        lister.links_end = lister.table.length;
    }

    pub fn take(lister: *Lister, kind: u16, message: []const u8) i32 {
        // An address among the interfaces would be looked for in a list that has no end yet.
        return switch (lister.stage) {
            .links => if (kind == c.RTM_NEWLINK) lister.takeLink(message) else 0,
            .addresses => if (kind == c.RTM_NEWADDR) lister.takeAddress(message) else 0,
        };
    }

    fn takeLink(lister: *Lister, message: []const u8) i32 {
        const head = netlink.head(c.struct_ifinfomsg, message) orelse return -c.EBADMSG;
        var name: []const u8 = &.{};
        // rtnetlink(7): an interface without hardware addresses has neither attribute.
        var address: ?HardwareAddress = null;
        var broadcast: ?HardwareAddress = null;
        var attributes = netlink.attributes(message[netlink.aligned(@sizeOf(@TypeOf(head)))..]);
        while (attributes.next()) |attribute| switch (attribute.kind) {
            c.IFLA_IFNAME => name = netlink.text(attribute.data),
            c.IFLA_ADDRESS => {
                address = HardwareAddress.from(head, attribute.data) orelse return -c.EBADMSG;
            },
            c.IFLA_BROADCAST => {
                broadcast = HardwareAddress.from(head, attribute.data) orelse return -c.EBADMSG;
            },
            else => {},
        };
        if (name.len > name_max) return -c.EBADMSG;
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
        return 0;
    }

    fn takeAddress(lister: *Lister, message: []const u8) i32 {
        const head = netlink.head(c.struct_ifaddrmsg, message) orelse return -c.EBADMSG;
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
        if (label) |text| if (text.len > name_max) return -c.EBADMSG;
        const offset = lister.find(head.ifa_index) orelse {
            lister.incomplete = lister.incomplete or lister.table.length <= lister.table.room.len;
            // Still counted, so that a longer table is asked for.
            lister.table.length += 128;
            return 0;
        };
        const link = lister.table.entryAt(offset).?;
        const name_start = offset + @sizeOf(interface.Entry) + link.address_length +
            link.netmask_length + link.destination_length;

        // rtnetlink(7): IFA_ADDRESS is the prefix's, which with IFA_LOCAL may be the peer's. An
        // interface's own address is nobody's destination.
        const own = local orelse given orelse &.{};
        const peer = if (std.mem.eql(u8, given orelse own, own)) null else given;
        const address = NetworkAddress.from(head, own) orelse return -c.EBADMSG;
        const other = broadcast orelse peer orelse &.{};
        const destination = NetworkAddress.from(head, other) orelse return -c.EBADMSG;
        const netmask: NetworkAddress = .mask(head);
        lister.table.add(.{
            .index = head.ifa_index,
            .flags = link.flags,
            .name = label orelse lister.table.room[name_start..][0..link.name_length],
            .address = address.slice(),
            .netmask = netmask.slice(),
            .destination = destination.slice(),
        });
        return 0;
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

/// What the length of a name in an Entry can say; the kernel's have 15 bytes at most.
const name_max = std.math.maxInt(u8);

test "an address of another family, a long name and an address among the links are bounded" {
    var room: [1024]u8 align(8) = undefined;
    var lister: Lister = .{ .table = .begin(&room, 1) };
    const LinkMessage = extern struct {
        head: c.struct_ifinfomsg = .{ .ifi_index = 1 },
        name: c.struct_rtattr,
        text: [300]u8 = @splat('x'),
    };
    var link: LinkMessage = .{ .name = .{ .rta_len = 4 + 256, .rta_type = c.IFLA_IFNAME } };
    const bytes = std.mem.asBytes(&link);
    try std.testing.expectEqual(-c.EBADMSG, lister.take(c.RTM_NEWLINK, bytes));
    link.name.rta_len = 4 + 255;
    try std.testing.expectEqual(0, lister.take(c.RTM_NEWLINK, bytes));

    const AddressMessage = extern struct {
        head: c.struct_ifaddrmsg = .{ .ifa_family = 99, .ifa_index = 1 },
        attribute: c.struct_rtattr,
        data: [64]u8 = @splat('y'),
    };
    var address: AddressMessage = .{ .attribute = .{ .rta_type = c.IFA_ADDRESS } };
    address.attribute.rta_len = 4 + 62;
    try std.testing.expectEqual(0, lister.take(c.RTM_NEWADDR, std.mem.asBytes(&address)));
    const before = lister.table.length;
    lister.beginAddresses();
    try std.testing.expectEqual(0, lister.take(c.RTM_NEWADDR, std.mem.asBytes(&address)));
    try std.testing.expect(lister.table.length > before);
    address.attribute.rta_len = 4 + 63;
    const longer = lister.take(c.RTM_NEWADDR, std.mem.asBytes(&address));
    try std.testing.expectEqual(-c.EBADMSG, longer);
}

//! Windows: the interfaces and their addresses by GetAdaptersAddresses. An interface's name is that
//! of if_indextoname(3), "ethernet_32769".
const std = @import("std");
const c = @import("headers");
const adapters = @import("adapter_windows.zig");
const errors = @import("error_windows.zig");
const interface = @import("interface_table.zig");
const Adapter = adapters.Adapter;

/// Counters of an interface, under Linux' names.
pub const Statistics = extern struct {
    rx_packets: u64,
    tx_packets: u64,
    rx_bytes: u64,
    tx_bytes: u64,
    rx_errors: u64,
    tx_errors: u64,
    rx_dropped: u64,
    tx_dropped: u64,
    multicast: u64,
    collisions: u64,
};

/// Writes the list into `out` and returns its length; where `room` is short, the length needed.
/// `wanted` says whether with addresses; the list is always in full.
pub fn list(wanted: u32, out: [*]u8, room: u32, _: [*]u8, _: u32) callconv(.c) i32 {
    var found: adapters.List = .{};
    const status = found.read();
    if (status < 0) return status;
    defer found.free();
    var table: interface.Table = .begin(out[0..room], 0);
    var next = found.first;
    while (next) |adapter| : (next = adapter.next) addLink(&table, adapter);
    if (wanted & interface.Wanted.addresses == 0) return table.result();
    next = found.first;
    while (next) |adapter| : (next = adapter.next) {
        var unicast = adapter.first_unicast;
        while (unicast) |address| : (unicast = address.next) addAddress(&table, adapter, address);
    }
    return table.result();
}

fn addLink(table: *interface.Table, adapter: *const Adapter) void {
    var name_room: adapters.Name = undefined;
    var link: c.struct_sockaddr_dl = std.mem.zeroes(c.struct_sockaddr_dl);
    const length = @min(adapter.physical_address_length, adapter.physical_address.len);
    link.sdl_family = c.AF_LINK;
    link.sdl_index = @truncate(adapter.index());
    link.sdl_type = @truncate(adapter.kind);
    link.sdl_alen = @intCast(length);
    @memcpy(std.mem.asBytes(&link.sdl_data)[0..length], adapter.physical_address[0..length]);
    table.add(.{
        .index = adapter.index(),
        .flags = adapters.flagsOf(adapter),
        .name = adapters.nameOf(adapter, &name_room),
        .address = if (length == 0) &.{} else std.mem.asBytes(&link),
    });
}

fn addAddress(table: *interface.Table, adapter: *const Adapter, entry: *adapters.Unicast) void {
    var name_room: adapters.Name = undefined;
    const bytes = (entry.address.bytes orelse return)[0..@intCast(entry.address.length)];
    if (bytes.len < 2) return;
    const family = std.mem.readInt(u16, bytes[0..2], .little);
    const start: usize, const size: usize = switch (family) {
        c.AF_INET => .{ @offsetOf(c.struct_sockaddr_in, "sin_addr"), 4 },
        c.AF_INET6 => .{ @offsetOf(c.struct_sockaddr_in6, "sin6_addr"), 16 },
        else => return,
    };
    if (bytes.len < start + size) return;
    var netmask: [@sizeOf(c.struct_sockaddr_in6)]u8 = @splat(0);
    std.mem.writeInt(u16, netmask[0..2], family, .little);
    writeOnes(netmask[start..][0..size], entry.prefix_length);
    var broadcast: [@sizeOf(c.struct_sockaddr_in)]u8 = @splat(0);
    const flags = adapters.flagsOf(adapter);
    // Of an interface that has but one address, or two, there is none.
    const broadcasts = family == c.AF_INET and flags & c.IFF_BROADCAST != 0 and
        entry.prefix_length <= 30;
    if (broadcasts) {
        std.mem.writeInt(u16, broadcast[0..2], family, .little);
        for (broadcast[start..][0..size], bytes[start..][0..size], netmask[start..][0..size]) |
            *byte,
            own,
            mask,
        | byte.* = own | ~mask;
    }
    const mask_size: usize = if (family == c.AF_INET) broadcast.len else netmask.len;
    table.add(.{
        .index = adapter.index(),
        .flags = flags,
        .name = adapters.nameOf(adapter, &name_room),
        .address = bytes,
        .netmask = netmask[0..mask_size],
        .destination = if (broadcasts) &broadcast else &.{},
    });
}

/// A netmask of that many leading ones.
fn writeOnes(mask: []u8, prefix_length: u8) void {
    const whole = @min(prefix_length / 8, mask.len);
    @memset(mask[0..whole], 0xff);
    if (whole < mask.len) mask[whole] = ~(@as(u8, 0xff) >> @intCast(prefix_length % 8));
}

/// Writes a Statistics and returns its size.
pub fn statistics(
    index: u32,
    _: [*]const u8,
    answer: [*]u8,
    room: u32,
    _: [*]u8,
    _: u32,
) callconv(.c) i32 {
    if (room < @sizeOf(Statistics)) return @sizeOf(Statistics);
    var row: adapters.Row = std.mem.zeroes(adapters.Row);
    row.index = index;
    const code = adapters.GetIfEntry2(&row);
    if (code != 0) {
        const errno = errors.fromCode(@bitCast(code));
        return if (errno == c.ENOENT or errno == c.EINVAL) -c.ENODEV else -errno;
    }
    const counters: Statistics = .{
        .rx_packets = row.in_unicast_packets +| row.in_other_packets,
        .tx_packets = row.out_unicast_packets +| row.out_other_packets,
        .rx_bytes = row.in_octets,
        .tx_bytes = row.out_octets,
        .rx_errors = row.in_errors,
        .tx_errors = row.out_errors,
        .rx_dropped = row.in_discards,
        .tx_dropped = row.out_discards,
        .multicast = row.in_other_packets,
        .collisions = 0,
    };
    @memcpy(answer[0..@sizeOf(Statistics)], std.mem.asBytes(&counters));
    return @sizeOf(Statistics);
}

/// Never asked for: the list has every destination.
pub const linkDestination = statistics;

test "netmasks have as many leading ones as the prefix says" {
    var mask: [4]u8 = @splat(0);
    writeOnes(&mask, 20);
    try std.testing.expectEqualSlices(u8, &.{ 255, 255, 240, 0 }, &mask);
    writeOnes(&mask, 32);
    try std.testing.expectEqualSlices(u8, &.{ 255, 255, 255, 255 }, &mask);
}

test "every interface is listed, and the length needed is told" {
    var out: [64 * 1024]u8 = undefined;
    var none: [1]u8 = undefined;
    const length = list(interface.Wanted.addresses, &out, out.len, &none, 0);
    try std.testing.expect(length > @sizeOf(interface.Header) + @sizeOf(interface.Entry));
    try std.testing.expectEqual(length, list(interface.Wanted.addresses, &out, 0, &none, 0));
    const first: *align(1) const interface.Entry = @ptrCast(out[@sizeOf(interface.Header)..]);
    var answer: [256]u8 = undefined;
    const read = statistics(first.index, &none, &answer, answer.len, &none, 0);
    try std.testing.expectEqual(@sizeOf(Statistics), read);
}

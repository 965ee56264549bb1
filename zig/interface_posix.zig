//! macOS and FreeBSD: getifaddrs(3). Compiled, never yet run.
const std = @import("std");
const c = @import("headers");
const interface = @import("interface_table.zig");

const extern_c = struct {
    extern "c" fn getifaddrs(list: *?*c.struct_ifaddrs) c_int;
    extern "c" fn freeifaddrs(list: ?*c.struct_ifaddrs) void;
    extern "c" fn if_nametoindex(name: [*:0]const u8) c_uint;
};

/// Writes the list into `out` and returns its length; where `room` is short, the length needed.
/// `wanted` says whether with addresses; the list is always in full.
pub fn list(wanted: u32, out: [*]u8, room: u32, _: [*]u8, _: u32) callconv(.c) i32 {
    var first: ?*c.struct_ifaddrs = null;
    if (extern_c.getifaddrs(&first) != 0) return -std.c._errno().*;
    defer extern_c.freeifaddrs(first);
    var table: interface.Table = .begin(out[0..room], 0);
    var next = first;
    while (next) |entry| : (next = entry.ifa_next) {
        const address = bytesOf(entry.ifa_addr);
        const family = if (entry.ifa_addr == null) c.AF_UNSPEC else entry.ifa_addr.*.sa_family;
        if (wanted & interface.Wanted.addresses == 0 and family != c.AF_LINK) continue;
        var netmask_room: [@sizeOf(c.struct_sockaddr_storage)]u8 = @splat(0);
        const netmask = netmaskOf(entry.ifa_netmask, address, &netmask_room);
        const flags: u32 = entry.ifa_flags;
        const destination = bytesOf(entry.ifa_dstaddr);
        // An interface's own address is nobody's destination.
        const is_destination = !std.mem.eql(u8, address, destination);
        table.add(.{
            .index = extern_c.if_nametoindex(@ptrCast(entry.ifa_name)),
            .flags = flags,
            .name = std.mem.span(@as([*:0]const u8, @ptrCast(entry.ifa_name))),
            .address = address,
            .netmask = netmask,
            .destination = if (is_destination) destination else &.{},
        });
    }
    return table.result();
}

pub fn statistics(_: u32, _: [*]const u8, _: [*]u8, _: u32, _: [*]u8, _: u32) callconv(.c) i32 {
    return -c.EOPNOTSUPP;
}

/// Never asked for: the list has every destination.
pub const linkDestination = statistics;

fn bytesOf(address: ?*c.struct_sockaddr) []const u8 {
    const pointer = address orelse return &.{};
    const bytes: [*]const u8 = @ptrCast(pointer);
    return bytes[0..pointer.sa_len];
}

/// The kernel cuts netmasks off behind their last byte that is not 0, and often leaves out the
/// family: the address it belongs to has both.
fn netmaskOf(netmask: ?*c.struct_sockaddr, address: []const u8, room: []u8) []const u8 {
    const bytes = bytesOf(netmask);
    const whole = room[0..@max(address.len, bytes.len)];
    if (bytes.len == 0 or whole.len < 2) return &.{};
    @memcpy(whole[0..bytes.len], bytes);
    whole[0] = @intCast(whole.len);
    if (address.len >= 2) whole[1] = address[1];
    return whole;
}

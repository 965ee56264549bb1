//! The addresses in rtnetlink(7)'s attributes as the struct sockaddr they stand for.
const std = @import("std");
const c = @import("headers");

/// A struct sockaddr_ll, as long as its hardware address needs it.
pub const HardwareAddress = struct {
    bytes: [start + most]u8,
    length: usize,

    const start = @offsetOf(c.struct_sockaddr_ll, "sll_addr");
    /// The kernel's MAX_ADDR_LEN.
    const most = 32;

    /// Null where it is longer than any.
    pub fn from(head: c.struct_ifinfomsg, hardware: []const u8) ?HardwareAddress {
        const count = hardware.len;
        if (count > most) return null;
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

    pub fn slice(address: *const HardwareAddress) []const u8 {
        return address.bytes[0..address.length];
    }
};

/// A struct sockaddr_in or sockaddr_in6; of other families the bytes behind the family.
pub const NetworkAddress = struct {
    bytes: [64]u8 = @splat(0),
    length: usize = 0,

    /// Null where the length is not the family's.
    pub fn from(head: c.struct_ifaddrmsg, data: []const u8) ?NetworkAddress {
        var address: NetworkAddress = .{};
        if (data.len == 0) return address;
        if (!address.place(head.ifa_family, data)) return null;
        if (head.ifa_family == c.AF_INET6 and isLinkLocal(data)) {
            const fields: *align(1) c.struct_sockaddr_in6 = @ptrCast(&address.bytes);
            fields.sin6_scope_id = head.ifa_index;
        }
        return address;
    }

    /// Whether `data` is as long as an address of the family.
    fn place(address: *NetworkAddress, family: u8, data: []const u8) bool {
        std.mem.writeInt(u16, address.bytes[0..2], family, .little);
        switch (family) {
            c.AF_INET => {
                if (data.len != 4) return false;
                address.length = @sizeOf(c.struct_sockaddr_in);
                @memcpy(address.bytes[@offsetOf(c.struct_sockaddr_in, "sin_addr")..][0..4], data);
            },
            c.AF_INET6 => {
                if (data.len != 16) return false;
                address.length = @sizeOf(c.struct_sockaddr_in6);
                const start = @offsetOf(c.struct_sockaddr_in6, "sin6_addr");
                @memcpy(address.bytes[start..][0..16], data);
            },
            else => {
                if (data.len > address.bytes.len - 2) return false;
                address.length = @max(@sizeOf(c.struct_sockaddr), 2 + data.len);
                @memcpy(address.bytes[2..][0..data.len], data);
            },
        }
        return true;
    }

    /// The netmask of that many leading ones.
    pub fn mask(head: c.struct_ifaddrmsg) NetworkAddress {
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
        _ = address.place(head.ifa_family, ones[0..size]);
        return address;
    }

    /// fe80::/10 and ff02::/16: addresses that mean something on one interface only.
    fn isLinkLocal(address: []const u8) bool {
        if (address.len < 2) return false;
        const unicast = address[0] == 0xfe and address[1] & 0xc0 == 0x80;
        return unicast or (address[0] == 0xff and address[1] & 0x0f == 0x02);
    }

    pub fn slice(address: *const NetworkAddress) []const u8 {
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

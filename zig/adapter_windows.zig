//! Windows: what GetAdaptersAddresses and GetIfEntry2 tell. <iphlpapi.h> has bit-fields in these
//! structures, which translate-c cannot translate.
const std = @import("std");
const c = @import("headers");
const errors = @import("error_windows.zig");
const libc = @import("libc_windows.zig");

/// The beginning of an IP_ADAPTER_ADDRESSES.
pub const Adapter = extern struct {
    length: u32,
    index4: u32,
    next: ?*Adapter,
    adapter_name: ?[*:0]const u8,
    first_unicast: ?*Unicast,
    first_anycast: ?*anyopaque,
    first_multicast: ?*anyopaque,
    first_dns_server: ?*anyopaque,
    dns_suffix: ?*anyopaque,
    description: ?*anyopaque,
    friendly_name: ?*anyopaque,
    physical_address: [8]u8,
    physical_address_length: u32,
    flags: u32,
    mtu: u32,
    kind: u32,
    state: u32,
    index6: u32,
    zone_indices: [16]u32,
    first_prefix: ?*anyopaque,
    transmit_speed: u64,
    receive_speed: u64,
    first_wins_server: ?*anyopaque,
    first_gateway: ?*anyopaque,
    metric4: u32,
    metric6: u32,
    luid: u64,

    /// An interface without IPv4 has the one of IPv6.
    pub fn index(adapter: *const Adapter) u32 {
        return if (adapter.index4 != 0) adapter.index4 else adapter.index6;
    }
};

/// SOCKET_ADDRESS.
const Address = extern struct { bytes: ?[*]const u8, length: i32 };

/// IP_ADAPTER_UNICAST_ADDRESS.
pub const Unicast = extern struct {
    length: u32,
    flags: u32,
    next: ?*Unicast,
    address: Address,
    prefix_origin: u32,
    suffix_origin: u32,
    duplicate_state: u32,
    valid_lifetime: u32,
    preferred_lifetime: u32,
    lease_lifetime: u32,
    prefix_length: u8,
};

/// MIB_IF_ROW2.
pub const Row = extern struct {
    luid: u64,
    index: u32,
    guid: [16]u8,
    alias: [257]u16,
    description: [257]u16,
    physical_address_length: u32,
    physical_address: [32]u8,
    permanent_address: [32]u8,
    mtu: u32,
    kind: u32,
    tunnel_kind: u32,
    media_kind: u32,
    medium_kind: u32,
    access_kind: u32,
    direction_kind: u32,
    bits: u8,
    state: u32,
    administrative_state: u32,
    connect_state: u32,
    network_guid: [16]u8,
    connection_kind: u32,
    transmit_speed: u64,
    receive_speed: u64,
    in_octets: u64,
    in_unicast_packets: u64,
    in_other_packets: u64,
    in_discards: u64,
    in_errors: u64,
    in_unknown_protocols: u64,
    in_unicast_octets: u64,
    in_multicast_octets: u64,
    in_broadcast_octets: u64,
    out_octets: u64,
    out_unicast_packets: u64,
    out_other_packets: u64,
    out_discards: u64,
    out_errors: u64,
    out_unicast_octets: u64,
    out_multicast_octets: u64,
    out_broadcast_octets: u64,
    out_queue_length: u64,
};

comptime {
    std.debug.assert(@offsetOf(Adapter, "luid") == 224);
    std.debug.assert(@sizeOf(Row) == 1352);
}

pub extern "iphlpapi" fn GetIfEntry2(row: *Row) callconv(.winapi) u32;

const extern_c = struct {
    extern "iphlpapi" fn GetAdaptersAddresses(
        family: u32,
        flags: u32,
        reserved: ?*anyopaque,
        list: ?*anyopaque,
        size: *u32,
    ) callconv(.winapi) u32;
    extern "iphlpapi" fn ConvertInterfaceLuidToNameA(
        luid: *const u64,
        name: [*]u8,
        room: usize,
    ) callconv(.winapi) u32;
};

/// GAA_FLAG_SKIP_ANYCAST, _SKIP_MULTICAST, _SKIP_DNS_SERVER and _INCLUDE_ALL_INTERFACES.
const asked = 0x02 | 0x04 | 0x08 | 0x100;

pub const List = struct {
    first: ?*Adapter = null,
    memory: ?*anyopaque = null,

    /// 0, or -errno. What it allocates `free` frees.
    pub fn read(list: *List) i32 {
        var size: u32 = 16 * 1024;
        // There may be more of them each time.
        for (0..8) |_| {
            list.memory = libc.malloc(size);
            const memory = list.memory orelse return -c.ENOMEM;
            const code = extern_c.GetAdaptersAddresses(c.AF_UNSPEC, asked, null, memory, &size);
            if (code == 0) {
                list.first = @ptrCast(@alignCast(memory));
                return 0;
            }
            list.free();
            // No interface at all.
            if (code == c.ERROR_NO_DATA) return 0;
            if (code != c.ERROR_BUFFER_OVERFLOW) return -errors.fromCode(@bitCast(code));
        }
        return -c.EAGAIN;
    }

    pub fn free(list: *List) void {
        libc.free(list.memory);
        list.memory = null;
    }
};

pub const Name = [257]u8;

pub fn nameOf(adapter: *const Adapter, room: *Name) []const u8 {
    const code = extern_c.ConvertInterfaceLuidToNameA(&adapter.luid, room, room.len);
    if (code != 0) return "";
    const name = std.mem.sliceTo(room, 0);
    // The length stands in a byte.
    return name[0..@min(name.len, 255)];
}

const is_up = 1;
const no_multicast = 0x10;
const ethernet = 6;
const point_to_point = 23;
const loopback = 24;
const wireless = 71;
const tunnel = 131;

/// As IFF_* bits.
pub fn flagsOf(adapter: *const Adapter) u32 {
    var flags: u32 = 0;
    if (adapter.state == is_up) flags |= c.IFF_UP | c.IFF_RUNNING;
    if (adapter.flags & no_multicast == 0) flags |= c.IFF_MULTICAST;
    switch (adapter.kind) {
        ethernet, wireless => flags |= c.IFF_BROADCAST,
        loopback => flags |= c.IFF_LOOPBACK,
        point_to_point, tunnel => flags |= c.IFF_POINTOPOINT,
        else => {},
    }
    return flags;
}

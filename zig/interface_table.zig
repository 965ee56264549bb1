//! The table of interfaces and addresses that the interface*.zig files write.
const std = @import("std");
const c = @import("headers");

/// What precedes the entries.
pub const Header = extern struct {
    /// Which network namespace the list is of; 0 where the kernel does not tell.
    namespace: u64,
    /// 1: IPv6 does not know all interfaces, so that they were asked for in full.
    in_full: u32,
    reserved: u32 = 0,
};

/// What is asked for: a sum of these.
pub const Wanted = struct {
    pub const addresses: u32 = 1;
    /// Not IPv6's list, of which the caller knows that it lacks some.
    pub const in_full: u32 = 2;
};

/// One interface or address. Behind it stand the three addresses and the name, then padding up to
/// `size`. A length of 0 is an absent address.
pub const Entry = extern struct {
    size: u32,
    index: u32,
    flags: u32,
    address_length: u8,
    netmask_length: u8,
    destination_length: u8,
    name_length: u8,
    /// 1: the destination is not here, and `linkDestination` asks for it.
    destination_later: u32,
};

/// What an entry is made of.
pub const Parts = struct {
    index: u32,
    flags: u32,
    name: []const u8,
    address: []const u8 = &.{},
    netmask: []const u8 = &.{},
    destination: []const u8 = &.{},
    destination_later: bool = false,
};

/// The caller's buffer: entries are written while they fit and always counted, so that `length` is
/// the length needed. The buffer starts at a multiple of 8.
pub const Table = struct {
    room: []u8,
    length: usize,
    /// Where the last entry that fitted ends.
    written: usize,

    pub fn begin(room: []u8, namespace: u64) Table {
        if (room.len >= @sizeOf(Header)) {
            const header: *align(1) Header = @ptrCast(room.ptr);
            header.* = .{ .namespace = namespace, .in_full = 0 };
        }
        return .{ .room = room, .length = @sizeOf(Header), .written = @sizeOf(Header) };
    }

    pub fn markInFull(table: *Table) void {
        if (table.room.len < @sizeOf(Header)) return;
        const header: *align(1) Header = @ptrCast(table.room.ptr);
        header.in_full = 1;
    }

    pub fn add(table: *Table, parts: Parts) void {
        const used = @sizeOf(Entry) + parts.address.len + parts.netmask.len +
            parts.destination.len + parts.name.len;
        const size = std.mem.alignForward(usize, used, 4);
        const start = table.length;
        table.length += size;
        if (table.length > table.room.len) return;
        table.written = table.length;
        const bytes = table.room[start..table.length];
        const entry: *align(1) Entry = @ptrCast(bytes.ptr);
        entry.* = .{
            .size = @intCast(size),
            .index = parts.index,
            .flags = parts.flags,
            .address_length = @intCast(parts.address.len),
            .netmask_length = @intCast(parts.netmask.len),
            .destination_length = @intCast(parts.destination.len),
            .name_length = @intCast(parts.name.len),
            .destination_later = @intFromBool(parts.destination_later),
        };
        var rest = bytes[@sizeOf(Entry)..];
        for ([_][]const u8{ parts.address, parts.netmask, parts.destination, parts.name }) |part| {
            @memcpy(rest[0..part.len], part);
            rest = rest[part.len..];
        }
        @memset(rest, 0);
    }

    /// The entry that starts at `offset`, or null where it did not fit.
    pub fn entryAt(table: Table, offset: usize) ?*align(1) const Entry {
        return if (offset >= table.written) null else @ptrCast(table.room.ptr + offset);
    }

    pub fn result(table: Table) i32 {
        return std.math.cast(i32, table.length) orelse -c.EOVERFLOW;
    }
};

test "a short table counts on and stays as it was behind the last whole entry" {
    var room: [@sizeOf(Header) + 44]u8 = @splat(0xa5);
    var table: Table = .begin(&room, 7);
    table.add(.{ .index = 1, .flags = 2, .name = "lo", .address = &.{ 1, 2, 3, 4 } });
    try std.testing.expectEqual(@as(usize, @sizeOf(Header) + 28), table.length);
    try std.testing.expectEqual(@as(u32, 28), table.entryAt(@sizeOf(Header)).?.size);
    table.add(.{ .index = 2, .flags = 2, .name = "eth0", .address = &.{ 1, 2, 3, 4 } });
    try std.testing.expectEqual(@as(i32, @sizeOf(Header) + 28 + 28), table.result());
    try std.testing.expectEqual(@as(u8, 0xa5), room[@sizeOf(Header) + 28]);
    const second = table.entryAt(@sizeOf(Header) + 28);
    try std.testing.expectEqual(@as(?*align(1) const Entry, null), second);
}

//! The entries that netdb.zig writes.
const std = @import("std");
const c = @import("headers");
const fail = @import("result.zig").fail;

/// What precedes the strings of an entry: name, protocol (services only), aliases; each ends with
/// a NUL. `size` includes everything up to the next entry.
pub const Entry = extern struct {
    size: u32,
    number: u32,
    family: i32,
};

/// The caller's buffer: entries are written while they fit and always counted.
pub const Table = struct {
    room: []u8,
    length: usize = 0,

    pub fn add(table: *Table, record: anytype) void {
        const start = table.length;
        table.length += @sizeOf(Entry);
        const number: u32, const family: i32 = switch (@TypeOf(record.*)) {
            c.struct_protoent => .{ @bitCast(@as(i32, record.p_proto)), 0 },
            c.struct_servent => .{ std.mem.bigToNative(u16, @truncate(portBits(record))), 0 },
            c.struct_netent => .{ @intCast(record.n_net), record.n_addrtype },
            else => comptime unreachable,
        };
        switch (@TypeOf(record.*)) {
            c.struct_protoent => table.addTexts(record.p_name, null, record.p_aliases),
            c.struct_servent => table.addTexts(record.s_name, record.s_proto, record.s_aliases),
            c.struct_netent => table.addTexts(record.n_name, null, record.n_aliases),
            else => comptime unreachable,
        }
        if (table.length > table.room.len) return;
        const entry: *align(1) Entry = @ptrCast(table.room.ptr + start);
        entry.* = .{
            .size = @intCast(table.length - start),
            .number = number,
            .family = family,
        };
    }

    /// An entry of these texts.
    pub fn addTextsOf(table: *Table, number: u32, texts: []const []const u8) void {
        const start = table.length;
        table.length += @sizeOf(Entry);
        for (texts) |text| table.addBytes(text);
        if (table.length > table.room.len) return;
        const entry: *align(1) Entry = @ptrCast(table.room.ptr + start);
        entry.* = .{ .size = @intCast(table.length - start), .number = number, .family = 0 };
    }

    fn portBits(record: *const c.struct_servent) u32 {
        return @bitCast(@as(i32, record.s_port));
    }

    fn addTexts(table: *Table, name: anytype, transport: ?[*:0]const u8, aliases: anytype) void {
        table.addText(@ptrCast(name));
        if (transport) |text| table.addText(text);
        const list: ?[*:null]const ?[*:0]const u8 = @ptrCast(@alignCast(aliases));
        for (std.mem.span(list orelse return)) |alias| table.addText(alias.?);
    }

    fn addText(table: *Table, text: [*:0]const u8) void {
        table.addBytes(std.mem.span(text));
    }

    fn addBytes(table: *Table, bytes: []const u8) void {
        const start = table.length;
        table.length += bytes.len + 1;
        if (table.length > table.room.len) return;
        @memcpy(table.room[start..][0..bytes.len], bytes);
        table.room[table.length - 1] = 0;
    }

    pub fn result(table: Table) i32 {
        return std.math.cast(i32, table.length) orelse fail(c.EOVERFLOW);
    }
};

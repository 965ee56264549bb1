//! The databases of netdb.h: protocols, networks and services, by name, by number and as lists.
//!
//! No C library has all of these functions, so each is looked up when it is called. The reentrant
//! ones are taken where they exist; the others, whose results are static memory, and the lists,
//! whose position is, are used under a lock of the whole process, since Workers share them.
const std = @import("std");
const c = @import("headers");
const libc = @import("libc.zig");
const fail = @import("result.zig").fail;
const Entry = @import("netdb_table.zig").Entry;
const Table = @import("netdb_table.zig").Table;
/// Windows lists nothing; what its files hold can be read.
const files = @import("netdb_windows.zig");
const windows = @import("builtin").target.os.tag == .windows;

/// The number of a protocol, or -ENOENT.
pub fn protocolByName(name: [*]const u8) callconv(.c) i32 {
    var room: [2048]u8 = undefined;
    const length = protocol(name, 0, &room, room.len);
    if (length <= 0) return if (length < 0) length else fail(c.ENOENT);
    if (length > room.len) return fail(c.ENOBUFS);
    const entry: *align(1) const Entry = @ptrCast(&room);
    return @bitCast(entry.number);
}

/// Writes the protocol of that name, or number where `name` is null, into `out` and returns the
/// length; where `room` is short, the length needed; 0 where there is none.
pub fn protocol(name: ?[*]const u8, number: i32, out: [*]u8, room: u32) callconv(.c) i32 {
    const Protocols = Database(c.struct_protoent);
    if (name) |text| return Protocols.find("getprotobyname", .{text}, out[0..room]);
    return Protocols.find("getprotobynumber", .{number}, out[0..room]);
}

/// Like `protocol`; `port` in network order, `transport` null for any.
pub fn service(
    name: ?[*]const u8,
    port: i32,
    transport: ?[*]const u8,
    out: [*]u8,
    room: u32,
) callconv(.c) i32 {
    const Services = Database(c.struct_servent);
    if (name) |text| return Services.find("getservbyname", .{ text, transport }, out[0..room]);
    return Services.find("getservbyport", .{ port, transport }, out[0..room]);
}

/// Like `protocol`; `number` in host order.
pub fn network(
    name: ?[*]const u8,
    number: u32,
    family: i32,
    out: [*]u8,
    room: u32,
) callconv(.c) i32 {
    // Windows knows none.
    if (windows) return 0;
    const Networks = Database(c.struct_netent);
    if (name) |text| return Networks.find("getnetbyname", .{text}, out[0..room]);
    return Networks.find("getnetbyaddr", .{ number, family }, out[0..room]);
}

/// All entries one after the other, else like `protocol`.
pub fn protocols(out: [*]u8, room: u32) callconv(.c) i32 {
    if (windows) return files.protocols(out[0..room]);
    return Database(c.struct_protoent).all("proto", out[0..room]);
}

pub fn services(out: [*]u8, room: u32) callconv(.c) i32 {
    if (windows) return files.services(out[0..room]);
    return Database(c.struct_servent).all("serv", out[0..room]);
}

pub fn networks(out: [*]u8, room: u32) callconv(.c) i32 {
    if (windows) return 0;
    return Database(c.struct_netent).all("net", out[0..room]);
}

/// The one lock of the process, as the C library's static results and positions are.
var lock: std.atomic.Value(u32) = .init(0);

fn acquire() void {
    while (lock.cmpxchgWeak(0, 1, .acquire, .monotonic) != null) libc.yield();
}

fn release() void {
    lock.store(0, .release);
}

/// One database; `Record` is its struct protoent, servent or netent.
fn Database(comptime Record: type) type {
    const is_network = Record == c.struct_netent;
    return struct {
        const scratch_size = 16 * 1024;

        fn find(comptime name: [:0]const u8, key: anytype, out: []u8) i32 {
            var table: Table = .{ .room = out };
            if (libc.optional(Reentrant(@TypeOf(key)), name ++ "_r")) |function| {
                var record: Record = undefined;
                var scratch: [scratch_size]u8 = undefined;
                var found: ?*Record = null;
                var host_error: c_int = 0;
                const own = .{ &record, &scratch, scratch.len, &found };
                libc.clearErrno();
                const status = @call(.auto, function, key ++ own ++
                    if (is_network) .{&host_error} else .{});
                if (status == c.ERANGE) return fail(c.ENOBUFS);
                if (found) |entry| table.add(entry) else {
                    // musl says ENOMEM or nothing where it could not open a file: errno knows.
                    return libc.shortageOr(if (libc.isShortage(status)) -status else 0);
                }
                return table.result();
            }
            const function = libc.optional(Plain(@TypeOf(key)), name) orelse
                return fail(c.ENOSYS);
            acquire();
            defer release();
            libc.clearErrno();
            const found: ?*Record = @call(.auto, function, key);
            if (found) |entry| table.add(entry) else return libc.shortageOr(0);
            return table.result();
        }

        fn all(comptime name: [:0]const u8, out: []u8) i32 {
            const Next = fn () callconv(.c) ?*Record;
            const next = libc.optional(Next, "get" ++ name ++ "ent") orelse
                return fail(c.ENOSYS);
            const open = libc.optional(fn (c_int) callconv(.c) void, "set" ++ name ++ "ent") orelse
                return fail(c.ENOSYS);
            const close = libc.optional(fn () callconv(.c) void, "end" ++ name ++ "ent") orelse
                return fail(c.ENOSYS);
            acquire();
            defer release();
            libc.clearErrno();
            open(0);
            defer close();
            var table: Table = .{ .room = out };
            while (next()) |entry| table.add(entry);
            return libc.shortageOr(table.result());
        }

        fn Plain(comptime Key: type) type {
            const keys = @typeInfo(Key).@"struct".fields;
            return switch (keys.len) {
                1 => fn (keys[0].type) callconv(.c) ?*Record,
                2 => fn (keys[0].type, keys[1].type) callconv(.c) ?*Record,
                else => unreachable,
            };
        }

        fn Reentrant(comptime Key: type) type {
            const keys = @typeInfo(Key).@"struct".fields;
            const A = keys[0].type;
            const B = if (keys.len > 1) keys[1].type else void;
            const Own = struct { *Record, [*]u8, usize, *?*Record };
            const own = @typeInfo(Own).@"struct".fields;
            const R = own[0].type;
            const P = own[3].type;
            if (is_network) {
                if (B == void) return fn (A, R, [*]u8, usize, P, *c_int) callconv(.c) c_int;
                return fn (A, B, R, [*]u8, usize, P, *c_int) callconv(.c) c_int;
            }
            if (B == void) return fn (A, R, [*]u8, usize, P) callconv(.c) c_int;
            return fn (A, B, R, [*]u8, usize, P) callconv(.c) c_int;
        }
    };
}

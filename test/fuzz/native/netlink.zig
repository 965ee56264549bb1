//! The list of interfaces, and what is asked about one of them, from a kernel's answers.
const std = @import("std");
const c = @import("headers");
const rawsock = @import("rawsock");
const kernel = @import("kernel.zig");
const memory = @import("memory.zig");
const abi = rawsock.abi;
const check = memory.check;
const Entry = rawsock.interface_table.Entry;
const Header = rawsock.interface_table.Header;

pub const largest = 2048;

var tables: memory.Guarded = undefined;
var scratches: memory.Guarded = undefined;
var owners: memory.Guarded = undefined;

const table_most = 64 * 1024;
const scratch_most = 32 * 1024;
/// More lists than a caller has to ask for until one fits.
const attempts_max = 16;

pub fn begin() void {
    tables = .make(table_most);
    scratches = .make(scratch_most);
    owners = .make(@sizeOf(Header));
}

/// What is wanted, the rooms, and the datagrams.
pub fn run(input: []const u8, place: memory.Place) void {
    var reader: memory.Reader = .{ .rest = input };
    const wanted = reader.int(u8);
    const room: u32 = @as(u32, reader.int(u8)) * 8;
    const small = reader.int(u8);
    const scratch: u32 = if (small < 128) scratch_most else @as(u32, small) * 8;
    switch (wanted >> 6) {
        0, 1 => list(reader, wanted & 3, room, scratch, place),
        2 => statistics(reader, room, scratch, place),
        else => destination(reader, room, scratch, place),
    }
}

fn list(answers: memory.Reader, wanted: u32, first_room: u32, scratch: u32, place: memory.Place) void {
    var room = first_room;
    for (0..attempts_max) |_| {
        kernel.begin(.{ .answers = answers });
        const table = tables.dirty(place, room);
        const space = scratches.dirty(place, scratch);
        const length = abi.rawsock_interfaces(
            wanted,
            table.ptr,
            room,
            space.ptr,
            scratch,
        );
        check(kernel.isClean(), "a socket is left open");
        if (length < 0) return;
        check(length >= @sizeOf(Header), "a list without a header");
        if (length <= room) return walk(table[0..@intCast(length)]);
        if (length > table_most) return;
        room = @intCast(length);
    }
    @panic("no list ever fits");
}

fn walk(table: []const u8) void {
    const undefined_bytes = std.valgrind.memcheck.checkMemIsDefined(table);
    check(undefined_bytes == 0, "bytes that nobody wrote");
    const header = std.mem.bytesToValue(Header, table[0..@sizeOf(Header)]);
    check(header.namespace == kernel.namespace and header.in_full <= 1, "the list's header");
    var rest = table[@sizeOf(Header)..];
    while (rest.len > 0) {
        check(rest.len >= @sizeOf(Entry), "an entry is cut off");
        const entry = std.mem.bytesToValue(Entry, rest[0..@sizeOf(Entry)]);
        check(entry.size <= rest.len and entry.size % 4 == 0, "an entry's size");
        const used = @sizeOf(Entry) + @as(usize, entry.address_length) + entry.netmask_length +
            entry.destination_length + entry.name_length;
        check(used <= entry.size and entry.size - used < 4, "an entry's parts");
        check(std.mem.allEqual(u8, rest[used..entry.size], 0), "padding");
        rest = rest[entry.size..];
    }
}

fn owner(place: memory.Place) [*]const u8 {
    const header: Header = .{ .namespace = kernel.namespace, .in_full = 0 };
    return owners.copy(place, std.mem.asBytes(&header)).ptr;
}

/// What `ask` writes of interface 1.
fn written(
    ask: *const @TypeOf(abi.rawsock_interface_statistics),
    answers: memory.Reader,
    room: u32,
    scratch: u32,
    place: memory.Place,
) []const u8 {
    kernel.begin(.{ .answers = answers });
    const out = tables.dirty(place, room);
    const space = scratches.dirty(place, scratch);
    const length = ask(1, owner(place), out.ptr, room, space.ptr, scratch);
    check(kernel.isClean(), "a socket is left open");
    check(length <= @as(i32, @intCast(room)), "more than there is room for");
    const used: usize = @intCast(@max(length, 0));
    check(memory.untouched(out[used..]), "bytes behind what was written");
    return out[0..used];
}

fn statistics(answers: memory.Reader, room: u32, scratch: u32, place: memory.Place) void {
    _ = written(abi.rawsock_interface_statistics, answers, room, scratch, place);
}

fn destination(answers: memory.Reader, room: u32, scratch: u32, place: memory.Place) void {
    const address = written(abi.rawsock_interface_destination, answers, room, scratch, place);
    if (address.len == 0) return;
    check(address.len >= @sizeOf(c.struct_sockaddr_ll), "a short address");
    const family = std.mem.readInt(u16, address[0..2], .little);
    check(family == c.AF_PACKET, "an address of another family");
}

//! Answers of libc's databases and of getaddrinfo(3) as bytes, and the library's own manifest.
const std = @import("std");
const c = @import("headers");
const rawsock = @import("rawsock");
const memory = @import("memory.zig");
const check = memory.check;
const resolve = rawsock.resolve;

pub const largest = 2048;

var outputs: memory.Guarded = undefined;
var inputs: memory.Guarded = undefined;

const output_most = 128 * 1024;
const list_max = 8;

pub fn begin() void {
    outputs = .make(output_most);
    inputs = .make(largest + 16);
}

pub fn run(input: []const u8, place: memory.Place) void {
    var reader: memory.Reader = .{ .rest = input };
    const how = reader.int(u8);
    const room: usize = reader.int(u16);
    switch (how & 3) {
        0 => addresses(&reader, room, place),
        1 => service(&reader, room, place),
        2 => manifest(how >> 2 & 7, @min(room * 4, output_most), place),
        else => meanings(&reader, room, place),
    }
}

/// A list of struct addrinfo whose members are as long as they say.
fn addresses(reader: *memory.Reader, room: usize, place: memory.Place) void {
    var list: [list_max]c.struct_addrinfo = undefined;
    var texts: [list_max][256]u8 = undefined;
    const count = reader.int(u8) % (list_max + 1);
    for (0..count) |index| {
        const name = reader.take(reader.int(u8) & 0x7f);
        @memcpy(texts[index][0..name.len], name);
        texts[index][name.len] = 0;
        const address = reader.take(reader.int(u8) & 0x7f);
        list[index] = .{
            .ai_flags = reader.int(u8),
            .ai_family = reader.int(u8),
            .ai_addrlen = @intCast(address.len),
            .ai_addr = @ptrCast(@alignCast(@constCast(alignedCopy(address, index)))),
            .ai_canonname = if (name.len & 1 == 0) null else @ptrCast(&texts[index]),
            .ai_next = null,
        };
        if (index > 0) list[index - 1].ai_next = &list[index];
    }
    const found: resolve.Found = .{
        .status = .{ .eai = 0, .errno = 0 },
        .list = if (count > 0) &list[0] else null,
    };
    const out = outputs.dirty(place, room);
    const length = resolve.flatten(found, out);
    if (length > room) {
        const exact = outputs.dirty(place, length);
        check(resolve.flatten(found, exact) == length, "another length");
        return walk(exact, count);
    }
    check(memory.untouched(out[length..]), "bytes behind the answer");
    walk(out[0..length], count);
}

var copies: [list_max][128]u8 align(8) = undefined;

fn alignedCopy(bytes: []const u8, index: usize) [*]const u8 {
    @memcpy(copies[index][0..bytes.len], bytes);
    return &copies[index];
}

fn walk(answer: []const u8, count: usize) void {
    var rest = answer[@sizeOf(resolve.Status)..];
    for (0..count) |_| {
        check(rest.len >= @sizeOf(resolve.Entry), "an entry is cut off");
        const entry = std.mem.bytesToValue(resolve.Entry, rest[0..@sizeOf(resolve.Entry)]);
        const used = @sizeOf(resolve.Entry) + entry.address_length + entry.canonname_length;
        check(entry.size <= rest.len and entry.size % 4 == 0, "an entry's size");
        check(used <= entry.size and entry.size - used < 4, "an entry's parts");
        rest = rest[entry.size..];
    }
    check(rest.len == 0, "bytes behind the last entry");
}

/// An entry of services(5), whose texts end where they may not be read on.
fn service(reader: *memory.Reader, room: usize, place: memory.Place) void {
    const text = inputs.room(place, reader.rest.len + 1);
    @memcpy(text[0..reader.rest.len], reader.rest);
    text[reader.rest.len] = 0;
    const name: [*:0]u8 = @ptrCast(text.ptr);
    var aliases: [3:null]?[*:0]u8 = .{ name, name, name };
    const entry: c.struct_servent = .{
        .s_name = name,
        .s_proto = name,
        .s_port = @intCast(text.len),
        .s_aliases = @ptrCast(&aliases),
    };
    var table: rawsock.netdb_table.Table = .{ .room = outputs.dirty(place, room) };
    table.add(&entry);
    table.add(&entry);
    const each = @sizeOf(rawsock.netdb_table.Entry) + 5 * (std.mem.len(name) + 1);
    check(table.result() == 2 * each, "another length");
    if (table.length <= room) {
        check(memory.untouched(table.room[table.length..]), "bytes behind the entries");
    }
}

fn manifest(section: u32, room: usize, place: memory.Place) void {
    const text = outputs.dirty(place, room);
    const length = rawsock.manifest.read(section, text.ptr, @intCast(room));
    check(length >= 0, "a manifest that fails");
    const written = if (length <= room) @as(usize, @intCast(length)) else 0;
    check(memory.untouched(text[written..]), "bytes behind the manifest");
}

/// strerror(3) and gai_strerror(3) of any number.
fn meanings(reader: *memory.Reader, room: usize, place: memory.Place) void {
    const number = reader.int(i32);
    const text = outputs.dirty(place, room);
    for ([_]bool{ false, true }) |resolver| {
        @memset(text, memory.dirt);
        const length = if (resolver)
            rawsock.abi.rawsock_gai_strerror(number, text.ptr, @intCast(room))
        else
            rawsock.abi.rawsock_strerror(number, text.ptr, @intCast(room));
        check(length >= 0, "a meaning that fails");
        const written = if (length <= room) @as(usize, @intCast(length)) else 0;
        check(memory.untouched(text[written..]), "bytes behind the text");
    }
}

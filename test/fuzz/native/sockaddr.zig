//! Addresses: what the kernel says of a socket's, and what libc makes text of.
const std = @import("std");
const c = @import("headers");
const rawsock = @import("rawsock");
const kernel = @import("kernel.zig");
const memory = @import("memory.zig");
const abi = rawsock.abi;
const check = memory.check;
const AddressSlot = rawsock.socket.AddressSlot;

pub const largest = 512;

var slots: memory.Guarded = undefined;
var inputs: memory.Guarded = undefined;
var outputs: memory.Guarded = undefined;

pub fn begin() void {
    slots = .make(@sizeOf(AddressSlot));
    inputs = .make(largest + 1);
    outputs = .make(8192);
}

pub fn run(input: []const u8, place: memory.Place) void {
    var reader: memory.Reader = .{ .rest = input };
    const how = reader.int(u8);
    switch (how & 7) {
        0...3 => told(reader, how, place),
        4 => toText(reader.rest, place),
        5 => fromText(reader.rest, place),
        6 => names(reader, place),
        else => interface(reader, place),
    }
}

/// An address as the kernel tells it, which may be longer than the room for it.
fn told(answers: memory.Reader, how: u8, place: memory.Place) void {
    kernel.begin(.{ .answers = answers, .nonblocking = how & 8 != 0 });
    const room = slots.dirty(place, @sizeOf(AddressSlot));
    const bytes = outputs.dirty(place, 64);
    const status = switch (how & 3) {
        0 => abi.rawsock_getsockname(3, room.ptr),
        1 => abi.rawsock_getpeername(3, room.ptr),
        2 => abi.rawsock_accept(3, room.ptr, 0, how >> 4 & 1),
        else => abi.rawsock_recvfrom(3, bytes.ptr, 0, 64, c.MSG_DONTWAIT, room.ptr),
    };
    const slot: *align(1) AddressSlot = .from(room.ptr);
    if (status < 0) return;
    const written = @min(slot.length, slot.storage.len);
    check(memory.untouched(slot.storage[written..]), "bytes behind the address");
}

/// inet_ntop(3) and back.
fn toText(address: []const u8, place: memory.Place) void {
    const family: i32 = if (address.len >= 16) c.AF_INET6 else c.AF_INET;
    const size: usize = if (address.len >= 16) 16 else 4;
    if (address.len < size) return;
    const bytes = inputs.copy(place, address[0..size]);
    const text = outputs.dirty(place, c.INET6_ADDRSTRLEN);
    const length = abi.rawsock_inet_ntop(family, bytes.ptr, 0, text.ptr, @intCast(text.len));
    check(length > 0 and length < text.len, "no text of an address");
    check(text[@intCast(length)] == 0, "a text without an end");
    var back: [16]u8 = undefined;
    check(abi.rawsock_inet_pton(family, text.ptr, &back) == 1, "a text that is no address");
    check(std.mem.eql(u8, back[0..size], bytes), "another address");
}

/// inet_pton(3): what it takes has a text.
fn fromText(text: []const u8, place: memory.Place) void {
    if (text.len == 0) return;
    const family: i32 = if (text[0] & 1 == 0) c.AF_INET6 else c.AF_INET;
    const size: usize = if (family == c.AF_INET6) 16 else 4;
    const ended = inputs.room(place, text.len);
    @memcpy(ended[0 .. text.len - 1], text[1..]);
    ended[text.len - 1] = 0;
    const address = outputs.dirty(place, size);
    const status = abi.rawsock_inet_pton(family, ended.ptr, address.ptr);
    check(status == 0 or status == 1, "neither an address nor none");
}

/// getnameinfo(3) of numbers, which asks nobody.
fn names(given: memory.Reader, place: memory.Place) void {
    var reader = given;
    const flags = [_]i32{ c.NI_NUMERICHOST, c.NI_NUMERICSERV, c.NI_DGRAM, c.NI_NAMEREQD };
    const more = flags[reader.int(u8) & 3];
    const address = inputs.copy(place, reader.rest);
    // Names of what is not Internet's are this machine's own.
    const numeric = c.NI_NUMERICHOST | c.NI_NUMERICSERV;
    const length: u32 = @intCast(address.len);
    const both = more | numeric;
    const room = outputs.dirty(place, 8192);
    const needed = abi.rawsock_getnameinfo(address.ptr, length, both, room.ptr, 0);
    check(needed > 0 and memory.untouched(room), "a short room is written to");
    const exact = outputs.dirty(place, @intCast(needed));
    const written = abi.rawsock_getnameinfo(address.ptr, length, both, exact.ptr, @intCast(exact.len));
    check(written == needed, "another length");
}

/// netdevice(7)'s requests about an interface of any name.
fn interface(given: memory.Reader, place: memory.Place) void {
    var reader = given;
    const name = reader.take(reader.int(u8));
    const ended = inputs.room(place, name.len + 1);
    @memcpy(ended[0..name.len], name);
    ended[name.len] = 0;
    const address = outputs.copy(place, &@as([@sizeOf(c.struct_sockaddr_in)]u8, @splat(1)));
    for (0..4) |which| {
        kernel.begin(.{ .answers = reader });
        _ = switch (which) {
            0 => abi.rawsock_interface_flags(3, ended.ptr),
            1 => abi.rawsock_set_interface_flags(3, ended.ptr, 1),
            2 => abi.rawsock_set_interface_address(3, ended.ptr, address.ptr),
            else => abi.rawsock_if_nametoindex(ended.ptr),
        };
        check(kernel.isClean(), "a socket is left open");
    }
}

//! The control data of received messages: the descriptors in them are counted and owned.
const std = @import("std");
const c = @import("headers");
const rawsock = @import("rawsock");
const kernel = @import("kernel.zig");
const memory = @import("memory.zig");
const abi = rawsock.abi;
const check = memory.check;
const Slot = rawsock.message.Slot;
const BatchHeader = rawsock.BatchHeader;
const Source = rawsock.readiness_source.Source;

pub const largest = 4096;

const slots_max = 4;
const control_most = 1024;
const data_most = 64;
/// What a slot's room has to have for credentials.
const credentials_room = 64;

var slots: memory.Guarded = undefined;
var controls: [slots_max]memory.Guarded = undefined;
var data: [slots_max]memory.Guarded = undefined;
var vectors: [slots_max]c.struct_iovec = undefined;
var table: memory.Guarded = undefined;
var addresses: memory.Guarded = undefined;
var source: *Source = undefined;

pub fn begin() void {
    slots = .make(slots_max * @sizeOf(Slot));
    for (&controls) |*control| control.* = .make(control_most);
    for (&data) |*bytes| bytes.* = .make(data_most);
    table = .make(slots_max * @sizeOf(BatchHeader));
    addresses = .make(slots_max * 8);
    const owner: memory.Guarded = .make(@sizeOf(Source));
    source = .from(owner.room(.start, @sizeOf(Source)).ptr);
}

/// Which call, what the sockets are, the rooms, and what the kernel brings.
pub fn run(input: []const u8, place: memory.Place) void {
    var reader: memory.Reader = .{ .rest = input };
    const how = reader.int(u8);
    const flags: u32 = flagsOf(reader.int(u8));
    const count: u32 = @as(u32, how >> 2 & 3) + 1;
    const room = roomOf(reader.int(u8), how & 3 == 2);
    const memory_of_slots = slots.room(place, count * @sizeOf(Slot));
    @memset(memory_of_slots, 0);
    const list: [*]Slot = @ptrCast(@alignCast(memory_of_slots.ptr));
    const pointers = addresses.room(place, count * 8);
    for (0..count) |index| {
        const bytes = data[index].room(place, data_most);
        vectors[index] = .{ .iov_base = bytes.ptr, .iov_len = bytes.len };
        list[index].vector = @intFromPtr(&vectors[index]);
        list[index].vector_count = 1;
        list[index].control = @intFromPtr(controls[index].dirty(place, room).ptr);
        list[index].control_room = @intCast(room);
        std.mem.writeInt(u64, pointers[index * 8 ..][0..8], @intFromPtr(&list[index]), .little);
    }
    kernel.begin(.{
        .answers = reader,
        .nonblocking = how & 0x10 != 0,
        .stream = how & 0x20 != 0,
        .credentials = how & 0x40 != 0,
        .timeout_s = if (how & 0x80 != 0) 3 else 0,
    });
    const headers = table.room(place, count * @sizeOf(BatchHeader)).ptr;
    const memory_of_source: [*]u8 = @ptrCast(source);
    const result = switch (how & 3) {
        0 => abi.rawsock_recvmsg(memory_of_source, 3, memory_of_slots.ptr, flags),
        2 => abi.rawsock_recv_records(memory_of_source, 3, pointers.ptr, count, headers),
        else => abi.rawsock_recvmmsg(
            memory_of_source,
            3,
            pointers.ptr,
            count,
            headers,
            flags,
            if (how & 0x80 != 0) 500 else -1,
        ),
    };
    if (result < 0) return;
    const messages: usize = if (how & 3 == 0) 1 else @intCast(result);
    check(messages <= count, "more messages than there are slots");
    for (list[0..messages], 0..) |*slot, index| {
        check(slot.received_control_length <= room, "more control data than there is room for");
        check(slot.length <= data_most, "more bytes than there is room for");
        const whole = controls[index].room(place, room);
        examine(slot, whole[0..slot.received_control_length]);
    }
    for (list[0..messages]) |*slot| {
        const whole = controls[(@intFromPtr(slot) - @intFromPtr(list)) / @sizeOf(Slot)];
        forget(whole.room(place, room)[0..slot.received_control_length]);
    }
}

/// A multiple of 8 or not; `records`: with room for credentials, which that call takes for granted.
fn roomOf(byte: u8, records: bool) usize {
    const room = @as(usize, byte) * 3;
    return if (records) std.mem.alignForward(usize, room, 8) + credentials_room else room;
}

fn flagsOf(byte: u8) u32 {
    const all = [_]u32{
        c.MSG_DONTWAIT, c.MSG_PEEK, c.MSG_WAITALL,    c.MSG_ERRQUEUE,
        c.MSG_TRUNC,    c.MSG_OOB,  c.MSG_WAITFORONE, 0,
    };
    var flags: u32 = 0;
    for (all, 0..) |flag, index| {
        if (byte >> @intCast(index) & 1 != 0) flags |= flag;
    }
    return flags;
}

/// The same walk in another way: from header to header by the kernel's macros.
const Descriptors = struct {
    bytes: []const u8,
    at: usize = 0,
    header: usize = 0,
    end: usize = 0,

    const header_size = 16;

    fn next(walk: *Descriptors) ?i32 {
        while (true) {
            if (walk.at + 4 <= walk.end) {
                defer walk.at += 4;
                return std.mem.readInt(i32, walk.bytes[walk.at..][0..4], .little);
            }
            if (walk.header + header_size > walk.bytes.len) return null;
            const bytes = walk.bytes[walk.header..];
            const length = std.mem.readInt(u64, bytes[0..8], .little);
            if (length < header_size or length > bytes.len) return null;
            const level = std.mem.readInt(i32, bytes[8..12], .little);
            const kind = std.mem.readInt(i32, bytes[12..16], .little);
            const brings = level == c.SOL_SOCKET and
                (kind == c.SCM_RIGHTS or kind == c.SCM_PIDFD);
            walk.at = walk.header + header_size;
            walk.end = if (brings) walk.header + length else walk.at;
            walk.header += (length + 7) & ~@as(usize, 7);
        }
    }
};

fn examine(slot: *const Slot, bytes: []const u8) void {
    var walk: Descriptors = .{ .bytes = bytes };
    var count: u32 = 0;
    while (walk.next()) |fd| {
        count += 1;
        check(fd < 0 or isOwned(fd), "a descriptor that nobody owns");
    }
    check(count == slot.descriptors, "another number of descriptors");
}

fn isOwned(fd: i32) bool {
    const number: usize = @intCast(fd);
    if (number >= rawsock.readiness_source.owned_max) return true;
    return source.owned[number / 8] >> @intCast(number % 8) & 1 != 0;
}

fn forget(bytes: []const u8) void {
    var walk: Descriptors = .{ .bytes = bytes };
    while (walk.next()) |fd| source.disown(fd);
}

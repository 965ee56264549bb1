//! Whatever the kernel does with each part, what is sent and received is whole and in order.
const std = @import("std");
const c = @import("headers");
const rawsock = @import("rawsock");
const kernel = @import("kernel.zig");
const memory = @import("memory.zig");
const abi = rawsock.abi;
const check = memory.check;
const Slot = rawsock.message.Slot;
const BatchHeader = rawsock.BatchHeader;

pub const largest = 1024;

const elements_max = 4;
const slots_max = 4;

var areas: [elements_max]memory.Guarded = undefined;
var vectors: memory.Guarded = undefined;
var slots: memory.Guarded = undefined;
var table: memory.Guarded = undefined;
var addresses: memory.Guarded = undefined;
var controls: memory.Guarded = undefined;

pub fn begin() void {
    for (&areas) |*area| area.* = .make(256);
    vectors = .make(elements_max * @sizeOf(c.struct_iovec));
    slots = .make(slots_max * @sizeOf(Slot));
    table = .make(slots_max * @sizeOf(BatchHeader));
    addresses = .make(slots_max * 8);
    controls = .make(64);
}

/// Which call, what the sockets are, the elements' sizes, and what the kernel does.
pub fn run(input: []const u8, place: memory.Place) void {
    var reader: memory.Reader = .{ .rest = input };
    const how = reader.int(u8);
    const kinds = reader.int(u8);
    const count: u32 = @as(u32, how >> 4 & 3) + 1;
    const size = count * @sizeOf(c.struct_iovec);
    const vector: [*]c.struct_iovec = @ptrCast(@alignCast(vectors.room(place, size).ptr));
    var wanted: usize = 0;
    for (0..count) |index| {
        const area = areas[index].room(place, reader.int(u8));
        for (area) |*byte| {
            byte.* = if (how & 8 != 0) memory.dirt else @truncate(wanted);
            wanted += 1;
        }
        vector[index] = .{ .iov_base = area.ptr, .iov_len = area.len };
    }
    var before: [elements_max]c.struct_iovec = undefined;
    @memcpy(before[0..count], vector[0..count]);
    kernel.begin(.{
        .answers = reader,
        .nonblocking = kinds & 1 != 0,
        .stream = kinds & 2 != 0,
        .timeout_s = if (kinds & 4 != 0) 3 else 0,
    });
    const exchange: Exchange = .{
        .vector = vector[0..count],
        .wanted = wanted,
        .place = place,
        .flags = if (kinds & 8 != 0) c.MSG_DONTWAIT else 0,
        .all = if (kinds & 16 != 0) c.MSG_WAITALL else 0,
        .fast = if (kinds & 32 != 0) c.MSG_FASTOPEN else 0,
        .stream = kinds & 2 != 0,
    };
    if (how & 8 != 0) exchange.receive(how & 7) else exchange.send(how & 7);
    for (before[0..count], vector[0..count]) |was, is| {
        const same = was.iov_base == is.iov_base and was.iov_len == is.iov_len;
        check(same, "the caller's table is another");
    }
}

const Exchange = struct {
    vector: []c.struct_iovec,
    wanted: usize,
    place: memory.Place,
    flags: u32,
    all: u32,
    fast: u32,
    stream: bool,

    fn slot(exchange: Exchange) *Slot {
        const found: *Slot = @ptrCast(@alignCast(slots.room(exchange.place, @sizeOf(Slot)).ptr));
        found.* = std.mem.zeroes(Slot);
        found.vector = @intFromPtr(exchange.vector.ptr);
        found.vector_count = @intCast(exchange.vector.len);
        found.control = @intFromPtr(controls.room(exchange.place, 64).ptr);
        return found;
    }

    fn bytes(exchange: Exchange) []u8 {
        const element = exchange.vector[0];
        return @as([*]u8, @ptrCast(element.iov_base))[0..element.iov_len];
    }

    fn count(exchange: Exchange) u32 {
        return @intCast(exchange.vector.len);
    }

    fn send(exchange: Exchange, how: u8) void {
        const flags = exchange.flags | exchange.fast;
        const first = exchange.bytes();
        const length: u32 = @intCast(first.len);
        const pointer: [*]u8 = @ptrCast(exchange.vector.ptr);
        const result = switch (how) {
            0 => abi.rawsock_send(3, first.ptr, 0, length, flags),
            1 => abi.rawsock_sendto(3, first.ptr, 0, length, flags, first.ptr, 0),
            2 => abi.rawsock_write(3, first.ptr, 0, length),
            3 => abi.rawsock_writev(3, pointer, exchange.count()),
            4 => abi.rawsock_sendmsg(3, @ptrCast(exchange.slot()), flags),
            5 => abi.rawsock_send_each(3, pointer, exchange.count(), exchange.headers(), flags),
            else => return exchange.sendBatch(flags),
        };
        if (how == 5) return check(result <= exchange.count(), "more messages than there are");
        // The end of an error's way may lie behind a part that went.
        if (result < 0) return check(kernel.sent.items.len == 0, "what went is not told");
        check(result == kernel.sent.items.len, "not what went");
        check(result <= exchange.wanted, "more than there is");
        for (kernel.sent.items, 0..) |byte, index| {
            check(byte == @as(u8, @truncate(index)), "out of order");
        }
    }

    fn headers(exchange: Exchange) [*]u8 {
        return table.room(exchange.place, exchange.vector.len * @sizeOf(BatchHeader)).ptr;
    }

    /// One message for each element.
    fn sendBatch(exchange: Exchange, flags: u32) void {
        const list = exchange.slotsOfEach();
        const pointers = addresses.room(exchange.place, list.len * 8);
        const result = abi.rawsock_sendmmsg(
            3,
            pointers.ptr,
            exchange.count(),
            exchange.headers(),
            flags,
        );
        check(result <= exchange.count(), "more messages than there are");
        if (result < 0) return check(kernel.sent.items.len == 0, "what went is not told");
        for (kernel.sent.items, 0..) |byte, index| {
            check(byte == @as(u8, @truncate(index)), "out of order");
        }
        var told: usize = 0;
        for (list[0..@intCast(result)], exchange.vector[0..@intCast(result)]) |each, element| {
            check(each.length <= element.iov_len, "more of a message than there is");
            told += each.length;
        }
        check(told == kernel.sent.items.len, "not what went");
    }

    fn slotsOfEach(exchange: Exchange) []Slot {
        const size = exchange.vector.len * @sizeOf(Slot);
        const memory_of_slots = slots.room(exchange.place, size);
        @memset(memory_of_slots, 0);
        const list: [*]Slot = @ptrCast(@alignCast(memory_of_slots.ptr));
        const pointers = addresses.room(exchange.place, exchange.vector.len * 8);
        for (exchange.vector, 0..) |*element, index| {
            list[index].vector = @intFromPtr(element);
            list[index].vector_count = 1;
            const address = @intFromPtr(&list[index]);
            std.mem.writeInt(u64, pointers[index * 8 ..][0..8], address, .little);
        }
        return list[0..exchange.vector.len];
    }

    fn receive(exchange: Exchange, how: u8) void {
        const first = exchange.bytes();
        const length: u32 = @intCast(first.len);
        const flags = exchange.flags | exchange.all;
        const pointer: [*]u8 = @ptrCast(exchange.vector.ptr);
        const result = switch (how) {
            0, 1 => abi.rawsock_recv(3, first.ptr, 0, length, flags),
            2 => abi.rawsock_read(3, first.ptr, 0, length),
            3 => abi.rawsock_readv(3, pointer, exchange.count()),
            else => abi.rawsock_recvmsg(null, 3, @ptrCast(exchange.slot()), flags),
        };
        if (result < 0) return check(kernel.received == 0, "what came is not told");
        check(result == kernel.received, "not what came");
        var index: usize = 0;
        for (exchange.vector) |element| {
            const area: [*]const u8 = @ptrCast(element.iov_base);
            for (area[0..element.iov_len]) |byte| {
                const came = index < result;
                const expected = if (came) @as(u8, @truncate(index)) else memory.dirt;
                check(byte == expected, if (came) "out of order" else "behind what came");
                index += 1;
            }
        }
    }
};

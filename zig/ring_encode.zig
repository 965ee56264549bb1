//! Writes packets of a ring as capture files have them: pcap's records or pcapng's enhanced packet
//! blocks (pcap-savefile(5), draft-ietf-opsawg-pcapng), all little-endian.
//!
//! The ring is memory that the kernel and the program write to as well: each number is read once
//! and compared with the memory's end before it is used. A packet that is not simple (another
//! interface's, too long, too late, with nanoseconds where there is no room for them) ends it, and
//! so does the end of the output: TypeScript looks at the next one.
const std = @import("std");
const c = @import("headers");
const Form = @import("ring_form.zig").Form;

const Header = c.struct_tpacket3_hdr;
const Address = c.struct_sockaddr_ll;
/// Where a packet's address is, behind its header: TPACKET3_HDRLEN.
const address_at = std.mem.alignForward(usize, @sizeOf(Header), c.TPACKET_ALIGNMENT);
const header_size = address_at + @sizeOf(Address);

const record_size = 16;
/// The fixed part of a packet's block, and its length again at the end.
const block_fixed = 28;
const block_end = 4;
const enhanced_packet = 6;
/// The option with the direction, and what ends options.
const flags_option = 2 | 4 << 16;
const options_size = 12;
const inbound = 1;
const outbound = 2;

const Packet = struct {
    data: []const u8,
    length: u32,
    seconds: u32,
    nanoseconds: u32,
    interface: u32,
    outgoing: bool,

    /// The packet at an offset; null where it would not be in the memory.
    fn at(memory: []const u8, offset: u32) ?Packet {
        if (memory.len < header_size or offset > memory.len - header_size) return null;
        const header = memory[offset..][0..header_size];
        const start = @as(usize, offset) + half(header, @offsetOf(Header, "tp_mac"));
        const kept = word(header, @offsetOf(Header, "tp_snaplen"));
        if (start > memory.len or kept > memory.len - start) return null;
        return .{
            .data = memory[start..][0..kept],
            .length = word(header, @offsetOf(Header, "tp_len")),
            .seconds = word(header, @offsetOf(Header, "tp_sec")),
            .nanoseconds = word(header, @offsetOf(Header, "tp_nsec")),
            .interface = word(header, address_at + @offsetOf(Address, "sll_ifindex")),
            .outgoing = header[address_at + @offsetOf(Address, "sll_pkttype")] ==
                c.PACKET_OUTGOING,
        };
    }

    fn isSimple(packet: Packet, form: *const Form) bool {
        if (packet.data.len > form.snaplen) return false;
        if (form.interface != 0 and packet.interface != form.interface) return false;
        if (form.nanoseconds == 0 and packet.nanoseconds % 1000 != 0) return false;
        if (packet.seconds != form.until_seconds) return packet.seconds < form.until_seconds;
        return packet.nanoseconds < form.until_nanoseconds;
    }
};

fn word(bytes: []const u8, offset: usize) u32 {
    return std.mem.readInt(u32, bytes[offset..][0..4], .little);
}

fn half(bytes: []const u8, offset: usize) u16 {
    return std.mem.readInt(u16, bytes[offset..][0..2], .little);
}

fn put(output: []u8, offset: usize, value: u32) void {
    std.mem.writeInt(u32, output[offset..][0..4], value, .little);
}

/// Writes the packets at `offsets` to `output`: how many. The form tells the rest.
pub fn encode(memory: []const u8, offsets: []const u32, output: []u8, form: *Form) u32 {
    var used: usize = 0;
    form.size = 0;
    for (offsets, 0..) |offset, count| {
        const packet = Packet.at(memory, offset) orelse return @intCast(count);
        if (!packet.isSimple(form)) return @intCast(count);
        const room = output[used..];
        const size = if (form.blocks != 0)
            putBlock(room, packet, form)
        else
            putRecord(room, packet, form);
        if (size == 0) return @intCast(count);
        used += size;
        form.size = @intCast(used);
        form.last_seconds = packet.seconds;
        form.last_nanoseconds = packet.nanoseconds;
    }
    return @intCast(offsets.len);
}

/// Its size; 0 where there is no room for it.
fn putRecord(output: []u8, packet: Packet, form: *const Form) usize {
    const count = packet.data.len;
    if (output.len < record_size or output.len - record_size < count) return 0;
    put(output, 0, packet.seconds);
    put(output, 4, packet.nanoseconds / if (form.nanoseconds != 0) @as(u32, 1) else 1000);
    put(output, 8, @intCast(count));
    put(output, 12, packet.length);
    @memcpy(output[record_size..][0..count], packet.data);
    return record_size + count;
}

/// The same of a block.
fn putBlock(output: []u8, packet: Packet, form: *const Form) usize {
    const count = packet.data.len;
    const padded = std.mem.alignForward(usize, count, 4);
    const size = block_fixed + padded + options_size + block_end;
    if (output.len < size) return 0;
    const block = output[0..size];
    const time: u64 = if (form.nanoseconds != 0)
        @as(u64, packet.seconds) * std.time.ns_per_s + packet.nanoseconds
    else
        @as(u64, packet.seconds) * std.time.us_per_s + packet.nanoseconds / 1000;
    put(block, 0, enhanced_packet);
    put(block, 4, @intCast(size));
    put(block, 8, form.number);
    put(block, 12, @truncate(time >> 32));
    put(block, 16, @truncate(time));
    put(block, 20, @intCast(count));
    put(block, 24, packet.length);
    // Also the padding.
    if (padded > count) put(block, block_fixed + padded - 4, 0);
    @memcpy(block[block_fixed..][0..count], packet.data);
    const options = block_fixed + padded;
    put(block, options, flags_option);
    put(block, options + 4, if (packet.outgoing) outbound else inbound);
    put(block, options + 8, 0);
    put(block, options + 12, @intCast(size));
    return size;
}

const expect = std.testing.expect;
const expectEqual = std.testing.expectEqual;
const expectEqualSlices = std.testing.expectEqualSlices;

/// Memory with packets of that many bytes, a slot of 256 bytes each.
fn fill(memory: []u8, sizes: []const u32) void {
    @memset(memory, 0xa5);
    for (sizes, 0..) |size, number| {
        const slot = memory[256 * number ..][0..256];
        @memset(slot[0..header_size], 0);
        std.mem.writeInt(u16, slot[@offsetOf(Header, "tp_mac")..][0..2], 100, .little);
        put(slot, @offsetOf(Header, "tp_snaplen"), size);
        put(slot, @offsetOf(Header, "tp_len"), size + 1000);
        put(slot, @offsetOf(Header, "tp_sec"), 1_700_000_000);
        put(slot, @offsetOf(Header, "tp_nsec"), 5000);
        put(slot, address_at + @offsetOf(Address, "sll_ifindex"), 7);
    }
}

fn form_of(blocks: bool) Form {
    var form = std.mem.zeroes(Form);
    form.blocks = @intFromBool(blocks);
    form.nanoseconds = 1;
    form.snaplen = 100;
    form.until_seconds = std.math.maxInt(u32);
    return form;
}

test "records and blocks have what the header says" {
    var memory: [1024]u8 = undefined;
    fill(&memory, &.{ 5, 8 });
    var output: [256]u8 = @splat(0x5a);
    var form = form_of(false);
    try expectEqual(2, encode(&memory, &.{ 0, 256 }, &output, &form));
    try expectEqual(16 + 5 + 16 + 8, form.size);
    try expectEqual(1_700_000_000, form.last_seconds);
    try expectEqual(5000, word(&output, 4));
    try expectEqual(1008, word(&output, 21 + 12));
    try expectEqualSlices(u8, &(.{0xa5} ** 5), output[16..21]);
    form = form_of(true);
    form.number = 3;
    try expectEqual(1, encode(&memory, &.{0}, &output, &form));
    try expectEqual(52, form.size);
    const time: u64 = 1_700_000_000_000_005_000;
    const words = [_]u32{ 6, 52, 3, @truncate(time >> 32), @truncate(time), 5, 1005 };
    for (words, 0..) |value, place| try expectEqual(value, word(&output, 4 * place));
    try expectEqualSlices(u8, &.{ 0xa5, 0, 0, 0 }, output[32..36]);
    for ([_]u32{ flags_option, inbound, 0, 52 }, 9..) |value, place| {
        try expectEqual(value, word(&output, 4 * place));
    }
}

test "ends at what is not simple, and at the end of the output" {
    var memory: [1024]u8 = undefined;
    fill(&memory, &.{ 5, 8, 101 });
    var output: [1024]u8 = undefined;
    var form = form_of(true);
    try expectEqual(2, encode(&memory, &.{ 0, 256, 512 }, &output, &form));
    form.interface = 8;
    try expectEqual(0, encode(&memory, &.{0}, &output, &form));
    form.interface = 7;
    form.until_seconds = 1_700_000_000;
    form.until_nanoseconds = 5000;
    try expectEqual(0, encode(&memory, &.{0}, &output, &form));
    form.until_nanoseconds = 5001;
    try expectEqual(1, encode(&memory, &.{0}, &output, &form));
    form.nanoseconds = 0;
    put(&memory, @offsetOf(Header, "tp_nsec"), 4999);
    try expectEqual(0, encode(&memory, &.{0}, &output, &form));
    for ([_]bool{ true, false }) |blocks| {
        form = form_of(blocks);
        try expectEqual(2, encode(&memory, &.{ 0, 256 }, &output, &form));
        const size = form.size;
        for (0..size) |room| {
            @memset(&output, 0x5a);
            try expect(encode(&memory, &.{ 0, 256 }, output[0..room], &form) < 2);
            try expect(std.mem.allEqual(u8, output[room..], 0x5a));
        }
    }
}

test "nothing outside of the memory is read" {
    var memory: [512]u8 = undefined;
    var output: [65536 + 100]u8 = undefined;
    var random: std.Random.DefaultPrng = .init(17);
    const choose = random.random();
    for (0..10_000) |_| {
        choose.bytes(&memory);
        if (choose.boolean()) fill(&memory, &.{ choose.int(u8), choose.int(u32) });
        var form = form_of(choose.boolean());
        form.snaplen = std.math.maxInt(u32);
        const offsets = [_]u32{ choose.int(u9), 256, choose.int(u32) };
        const length = choose.uintAtMost(usize, memory.len);
        // The compiler's checks of slices tell.
        _ = encode(memory[0..length], &offsets, &output, &form);
    }
}

//! Blocks of a capture's ring, as the kernel, or whoever writes to them, left them.
const std = @import("std");
const rawsock = @import("rawsock");
const memory = @import("memory.zig");
const check = memory.check;
const Form = rawsock.ring_form.Form;
const ring = rawsock.ring_memory;

pub const largest = 4096;

var rings: memory.Guarded = undefined;
var outputs: memory.Guarded = undefined;
var forms: memory.Guarded = undefined;
var tables: memory.Guarded = undefined;

const output_most = 8192;
const offsets_most = 8;

pub fn begin() void {
    rings = .make(ring.blocks_start + largest);
    outputs = .make(output_most);
    forms = .make(@sizeOf(Form));
    tables = .make(offsets_most * 4);
}

/// The form, the output's place, the packets' places, and the blocks.
pub fn run(input: []const u8, place: memory.Place) void {
    var reader: memory.Reader = .{ .rest = input };
    const kind = reader.int(u8);
    const form: *Form = @ptrCast(@alignCast(forms.room(place, @sizeOf(Form)).ptr));
    form.* = .{
        .blocks = kind & 1,
        .nanoseconds = kind >> 1 & 1,
        .snaplen = reader.int(u16),
        .interface = reader.int(u8),
        .number = reader.int(u8),
        .until_seconds = if (kind & 4 != 0) std.math.maxInt(u32) else reader.int(u32),
        .until_nanoseconds = reader.int(u32),
        .size = 0,
        .last_seconds = 0,
        .last_nanoseconds = 0,
    };
    const end: u32 = reader.int(u16) % (output_most + 1);
    const at: u32 = @min(reader.int(u8), end);
    const count = reader.int(u8) % (offsets_most + 1);
    const offsets: [*]u32 = @ptrCast(@alignCast(tables.room(place, count * 4).ptr));
    for (0..count) |index| {
        // Somewhere in the blocks, or anywhere at all.
        const where: u32 = reader.int(u16);
        const far = kind & 8 != 0;
        offsets[index] = if (far) where << 16 | where else ring.blocks_start + where % largest;
    }
    const blocks = reader.rest[0..std.mem.alignBackward(usize, @min(reader.rest.len, largest), 8)];
    const whole = ring.blocks_start + blocks.len;
    const mapped = rings.room(.end, whole);
    @memcpy(mapped[ring.blocks_start..], blocks);
    ring.Ring.at(@intFromPtr(mapped.ptr)).size = whole;

    const output = outputs.dirty(place, end);
    const encoded = rawsock.abi.rawsock_ring_encode(
        mapped.ptr,
        offsets,
        count,
        output.ptr,
        at,
        end,
        form,
    );
    check(encoded >= 0 and encoded <= count, "more packets than were asked for");
    check(form.size <= end - at, "more bytes than there is room for");
    check(memory.untouched(output[0..at]), "bytes before the output");
    check(memory.untouched(output[at + form.size ..]), "bytes behind the output");
    const written = output[at..][0..form.size];
    check(std.valgrind.memcheck.checkMemIsDefined(written) == 0, "bytes that nobody wrote");
    if (form.blocks != 0)
        walkBlocks(written, @intCast(encoded), form)
    else
        walkRecords(written, @intCast(encoded), form);
}

fn word(bytes: []const u8, offset: usize) u32 {
    return std.mem.readInt(u32, bytes[offset..][0..4], .little);
}

fn walkRecords(bytes: []const u8, count: usize, form: *const Form) void {
    var rest = bytes;
    for (0..count) |_| {
        check(rest.len >= 16, "a record is cut off");
        const kept = word(rest, 8);
        check(kept <= form.snaplen and kept <= rest.len - 16, "a record that is too long");
        check(form.nanoseconds != 0 or word(rest, 4) <= std.math.maxInt(u32) / 1000, "no time");
        rest = rest[16 + kept ..];
    }
    check(rest.len == 0, "bytes between records");
}

fn walkBlocks(bytes: []const u8, count: usize, form: *const Form) void {
    var rest = bytes;
    for (0..count) |_| {
        check(rest.len >= 44 and word(rest, 0) == 6, "a block is cut off");
        const size = word(rest, 4);
        check(size % 4 == 0 and size >= 44 and size <= rest.len, "a block's length");
        check(word(rest, size - 4) == size, "a block's two lengths");
        check(word(rest, 8) == form.number, "another interface");
        const kept = word(rest, 20);
        check(kept <= form.snaplen and kept <= size - 44, "a packet longer than its block");
        const padding = rest[28 + kept .. size - 16];
        check(padding.len < 4 and std.mem.allEqual(u8, padding, 0), "padding");
        rest = rest[size..];
    }
    check(rest.len == 0, "bytes between blocks");
}

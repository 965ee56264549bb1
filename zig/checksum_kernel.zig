//! The sum of RFC 1071 over any bytes, with vectors as wide as the CPU's. Zig has no target per
//! function, so that build.zig compiles this file once for every kind of CPU, each time under
//! another symbol; checksum.zig chooses among them.
const std = @import("std");
const builtin = @import("builtin");
const options = @import("kernel");

comptime {
    @export(&sum, .{ .name = options.symbol, .visibility = .hidden });
}

const width = options.vector_width;
const Words = @Vector(width / 2, u16);
const Sums = @Vector(width / 4, i32);

/// Independent chains of additions, so that none waits for the one before.
const chains = 4;

/// Vectors added to one chain before its lanes are emptied. A lane takes 32,768 of them; in the
/// end all chains, and the rest with them, are added up in one.
const chain_limit = 8000;

/// The sum of the 16-bit words in the machine's own byte order, not folded: it has less than 48
/// bits. An odd last byte is padded with a zero.
fn sum(data: [*]const u8, length: usize) callconv(.c) u64 {
    // The loads stay within the data by construction, which the checks would only repeat.
    @setRuntimeSafety(false);
    const even = length & ~@as(usize, 1);
    const odd: u64 = if (length == even) 0 else std.mem.nativeToLittle(u16, data[even]);
    return if (even < width) short(odd, data, even) else long(odd, data, even);
}

inline fn short(odd: u64, data: [*]const u8, even: usize) u64 {
    @setRuntimeSafety(false);
    var total = odd;
    var offset: usize = 0;
    comptime var size = width / 2;
    inline while (size >= 2) : (size /= 2) {
        if (even & size != 0) {
            const Piece = if (size >= 8) u64 else if (size == 4) u32 else u16;
            inline for (0..@max(size, 8) / 8) |index| {
                const piece: u64 = load(Piece, data + offset + index * 8);
                total += (piece >> 32) + (piece & 0xffff_ffff);
            }
            offset += size;
        }
    }
    return total;
}

inline fn long(odd: u64, start: [*]const u8, even: usize) u64 {
    @setRuntimeSafety(false);
    var data = start;
    var rest = even;
    // Words are summed as signed ones, 0x8000 less than they are.
    var total = odd + (even + width - 1) / width * (width / 2) * bias;
    var sums: [chains]Sums = @splat(@splat(0));
    while (true) {
        var blocks: usize = @min(rest / (width * chains), chain_limit);
        rest -= blocks * width * chains;
        while (blocks > 0) : (blocks -= 1) {
            inline for (&sums, 0..) |*chain, index| {
                chain.* +%= pairs(load(Words, data + index * width));
            }
            data += width * chains;
        }
        if (rest < width * chains) break;
        for (sums) |chain| total +%= across(chain);
        sums = @splat(@splat(0));
    }
    inline for (0..chains - 1) |index| {
        if (rest >= width) {
            sums[index] +%= pairs(load(Words, data));
            data += width;
            rest -= width;
        }
    }
    if (rest != 0) {
        // The last vector, with what has been summed already masked off: one load, no loop.
        const mask = load(Words, slide_start + rest);
        sums[chains - 1] +%= pairs(load(Words, data + rest - width) & mask);
    }
    inline for (1..chains) |index| sums[0] +%= sums[index];
    return total +% if (even <= narrow_limit) acrossNarrow(sums[0]) else across(sums[0]);
}

const is_x86 = builtin.target.cpu.arch == .x86_64;
const bias = if (is_x86) 0x8000 else 0;

/// The sums of neighbouring words.
inline fn pairs(words: Words) Sums {
    if (!is_x86) {
        const both: @Vector(width / 4, u32) = @bitCast(words);
        return @bitCast((both & @as(@TypeOf(both), @splat(0xffff))) + (both >> @splat(16)));
    }
    // One instruction multiplies and adds; the compiler does not find it for a factor of one.
    const signed = words ^ @as(Words, @splat(0x8000));
    const ones: Words = @splat(1);
    return if (comptime builtin.cpu.has(.x86, .avx)) asm ("vpmaddwd %[ones], %[signed], %[sums]"
        : [sums] "=x" (-> Sums),
        : [signed] "x" (signed),
          [ones] "x" (ones),
    ) else asm ("pmaddwd %[ones], %[sums]"
        : [sums] "=x" (-> Sums),
        : [signed] "0" (signed),
          [ones] "x" (ones),
    );
}

/// The sum of all lanes, modulo 2^64 where it is negative.
inline fn across(sums: Sums) u64 {
    if (!is_x86) {
        const unsigned: @Vector(width / 4, u32) = @bitCast(sums);
        return @reduce(.Add, @as(@Vector(width / 4, u64), unsigned));
    }
    return @bitCast(@reduce(.Add, @as(@Vector(width / 4, i64), sums)));
}

/// Bytes whose words all fit in one lane, whatever they are: the lanes need not be widened then.
const narrow_limit = 65536;

/// The sum of all lanes where it fits in one.
inline fn acrossNarrow(sums: Sums) u64 {
    return @bitCast(@as(i64, @reduce(.Add, sums)));
}

/// Read at `n`, a mask that keeps the last n bytes of a vector.
const slide: [width * 2]u8 = @as([width]u8, @splat(0x00)) ++ @as([width]u8, @splat(0xff));
const slide_start: [*]const u8 = &slide;

inline fn load(comptime Type: type, data: [*]const u8) Type {
    return @as(*align(1) const Type, @ptrCast(data)).*;
}

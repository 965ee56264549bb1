//! The sum of RFC 1071 over any bytes, with vectors as wide as the target's registers. Zig has no
//! target per function, so that build.zig compiles this file once for every kind of CPU, each
//! time under another symbol; checksum.zig chooses among them.
const std = @import("std");
const builtin = @import("builtin");
const fold = @import("fold.zig").fold;

comptime {
    @export(&sum, .{ .name = @import("kernel").symbol, .visibility = .hidden });
}

const lanes = std.simd.suggestVectorLength(u64) orelse 2;
const Vector = @Vector(lanes, u64);
const width = @sizeOf(Vector);

/// From here on four accumulators beat two.
const long = 2048;

/// The sum of the 16-bit words in the machine's own byte order, folded to 16 bits. An odd last
/// byte is padded with a zero. At most 2^32 bytes: the lanes' sums of 32-bit halves then stay
/// below 2^64.
fn sum(data: [*]const u8, length: usize) callconv(.c) u32 {
    // The loads stay within the data by construction, which the checks would only repeat.
    @setRuntimeSafety(false);
    const even = length & ~@as(usize, 1);
    const odd: u64 = if (length == even) 0 else std.mem.nativeToLittle(u16, data[even]);
    if (even < width) return short(odd, data, even);
    return if (even < long) wide(2, odd, data, even) else wide(4, odd, data, even);
}

inline fn short(odd: u64, data: [*]const u8, even: usize) u16 {
    @setRuntimeSafety(false);
    var total = odd;
    var offset: usize = 0;
    if (width > 16 and even & 16 != 0) {
        total += halves(load(u64, data)) + halves(load(u64, data + 8));
        offset = 16;
    }
    inline for (.{ u64, u32, u16 }) |Piece| {
        if (even & @sizeOf(Piece) != 0) {
            total += halves(load(Piece, data + offset));
            offset += @sizeOf(Piece);
        }
    }
    return fold(total);
}

inline fn halves(piece: u64) u64 {
    return (piece >> 32) + (piece & 0xffff_ffff);
}

/// The lanes hold 32-bit halves without ever masking in the loop: `whole` is the sum of the
/// 64-bit words modulo 2^64, `upper` that of their upper halves; the sum of the lower halves is
/// exact again in the end, as whole - upper * 2^32.
inline fn wide(comptime accumulators: usize, odd: u64, start: [*]const u8, even: usize) u16 {
    @setRuntimeSafety(false);
    const shift: Vector = @splat(32);
    const mask: Vector = @splat(0xffff_ffff);
    var data = start;
    var rest = even;
    var whole: [accumulators]Vector = @splat(@splat(0));
    var upper: [accumulators]Vector = @splat(@splat(0));
    while (rest >= width * accumulators) : (rest -= width * accumulators) {
        inline for (0..accumulators) |index| {
            const words = load(Vector, data + index * width);
            whole[index] +%= words;
            upper[index] += words >> shift;
        }
        data += width * accumulators;
    }
    inline for (1..accumulators) |index| {
        whole[0] +%= whole[index];
        upper[0] += upper[index];
    }
    while (rest >= width) : (rest -= width) {
        const words = load(Vector, data);
        whole[0] +%= words;
        upper[0] += words >> shift;
        data += width;
    }
    if (rest != 0) {
        // The last `width` bytes, those already summed masked off: one load, no loop.
        const words = load(Vector, data + rest - width) & load(Vector, slide_start + rest);
        whole[0] +%= words;
        upper[0] += words >> shift;
    }
    const lower = whole[0] -% (upper[0] << shift);
    const pieces = (lower & mask) + (lower >> shift) + (upper[0] & mask) + (upper[0] >> shift);
    return fold(odd + @reduce(.Add, pieces));
}

/// Read at `n`, a mask that keeps the last n bytes of a vector.
const slide: [width * 2]u8 = @as([width]u8, @splat(0x00)) ++ @as([width]u8, @splat(0xff));
const slide_start: [*]const u8 = &slide;

inline fn load(comptime Type: type, data: [*]const u8) Type {
    return @as(*align(1) const Type, @ptrCast(data)).*;
}

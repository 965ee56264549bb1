//! The checksums of a frame: computed and stored, or compared.
const std = @import("std");
const frames = @import("frame.zig");
const checksum = @import("checksum.zig");
const fold = @import("fold.zig").fold;
const Kernel = checksum.Kernel;
const Packet = frames.Packet;
const Refusal = frames.Refusal;
const Transport = frames.Transport;

pub const Layer = enum(u32) { ip, icmp, tcp, udp, icmpv6, igmp, sctp };

/// What verify says of one layer.
pub const Verdict = extern struct {
    layer: u32,
    valid: u32,
    expected: u32,
    actual: u32,
};

/// A checksum's place in the frame and what it should be, read big-endian.
const Checksum = struct {
    field: *const [2]u8,
    /// Everything the checksum covers except for its own field, in the machine's byte order.
    sum: u16,
    /// Zero would say that there is none.
    never_zero: bool = false,

    fn expected(self: Checksum) u16 {
        const value = ~std.mem.bigToNative(u16, self.sum);
        return if (self.never_zero and value == 0) 0xffff else value;
    }

    fn actual(self: Checksum) u16 {
        return std.mem.readInt(u16, self.field, .big);
    }

    /// Both zeros are right: the receiver sees only whether everything adds up to 0xffff.
    fn addsUp(self: Checksum) bool {
        return fold(@as(u64, self.sum) + std.mem.nativeToBig(u16, self.actual())) == 0xffff;
    }
};

/// Stores the layer's checksum and returns it, or -1 - the number of the refusal, with the frame
/// untouched.
pub fn store(
    frame: [*]u8,
    offset: u32,
    length: u32,
    link: u32,
    layer: u32,
    kernel: u32,
) callconv(.c) i32 {
    const bytes = frame[offset..][0..length];
    const choice: Choice = .{
        .link = @enumFromInt(link),
        .layer = @enumFromInt(layer),
        .kernel = @enumFromInt(kernel),
    };
    const found = find(bytes, choice) catch |refusal| return number(refusal);
    const value = found.expected();
    std.mem.writeInt(u16, @constCast(found.field), value, .big);
    return value;
}

const Choice = struct { link: frames.Link, layer: Layer, kernel: Kernel };

/// Compiled twice, because most packets are plain ones: where the compiler knows it, the checksum
/// of a TCP frame of 1,500 bytes takes a sixth less.
inline fn find(bytes: []const u8, choice: Choice) Refusal!Checksum {
    const layer = choice.layer;
    const kernel = choice.kernel;
    if (frames.plainPacketOf(bytes, choice.link)) |plain| {
        if (plain.protocol != frames.authentication) return findIn(&plain, layer, kernel);
    }
    var packet = try frames.packetOf(bytes, choice.link);
    if (layer == .ip) return header(&packet, kernel);
    try frames.walk(&packet);
    return findIn(&packet, layer, kernel);
}

inline fn findIn(packet: *const Packet, layer: Layer, kernel: Kernel) Refusal!Checksum {
    return switch (layer) {
        .ip => header(packet, kernel),
        .icmp, .icmpv6 => transport(packet, .icmp, kernel),
        .tcp => transport(packet, .tcp, kernel),
        .udp => transport(packet, .udp, kernel),
        .igmp => transport(packet, .igmp, kernel),
        // 32 bits, and no sum: see `storeSctp`.
        .sctp => error.OtherProtocol,
    };
}

/// Stores the CRC32c of an SCTP packet and returns where it stands in the frame, or -1 - the
/// number of the refusal.
pub fn storeSctp(frame: [*]u8, offset: u32, length: u32, link: u32) callconv(.c) i32 {
    const bytes = frame[offset..][0..length];
    var packet = frames.packetOf(bytes, @enumFromInt(link)) catch |refusal| return number(refusal);
    frames.walk(&packet) catch |refusal| return number(refusal);
    const segment = frames.segmentOf(&packet, .sctp) catch |refusal| return number(refusal);
    const place = @intFromPtr(segment.ptr) - @intFromPtr(bytes.ptr) + 8;
    std.mem.writeInt(u32, bytes[place..][0..4], crc32c(segment), .little);
    return @intCast(place);
}

/// RFC 9260, section 6.8 and appendix A: with zeros in the field, and its least byte first.
fn crc32c(segment: []const u8) u32 {
    var crc: std.hash.crc.Crc32Iscsi = .init();
    crc.update(segment[0..8]);
    crc.update(&.{ 0, 0, 0, 0 });
    crc.update(segment[12..]);
    return crc.final();
}

/// Verdicts on the checksums of the IPv4 header and of what it carries; how many, or -1 - the
/// number of the refusal where there is none.
pub fn verify(
    frame: [*]const u8,
    offset: u32,
    length: u32,
    link: u32,
    kernel: u32,
    verdicts: [*]u8,
) callconv(.c) i32 {
    const bytes = frame[offset..][0..length];
    const list: *[2]Verdict = @ptrCast(@alignCast(verdicts));
    var judge: Judge = .{ .kernel = @enumFromInt(kernel), .list = list };
    judge.frame(bytes, @enumFromInt(link)) catch |refusal| {
        if (judge.count == 0) return number(refusal);
    };
    return judge.count;
}

/// Why `verify` does not judge all of a frame: -1 - the number of the refusal; 0 where it does.
pub fn unjudged(
    frame: [*]const u8,
    offset: u32,
    length: u32,
    link: u32,
    kernel: u32,
) callconv(.c) i32 {
    const bytes = frame[offset..][0..length];
    var list: [2]Verdict = undefined;
    var judge: Judge = .{ .kernel = @enumFromInt(kernel), .list = &list };
    judge.frame(bytes, @enumFromInt(link)) catch |refusal| return number(refusal);
    return 0;
}

const Judge = struct {
    kernel: Kernel,
    list: *[2]Verdict,
    count: i32 = 0,

    /// The refusal is of what is not among the verdicts.
    fn frame(judge: *Judge, bytes: []const u8, link: frames.Link) Refusal!void {
        var packet = frames.packetOf(bytes, link) catch |refusal| {
            // What the header says of the rest is wrong or cut off: the header itself may be right.
            const whole = frames.ipv4HeaderOf(bytes, link) catch return refusal;
            judge.add(.ip, around(whole, 10, 0, judge.kernel), null);
            return refusal;
        };
        if (packet.version == .ipv4) {
            judge.add(.ip, try header(&packet, judge.kernel), null);
        }
        try frames.walk(&packet);
        inline for (.{ Transport.tcp, .udp, .icmp, .igmp, .sctp }) |kind| {
            if (packet.protocol == frames.protocolNumber(packet.version, kind)) {
                return judge.segment(&packet, kind);
            }
        }
        return if (packet.is_fragment) error.Fragment else error.OtherProtocol;
    }

    fn segment(judge: *Judge, packet: *const Packet, comptime kind: Transport) Refusal!void {
        if (kind == .sctp) return judge.sctp(try frames.segmentOf(packet, .sctp));
        const found = try transport(packet, kind, judge.kernel);
        // RFC 768: a sender that makes no checksum transmits zero; RFC 8200, section 8.1: an IPv6
        // sender has to make one.
        const absent = kind == .udp and found.actual() == 0;
        const valid = if (absent) packet.version == .ipv4 else null;
        judge.add(layerOf(packet.version, kind), found, valid);
    }

    fn add(judge: *Judge, layer: Layer, found: Checksum, valid: ?bool) void {
        judge.list[@intCast(judge.count)] = verdict(layer, found, valid orelse found.addsUp());
        judge.count += 1;
    }

    fn sctp(judge: *Judge, bytes: []const u8) void {
        const expected = @byteSwap(crc32c(bytes));
        const actual = std.mem.readInt(u32, bytes[8..12], .big);
        judge.list[@intCast(judge.count)] = .{
            .layer = @intFromEnum(Layer.sctp),
            .valid = @intFromBool(expected == actual),
            .expected = expected,
            .actual = actual,
        };
        judge.count += 1;
    }
};

fn verdict(layer: Layer, found: Checksum, valid: bool) Verdict {
    return .{
        .layer = @intFromEnum(layer),
        .valid = @intFromBool(valid),
        .expected = found.expected(),
        .actual = found.actual(),
    };
}

fn layerOf(version: frames.Version, kind: Transport) Layer {
    return switch (kind) {
        .icmp => if (version == .ipv4) .icmp else .icmpv6,
        .tcp => .tcp,
        .udp => .udp,
        .igmp => .igmp,
        .sctp => .sctp,
    };
}

inline fn header(packet: *const Packet, kernel: Kernel) Refusal!Checksum {
    if (packet.version != .ipv4) return error.NotIpv4;
    return around(packet.bytes[0..packet.header_length], 10, 0, kernel);
}

inline fn transport(
    packet: *const Packet,
    comptime kind: Transport,
    kernel: Kernel,
) Refusal!Checksum {
    const segment = try frames.segmentOf(packet, kind);
    var start: u64 = 0;
    // ICMP and IGMP of IPv4 alone have no pseudo-header.
    if (kind != .igmp and (kind != .icmp or packet.version == .ipv6)) {
        start = if (packet.version == .ipv4)
            words(4, packet.source[0..4]) + words(4, packet.destination[0..4])
        else
            words(16, packet.source[0..16]) + words(16, packet.destination[0..16]);
        start += std.mem.nativeToBig(u16, packet.protocol);
        start += std.mem.nativeToBig(u16, @intCast(segment.len));
    }
    const field = switch (kind) {
        .icmp, .igmp => 2,
        .tcp => 16,
        .udp => 6,
        .sctp => comptime unreachable,
    };
    var found = around(segment, field, start, kernel);
    found.never_zero = kind == .udp;
    return found;
}

/// The sum of what lies before and behind the field, which needs no zeroing then.
inline fn around(
    bytes: []const u8,
    comptime field: usize,
    start: u64,
    kernel: Kernel,
) Checksum {
    const sum = start + words(field, bytes[0..field]) +
        checksum.nativeSum(bytes[field + 2 ..], kernel);
    return .{ .field = bytes[field..][0..2], .sum = fold(sum) };
}

/// A sum of a few 16-bit words, unfolded.
inline fn words(comptime length: usize, bytes: *const [length]u8) u64 {
    comptime var offset: usize = 0;
    var sum: u64 = 0;
    inline while (offset + 4 <= length) : (offset += 4) {
        sum += std.mem.readInt(u32, bytes[offset..][0..4], .native);
    }
    if (offset < length) sum += std.mem.readInt(u16, bytes[offset..][0..2], .native);
    return sum;
}

const refusals = @typeInfo(Refusal).error_set.?;

fn number(refusal: Refusal) i32 {
    inline for (refusals, 0..) |candidate, index| {
        if (refusal == @field(Refusal, candidate.name)) return -1 - @as(i32, index);
    }
    unreachable;
}

/// Writes what a negative result means and returns its length; where `room` is
/// short, the length needed.
pub fn explain(result: i32, text: [*]u8, room: u32) callconv(.c) i32 {
    inline for (refusals, 0..) |candidate, index| {
        if (result == -1 - @as(i32, index)) {
            const words_of = frames.explanation(@field(Refusal, candidate.name));
            if (words_of.len <= room) @memcpy(text[0..words_of.len], words_of);
            return @intCast(words_of.len);
        }
    }
    return 0;
}

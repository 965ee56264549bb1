//! Frames: every checksum function, with every kernel that runs here.
const std = @import("std");
const rawsock = @import("rawsock");
const memory = @import("memory.zig");
const abi = rawsock.abi;
const check = memory.check;
const Verdict = rawsock.frame_checksum.Verdict;
const Layer = rawsock.frame_checksum.Layer;

pub const largest = 2048;

var frames: memory.Guarded = undefined;
var verdicts: memory.Guarded = undefined;
var texts: memory.Guarded = undefined;

pub fn begin() void {
    frames = .make(largest);
    verdicts = .make(2 * @sizeOf(Verdict));
    texts = .make(4096);
}

/// The first byte says which link, and how far into the memory the frame is said to be.
pub fn run(input: []const u8, place: memory.Place) void {
    if (input.len == 0) return;
    var asked: Question = .{
        .link = input[0] & 1,
        .offset = input[0] >> 1 & 7,
        .original = input[1..],
        .frame = frames.copy(place, input[1..]),
        .place = place,
    };
    asked.sums();
    const judged = asked.verify(0);
    for (1..asked.kernels()) |kernel| {
        const again = asked.verify(@intCast(kernel));
        check(judged.equals(again), "two kernels judge a frame differently");
    }
    for (std.enums.values(Layer)) |layer| {
        if (layer == .sctp) asked.storeSctp() else asked.store(layer);
    }
}

const Judgement = struct {
    result: i32,
    unjudged: i32,
    list: [2]Verdict,

    fn equals(judgement: Judgement, other: Judgement) bool {
        return std.meta.eql(judgement, other);
    }

    fn of(judgement: Judgement, layer: Layer) ?Verdict {
        for (judgement.list[0..@intCast(@max(judgement.result, 0))]) |verdict| {
            const found: Layer = @enumFromInt(verdict.layer);
            if (plain(found) == plain(layer)) return verdict;
        }
        return null;
    }

    /// Either name of ICMP stores that of the frame's version.
    fn plain(layer: Layer) Layer {
        return if (layer == .icmpv6) .icmp else layer;
    }
};

const Question = struct {
    link: u32,
    offset: u32,
    original: []const u8,
    frame: []u8,
    place: memory.Place,

    fn kernels(_: Question) usize {
        return @intCast(abi.rawsock_checksum_kernel() + 1);
    }

    /// Where the memory begins in which the frame lies at the offset.
    fn base(asked: Question) [*]u8 {
        return @ptrFromInt(@intFromPtr(asked.frame.ptr) - asked.offset);
    }

    fn length(asked: Question) u32 {
        return @intCast(asked.frame.len);
    }

    fn sums(asked: Question) void {
        var sum: u64 = 0x1234;
        for (asked.frame, 0..) |byte, index| {
            sum += if (index % 2 == 0) @as(u64, byte) << 8 else byte;
        }
        while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
        for (0..asked.kernels()) |kernel| {
            const found = abi.rawsock_checksum_partial(
                asked.base(),
                asked.offset,
                asked.length(),
                0x1234,
                @intCast(kernel),
            );
            check(found == sum, "a sum is wrong");
        }
    }

    fn verify(asked: Question, kernel: u32) Judgement {
        const room = verdicts.dirty(asked.place, 2 * @sizeOf(Verdict));
        const result = abi.rawsock_checksum_verify(
            asked.base(),
            asked.offset,
            asked.length(),
            asked.link,
            kernel,
            room.ptr,
        );
        check(result != 0 and result <= 2, "neither a verdict nor a refusal");
        const count: usize = @intCast(@max(result, 0));
        check(memory.untouched(room[count * @sizeOf(Verdict) ..]), "more than the verdicts");
        if (result < 0 and kernel == 0) explain(result, asked.place);
        const unjudged = abi.rawsock_checksum_unjudged(
            asked.base(),
            asked.offset,
            asked.length(),
            asked.link,
            kernel,
        );
        check(unjudged <= 0, "unjudged says neither");
        if (result < 0) check(unjudged == result, "two refusals of one frame");
        var judgement: Judgement = .{
            .result = result,
            .unjudged = unjudged,
            .list = std.mem.zeroes([2]Verdict),
        };
        const written = count * @sizeOf(Verdict);
        @memcpy(std.mem.asBytes(&judgement.list)[0..written], room[0..written]);
        return judgement;
    }

    fn store(asked: Question, layer: Layer) void {
        var first: ?i32 = null;
        for (0..asked.kernels()) |kernel| {
            @memcpy(asked.frame, asked.original);
            const result = asked.storeWith(layer, @intCast(kernel));
            if (first) |before| check(before == result, "two kernels store another");
            first = result;
            if (result < 0) {
                check(asked.changed() == 0, "a refused frame is changed");
                if (kernel == 0) explain(result, asked.place);
                continue;
            }
            check(asked.changed() <= 2, "more than the checksum is changed");
            const verdict = asked.verify(@intCast(kernel)).of(layer);
            if (verdict) |found| check(found.valid == 1, "what was stored is not valid");
            const again = asked.storeWith(layer, @intCast(kernel));
            check(again == result, "a checksum depends on itself");
        }
        @memcpy(asked.frame, asked.original);
    }

    fn storeWith(asked: Question, layer: Layer, kernel: u32) i32 {
        return abi.rawsock_checksum_store(
            asked.base(),
            asked.offset,
            asked.length(),
            asked.link,
            @intFromEnum(layer),
            kernel,
        );
    }

    fn storeSctp(asked: Question) void {
        const place = abi.rawsock_checksum_store_sctp(
            asked.base(),
            asked.offset,
            asked.length(),
            asked.link,
        );
        if (place < 0) {
            check(asked.changed() == 0, "a refused frame is changed");
            return explain(place, asked.place);
        }
        check(place <= @as(i32, @intCast(asked.length())) - 4, "a checksum outside of the frame");
        check(asked.changed() <= 4, "more than the checksum is changed");
        const verdict = asked.verify(0).of(.sctp);
        if (verdict) |found| check(found.valid == 1, "what was stored is not valid");
        @memcpy(asked.frame, asked.original);
    }

    fn changed(asked: Question) usize {
        return memory.differences(asked.frame, asked.original);
    }
};

fn explain(result: i32, place: memory.Place) void {
    const none = texts.dirty(place, 0);
    const needed = abi.rawsock_checksum_explain(result, none.ptr, 0);
    check(needed > 0, "a refusal without a reason");
    const room = texts.dirty(place, @intCast(needed));
    const written = abi.rawsock_checksum_explain(result, room.ptr, @intCast(room.len));
    check(written == needed and !memory.untouched(room), "no text");
}

//! Runs a harness with the inputs it is given, and then with mutations of them for as long as it is
//! told. The compiler's counters say which input reached an edge, or reached it more often, for the
//! first time: that one is mutated further. It needs nothing but the compiler.
//!
//! driver <harness> <seconds> <seed> <finding> <kept>: inputs come from standard input, each after
//! its length in four bytes. What ends the process is written to the file `finding`, what reached
//! something new into the directory `kept`, unless that is "-". The last line is JSON.
const std = @import("std");

extern fn rawsock_fuzz_begin(name: [*:0]const u8) u32;
extern fn rawsock_fuzz_run(data: [*]const u8, length: usize) void;
extern fn rawsock_fuzz_counters(start: *[*]u8) usize;

extern fn read(fd: c_int, bytes: [*]u8, length: usize) isize;
extern fn write(fd: c_int, bytes: [*]const u8, length: usize) isize;
extern fn creat(path: [*:0]const u8, mode: c_uint) c_int;
extern fn close(fd: c_int) c_int;
extern fn setitimer(which: c_int, new: *const [4]i64, old: ?*[4]i64) c_int;
extern fn signal(number: c_int, handler: usize) usize;
extern fn raise(number: c_int) c_int;
extern fn time(result: ?*i64) i64;
extern fn printf(format: [*:0]const u8, ...) c_int;
extern fn sprintf(out: [*]u8, format: [*:0]const u8, ...) c_int;
extern fn exit(status: c_int) noreturn;

/// The compiler's code keeps it, and nobody asks.
export threadlocal var __sancov_lowest_stack: usize = std.math.maxInt(usize);

const allocator = std.heap.c_allocator;

/// An input takes microseconds; so many seconds of the processor mean that it does not end.
const patience_s = 20;

/// Lets SIGVTALRM come when this process has computed for so long; 0: never.
fn allow(seconds: i64) void {
    const virtual = 1; // ITIMER_VIRTUAL
    // No interval, and the seconds and microseconds until then.
    _ = setitimer(virtual, &.{ 0, 0, seconds, 0 }, null);
}

/// What a handler of signals writes down.
var current: []const u8 = &.{};
var finding: [*:0]const u8 = undefined;

pub export fn main(count: c_int, words: [*][*:0]u8) c_int {
    if (count < 6) {
        _ = printf("driver <harness> <seconds> <seed> <finding> <kept>\n");
        return 2;
    }
    const seconds = number(words[2]);
    finding = words[4];
    const largest = rawsock_fuzz_begin(words[1]);
    if (largest == 0) {
        _ = printf("there is no harness of that name\n");
        return 2;
    }
    // SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGVTALRM
    for ([_]c_int{ 4, 5, 6, 7, 8, 11, 26 }) |fault| _ = signal(fault, @intFromPtr(&fail));
    var fuzzer: Fuzzer = .begin(largest, number(words[3]), words[5]);
    const chooses = seconds == 0 and words[5][0] != '-';
    fuzzer.counts = !chooses;
    fuzzer.readCorpus(chooses) catch return 2;
    const given = fuzzer.corpus.items.len;
    fuzzer.keeps = words[5][0] != '-';
    fuzzer.search(@intCast(seconds)) catch return 2;
    _ = printf(
        "{\"harness\":\"%s\",\"inputs\":%llu,\"edges\":%llu,\"of\":%llu," ++
            "\"given\":%llu,\"kept\":%llu}\n",
        words[1],
        fuzzer.inputs,
        fuzzer.edges(),
        @as(u64, fuzzer.counters.len),
        @as(u64, given),
        @as(u64, fuzzer.corpus.items.len - given),
    );
    exit(0);
}

fn number(text: [*:0]const u8) u64 {
    return std.fmt.parseInt(u64, std.mem.span(text), 10) catch 0;
}

/// Whether standard input had as many bytes.
fn readAll(bytes: []u8) bool {
    var done: usize = 0;
    while (done < bytes.len) {
        const count = read(0, bytes.ptr + done, bytes.len - done);
        if (count <= 0) return false;
        done += @intCast(count);
    }
    return true;
}

fn fail(caught: c_int) callconv(.c) void {
    const file = creat(finding, 0o644);
    _ = write(file, current.ptr, current.len);
    _ = signal(caught, 0);
    _ = raise(caught);
}

const Fuzzer = struct {
    largest: usize,
    kept: [*:0]const u8,
    keeps: bool = false,
    /// Whether it is new that an edge is reached more often.
    counts: bool = true,
    corpus: std.ArrayList([]const u8) = .empty,
    counters: []u8,
    /// The counts, each as a bit for its order of magnitude, that some input reached.
    seen: []u8,
    random: std.Random.DefaultPrng,
    inputs: u64 = 0,
    room: []u8,

    fn begin(largest: usize, seed: u64, kept: [*:0]const u8) Fuzzer {
        var start: [*]u8 = undefined;
        const count = rawsock_fuzz_counters(&start);
        const seen = allocator.alloc(u8, count) catch @panic("memory");
        @memset(seen, 0);
        return .{
            .largest = largest,
            .kept = kept,
            .counters = start[0..count],
            .seen = seen,
            .random = .init(seed),
            .room = allocator.alloc(u8, largest) catch @panic("memory"),
        };
    }

    /// `keeps`: those that reach something are written to the directory.
    fn readCorpus(fuzzer: *Fuzzer, keeps: bool) !void {
        while (true) {
            var length: [4]u8 = undefined;
            if (!readAll(&length)) break;
            const bytes = try allocator.alloc(u8, std.mem.readInt(u32, &length, .little));
            if (!readAll(bytes)) return error.Cut;
            const input = bytes[0..@min(bytes.len, fuzzer.largest)];
            const new = fuzzer.run(input);
            try fuzzer.corpus.append(allocator, input);
            if (new and keeps) fuzzer.save(input);
        }
        if (fuzzer.corpus.items.len == 0) try fuzzer.corpus.append(allocator, "");
    }

    fn search(fuzzer: *Fuzzer, seconds: i64) !void {
        const end = time(null) + seconds;
        while (time(null) < end) {
            for (0..256) |_| {
                const input = fuzzer.mutated();
                if (fuzzer.run(input)) try fuzzer.keep(input);
            }
        }
        allow(0);
    }

    /// Whether the input reached something new.
    fn run(fuzzer: *Fuzzer, input: []const u8) bool {
        if (fuzzer.inputs % 4096 == 0) allow(patience_s);
        fuzzer.inputs += 1;
        current = input;
        @memset(fuzzer.counters, 0);
        rawsock_fuzz_run(input.ptr, input.len);
        var new = false;
        for (fuzzer.counters, fuzzer.seen) |count, *seen| {
            if (count == 0) continue;
            const bit = if (fuzzer.counts) magnitude(count) else 1;
            if (seen.* & bit != 0) continue;
            seen.* |= bit;
            new = true;
        }
        return new;
    }

    fn magnitude(count: u8) u8 {
        return switch (count) {
            0 => 0,
            1 => 1,
            2 => 2,
            3 => 4,
            4...7 => 8,
            8...15 => 16,
            16...31 => 32,
            32...127 => 64,
            else => 128,
        };
    }

    fn keep(fuzzer: *Fuzzer, input: []const u8) !void {
        const copy = try allocator.dupe(u8, input);
        try fuzzer.corpus.append(allocator, copy);
        if (fuzzer.keeps) fuzzer.save(copy);
    }

    fn save(fuzzer: *Fuzzer, copy: []const u8) void {
        var path: [4096]u8 = undefined;
        const hash = std.hash.Wyhash.hash(0, copy);
        _ = sprintf(&path, "%.4000s/%016llx", fuzzer.kept, hash);
        const file = creat(@ptrCast(&path), 0o644);
        _ = write(file, copy.ptr, copy.len);
        _ = close(file);
    }

    fn edges(fuzzer: Fuzzer) u64 {
        var count: u64 = 0;
        for (fuzzer.seen) |seen| count += @intFromBool(seen != 0);
        return count;
    }

    /// An input of the corpus, the later the likelier, after a few changes.
    fn mutated(fuzzer: *Fuzzer) []const u8 {
        const random = fuzzer.random.random();
        const all = fuzzer.corpus.items;
        const late = all[if (random.boolean()) all.len - (all.len + 3) / 4 else 0..];
        const base = late[random.uintLessThan(usize, late.len)];
        @memcpy(fuzzer.room[0..base.len], base);
        var change: Mutation = .{ .room = fuzzer.room, .length = base.len, .random = random };
        const order = random.uintLessThan(u3, 5);
        for (0..@as(usize, 1) << order) |_| {
            change.once(all[random.uintLessThan(usize, all.len)]);
        }
        return fuzzer.room[0..change.length];
    }
};

const Mutation = struct {
    room: []u8,
    length: usize,
    random: std.Random,

    const numbers = [_]u32{
        0,      1,      2,          3,          4,          7,          8,      15,     16,    17,
        20,     32,     40,         63,         64,         65,         100,    127,    128,   129,
        254,    255,    256,        257,        0x0800,     0x86dd,     0x8100, 0x8847, 65534, 65535,
        0x7fff, 0x8000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
    };

    fn once(change: *Mutation, other: []const u8) void {
        const random = change.random;
        if (change.length == 0) return change.insert();
        const at = random.uintLessThan(usize, change.length);
        const bytes = change.room[0..change.length];
        switch (random.uintLessThan(u8, 9)) {
            0 => bytes[at] ^= @as(u8, 1) << random.int(u3),
            1 => bytes[at] = random.int(u8),
            2 => bytes[at] +%= random.intRangeAtMost(u8, 1, 35) -% 18,
            3 => change.insert(),
            4 => change.remove(at),
            5 => change.number(u16, at),
            6 => change.number(u32, at),
            7 => bytes[at] = @truncate(numbers[random.uintLessThan(usize, numbers.len)]),
            else => change.graft(at, other),
        }
    }

    fn number(change: *Mutation, comptime Int: type, at: usize) void {
        const size = @sizeOf(Int);
        if (change.length < size) return;
        const start = @min(at, change.length - size);
        const value = numbers[change.random.uintLessThan(usize, numbers.len)];
        const order: std.builtin.Endian = if (change.random.boolean()) .little else .big;
        std.mem.writeInt(Int, change.room[start..][0..size], @truncate(value), order);
    }

    /// Bytes anywhere: new ones, or again what stands there.
    fn insert(change: *Mutation) void {
        const random = change.random;
        const most = @min(change.room.len - change.length, 32);
        if (most == 0) return;
        const count = 1 + random.uintLessThan(usize, most);
        const at = random.uintAtMost(usize, change.length);
        const whole = change.room[0 .. change.length + count];
        std.mem.copyBackwards(u8, whole[at + count ..], whole[at..change.length]);
        if (random.boolean()) random.bytes(whole[at..][0..count]);
        change.length += count;
    }

    fn remove(change: *Mutation, at: usize) void {
        const rest = change.length - at;
        const count = 1 + change.random.uintLessThan(usize, @min(rest, 32));
        const whole = change.room[0..change.length];
        std.mem.copyForwards(u8, whole[at..], whole[at + count ..]);
        change.length -= count;
    }

    /// A part of another input in the place of what is there.
    fn graft(change: *Mutation, at: usize, other: []const u8) void {
        if (other.len == 0) return;
        const random = change.random;
        const from = random.uintLessThan(usize, other.len);
        const count = @min(other.len - from, change.room.len - at);
        const part = 1 + random.uintLessThan(usize, count);
        @memcpy(change.room[at..][0..part], other[from..][0..part]);
        change.length = @max(change.length, at + part);
    }
};

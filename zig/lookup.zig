//! getaddrinfo(3) in a thread of its own, for a JavaScript thread that does not wait.
//!
//! A lookup is memory that both threads hold, and a pair of sockets: a byte from the second says
//! that there is an answer, complete and with its length, in the memory, and a byte from the first
//! that there is another question: to begin a thread takes longer than most answers. JavaScript has
//! the memory as an ArrayBuffer whose deallocator is `release`. So whoever asked may end, a
//! terminated Worker for one: the descriptors and the memory go when the last of the two lets go.
const std = @import("std");
const c = @import("headers");
const nonblocking = @import("readiness_socket.zig").ensureNonblocking;
const fail = @import("result.zig").fail;
const libc = @import("libc.zig");
const resolve = @import("resolve.zig");
const system = @import("system.zig");

pub const Lookup = extern struct {
    /// How many hold this memory.
    holders: u32,
    /// Is the answer there?
    answered: u32,
    /// JavaScript's end of the pair, and the thread's own; -1: closed, or not made yet.
    signal: i32,
    thread_end: i32,
    /// malloc(3)'s: the answer as bytes, and the texts of the question.
    answer: ?[*]u8,
    answer_length: usize,
    texts: ?[*]u8,
    /// Where the service begins in the texts; the node is at their beginning.
    service: usize,
    has_node: u32,
    has_service: u32,
    hints: resolve.Hints,

    fn from(memory: [*]u8) *Lookup {
        return @ptrCast(@alignCast(memory));
    }

    fn text(lookup: *const Lookup, present: u32, offset: usize) ?[*:0]const u8 {
        return if (present == 0) null else @ptrCast(lookup.texts.? + offset);
    }

    fn letGo(lookup: *Lookup) void {
        if (@atomicRmw(u32, &lookup.holders, .Sub, 1, .acq_rel) > 1) return;
        libc.free(lookup.answer);
        libc.free(lookup.texts);
        libc.free(lookup);
    }

    /// Forgets the question and its answer; the thread waits for the next one, or there is none.
    fn clear(lookup: *Lookup) void {
        libc.free(lookup.answer);
        libc.free(lookup.texts);
        lookup.answer = null;
        lookup.texts = null;
        @atomicStore(u32, &lookup.answered, 0, .release);
    }

    fn ask(lookup: *Lookup, node: ?[*]const u8, service: ?[*]const u8, hints: resolve.Hints) i32 {
        lookup.hints = hints;
        const node_length = lengthOf(node);
        const service_length = lengthOf(service);
        const texts = libc.malloc(node_length + service_length + 1) orelse return fail(c.ENOMEM);
        lookup.texts = @ptrCast(texts);
        lookup.service = node_length;
        lookup.has_node = @intFromBool(node != null);
        lookup.has_service = @intFromBool(service != null);
        if (node) |text_at| @memcpy(lookup.texts.?[0..node_length], text_at[0..node_length]);
        if (service) |text_at| {
            @memcpy(lookup.texts.?[node_length..][0..service_length], text_at[0..service_length]);
        }
        return 0;
    }

    /// Without memory for the answer there is none, and `take` says so.
    fn answerQuestion(lookup: *Lookup) void {
        const node = lookup.text(lookup.has_node, 0);
        const service = lookup.text(lookup.has_service, lookup.service);
        const found = resolve.lookUp(node, service, lookup.hints);
        defer if (found.list) |list| libc.freeaddrinfo(list);
        const length = resolve.flatten(found, &.{});
        const answer: [*]u8 = @ptrCast(libc.malloc(length) orelse return);
        _ = resolve.flatten(found, answer[0..length]);
        lookup.answer = answer;
        lookup.answer_length = length;
    }
};

const byte = [1]u8{1};

/// Tells the other end of a pair; there is always room, for each is answered.
fn tell(end: i32) i32 {
    return system.sendto(end, &byte, system.no_signal | c.MSG_DONTWAIT, null, 0);
}

/// Waits until the other end tells; false: it was closed, or nothing can be heard. The thread
/// blocks all signals: nothing interrupts this.
fn hear(end: i32) bool {
    var room: [1]u8 = undefined;
    return system.recvfrom(end, &room, 0, null, null) > 0;
}

/// Makes a lookup and stores its address, 8 bytes, in `address`.
pub fn open(address: [*]u8) callconv(.c) i32 {
    const memory = libc.malloc(@sizeOf(Lookup)) orelse return fail(c.ENOMEM);
    const lookup: *Lookup = @ptrCast(@alignCast(memory));
    lookup.* = std.mem.zeroes(Lookup);
    lookup.holders = 1;
    lookup.signal = -1;
    lookup.thread_end = -1;
    std.mem.writeInt(u64, address[0..8], @intFromPtr(memory), .little);
    return 0;
}

/// Asks, by a thread that is started at first, and returns a descriptor, the lookup's own, which
/// becomes readable when the answer is there: a byte is to be read. There may be no other question
/// without an answer.
pub fn start(
    memory: [*]u8,
    node: ?[*]const u8,
    service: ?[*]const u8,
    hints: [*]const u8,
) callconv(.c) i32 {
    const lookup: *Lookup = .from(memory);
    const wanted: *align(1) const resolve.Hints = @ptrCast(hints);
    lookup.clear();
    const asked = lookup.ask(node, service, wanted.*);
    if (asked < 0) return asked;
    if (lookup.signal >= 0) {
        const told = tell(lookup.signal);
        return if (told < 0) told else lookup.signal;
    }

    var pair: [2]i32 = undefined;
    const paired = system.socketpair(c.AF_UNIX, c.SOCK_STREAM, 0, &pair);
    if (paired < 0) return paired;
    // Who reads from it must not be held up.
    const prepared = nonblocking(pair[0]);
    if (prepared < 0) {
        for (pair) |end| _ = system.close(end);
        return prepared;
    }
    lookup.signal = pair[0];
    lookup.thread_end = pair[1];
    lookup.holders += 1;
    var thread: libc.Thread = undefined;
    const created = libc.pthread_create(&thread, null, run, memory);
    if (created != 0) {
        lookup.holders -= 1;
        _ = system.close(pair[1]);
        _ = close(memory);
        return -created;
    }
    _ = libc.pthread_detach(thread);
    return pair[0];
}

/// With its NUL.
fn lengthOf(text: ?[*]const u8) usize {
    const pointer = text orelse return 0;
    return std.mem.len(@as([*:0]const u8, @ptrCast(pointer))) + 1;
}

fn run(memory: ?*anyopaque) callconv(.c) ?*anyopaque {
    system.blockSignals();
    const lookup: *Lookup = @ptrCast(@alignCast(memory.?));
    const end = lookup.thread_end;
    while (true) {
        lookup.answerQuestion();
        @atomicStore(u32, &lookup.answered, 1, .release);
        if (tell(end) < 0 or !hear(end)) break;
    }
    _ = system.close(end);
    lookup.letGo();
    return null;
}

/// Writes the answer into `out` and returns its length; where `room` is short, the length needed.
/// -EAGAIN: there is none yet; -ENOMEM: there was no memory for it.
pub fn take(memory: [*]u8, out: [*]u8, room: u32) callconv(.c) i32 {
    const lookup: *Lookup = .from(memory);
    if (@atomicLoad(u32, &lookup.answered, .acquire) == 0) return fail(c.EAGAIN);
    const answer = lookup.answer orelse return fail(c.ENOMEM);
    const length = lookup.answer_length;
    if (length <= room) @memcpy(out[0..length], answer[0..length]);
    return std.math.cast(i32, length) orelse fail(c.EOVERFLOW);
}

/// Closes JavaScript's descriptor, which is not needed any more.
pub fn close(memory: [*]u8) callconv(.c) i32 {
    const lookup: *Lookup = .from(memory);
    if (lookup.signal >= 0) _ = system.close(lookup.signal);
    lookup.signal = -1;
    return 0;
}

/// JavaScript lets go: the ArrayBuffer's deallocator.
pub fn release(memory: [*]u8, _: ?[*]u8) callconv(.c) i32 {
    _ = close(memory);
    Lookup.from(memory).letGo();
    return 0;
}

test "an answer is complete, and the memory goes with its last holder" {
    var address: [8]u8 = undefined;
    try std.testing.expectEqual(0, open(&address));
    const memory: [*]u8 = @ptrFromInt(std.mem.readInt(u64, &address, .little));
    var out: [4096]u8 = undefined;
    try std.testing.expectEqual(fail(c.EAGAIN), take(memory, &out, out.len));
    const hints: resolve.Hints = .{
        .flags = c.AI_NUMERICHOST,
        .family = c.AF_INET,
        .kind = c.SOCK_STREAM,
        .protocol = 0,
    };
    const fd = start(memory, "127.0.0.1", "80", std.mem.asBytes(&hints));
    try std.testing.expect(fd >= 0);
    var table = [1]c.struct_pollfd{.{ .fd = fd, .events = c.POLLIN }};
    try std.testing.expectEqual(1, system.poll(&table, 1, 10_000));
    const needed = take(memory, &out, 0);
    try std.testing.expect(needed > @sizeOf(resolve.Status));
    try std.testing.expectEqual(needed, take(memory, &out, out.len));

    // The next question goes the same way.
    try std.testing.expect(hear(fd));
    try std.testing.expectEqual(fd, start(memory, "::1", null, std.mem.asBytes(&hints)));
    try std.testing.expectEqual(1, system.poll(&table, 1, 10_000));
    try std.testing.expectEqual(@sizeOf(resolve.Status), take(memory, &out, out.len));
    _ = release(memory, null);
}

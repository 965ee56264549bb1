//! The sockets that a thread of JavaScript watches on Windows: each has a question to the device
//! behind it under way, whose answer comes to a completion port.
//!
//! A question is answered once: what was reported is reported again when it is asked for again.
const std = @import("std");
const c = @import("headers");
const afd = @import("afd.zig");
const completion_port = @import("completion_port.zig");
const libc = @import("libc.zig");
const readiness = @import("readiness_source.zig");

const Completion = completion_port.Completion;
const Handle = completion_port.Handle;
const Ready = readiness.Ready;

/// A watched socket, or a place for one.
const Watched = struct {
    poll: afd.Poll,
    slot: u32,
    /// Where it was found under its number; -1, none is known.
    handle: usize,
    fd: i32,
    generation: u32,
    /// What is to be asked: no events, nothing.
    events: u32,
    /// What was asked, while the question is under way.
    asked_generation: u32,
    asked_events: u32,
    under_way: bool,
    cancelled: bool,
    /// Whether it is in the list of those whose question may have to be asked.
    listed: bool,
    next: ?*Watched,
};

const chunk_size = 64;
const Chunk = [chunk_size]Watched;
/// So many sockets at once.
const watched_max = 1 << 18;
/// How long the end waits for answers, which come at once.
const end_patience_ms = 1000;

pub const Set = struct {
    port: Handle,
    device: Handle,
    /// Those whose question may have to be asked.
    listed: ?*Watched,
    under_way: u32,
    chunks: [watched_max / chunk_size]?*Chunk,

    /// False: there are no handles left, and nothing is kept. The memory is zeros.
    pub fn open(set: *Set) bool {
        set.port = completion_port.open();
        if (set.port == null) return false;
        set.device = afd.open();
        if (set.device != null and completion_port.join(set.port, set.device)) return true;
        if (set.device != null) _ = completion_port.CloseHandle(set.device);
        _ = completion_port.CloseHandle(set.port);
        return false;
    }

    /// The answers to come would be written into memory that is freed here: they are waited for.
    pub fn close(set: *Set) void {
        afd.cancelAll(set.device);
        var room: [16]Completion = undefined;
        while (set.under_way > 0) {
            const answers = completion_port.take(set.port, &room, end_patience_ms);
            if (answers.len == 0) break;
            set.forget(answers);
        }
        _ = completion_port.CloseHandle(set.device);
        _ = completion_port.CloseHandle(set.port);
        if (set.under_way > 0) return;
        for (set.chunks) |chunk| if (chunk) |memory| libc.free(memory);
    }

    pub fn forget(set: *Set, answers: []const Completion) void {
        for (answers) |answer| {
            if (answer.context != null) set.under_way -= 1;
        }
    }

    /// See `watch` of readiness.zig; without events the socket is not watched.
    pub fn watch(set: *Set, fd: i32, events: u32, slot: u32, generation: u32) i32 {
        const watched = set.find(slot) orelse return -c.ENOMEM;
        if (events == 0) {
            watched.events = 0;
            watched.fd = -1;
            set.cancel(watched);
            return 0;
        }
        if (watched.generation != generation or watched.fd != fd) {
            const handle = afd.baseOf(@bitCast(fd));
            if (handle == 0) return -c.EBADF;
            watched.handle = handle;
            watched.fd = fd;
            watched.generation = generation;
        }
        watched.events = events;
        set.list(watched);
        return 0;
    }

    fn find(set: *Set, slot: u32) ?*Watched {
        if (slot >= watched_max) return null;
        const first = slot - slot % chunk_size;
        const place = &set.chunks[slot / chunk_size];
        if (place.* == null) {
            const memory = libc.malloc(@sizeOf(Chunk)) orelse return null;
            const chunk: *Chunk = @ptrCast(memory);
            @memset(std.mem.asBytes(chunk), 0);
            for (chunk, first..) |*watched, number| {
                watched.slot = @intCast(number);
                watched.fd = -1;
            }
            place.* = chunk;
        }
        return &place.*.?[slot - first];
    }

    fn list(set: *Set, watched: *Watched) void {
        if (watched.listed) return;
        watched.listed = true;
        watched.next = set.listed;
        set.listed = watched;
    }

    /// Asks what is to be asked.
    pub fn ask(set: *Set) void {
        var rest = set.listed;
        set.listed = null;
        while (rest) |watched| {
            rest = watched.next;
            watched.listed = false;
            set.askOne(watched);
        }
    }

    fn askOne(set: *Set, watched: *Watched) void {
        if (watched.events == 0) return;
        if (watched.under_way) {
            const same = watched.asked_generation == watched.generation;
            // Its answer lists it again.
            if (!same or watched.events & ~watched.asked_events != 0) set.cancel(watched);
            return;
        }
        watched.asked_generation = watched.generation;
        watched.asked_events = watched.events;
        watched.under_way = true;
        watched.cancelled = false;
        set.under_way += 1;
        const wanted = questionOf(watched.events);
        if (watched.poll.ask(set.device, watched.handle, wanted, watched)) return;
        // Closed behind our back. What waits is to find that out.
        watched.poll.fail();
        if (completion_port.post(set.port, 0, watched)) return;
        watched.under_way = false;
        set.under_way -= 1;
        set.list(watched);
    }

    fn cancel(set: *Set, watched: *Watched) void {
        if (!watched.under_way or watched.cancelled) return;
        watched.cancelled = true;
        watched.poll.cancel(set.device);
    }

    /// Stores what answers make ready, which there is room for, and returns how many.
    pub fn report(set: *Set, answers: []const Completion, ready: []Ready) u32 {
        var count: u32 = 0;
        for (answers) |answer| {
            ready[count] = set.answered(answer) orelse continue;
            count += 1;
        }
        return count;
    }

    fn answered(set: *Set, answer: Completion) ?Ready {
        const watched: *Watched = @ptrCast(@alignCast(answer.context orelse return null));
        watched.under_way = false;
        set.under_way -= 1;
        if (watched.events == 0) return null;
        set.list(watched);
        if (watched.asked_generation != watched.generation) return null;
        const events = eventsOf(watched.poll.answer()) & (watched.events | readiness.failed);
        if (events == 0) return null;
        watched.events &= if (events & readiness.failed != 0) 0 else ~events;
        return .{ .slot = watched.slot, .generation = watched.generation, .events = events };
    }
};

fn questionOf(events: u32) u32 {
    var question: u32 = afd.abort | afd.connect_fail | afd.local_close;
    if (events & readiness.readable != 0) question |= afd.receive | afd.accept | afd.disconnect;
    if (events & readiness.writable != 0) question |= afd.send;
    if (events & readiness.urgent != 0) question |= afd.receive_expedited;
    return question;
}

fn eventsOf(answer: u32) u32 {
    var events: u32 = 0;
    if (answer & (afd.receive | afd.accept | afd.disconnect) != 0) events |= readiness.readable;
    if (answer & afd.send != 0) events |= readiness.writable;
    if (answer & afd.receive_expedited != 0) events |= readiness.urgent;
    const failures = afd.abort | afd.connect_fail | afd.local_close;
    if (answer & failures != 0) events |= readiness.failed;
    return events;
}

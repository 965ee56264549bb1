//! The event source of one JavaScript thread: a set of watched sockets, and one descriptor that
//! Bun's event loop can read, which becomes readable when a watched socket becomes ready.
//!
//! Its memory is mapped here and handed to JavaScript as an ArrayBuffer whose deallocator is
//! `release`. So a Worker that is terminated, in which no JavaScript runs any more, still gives
//! back its descriptors: they go with its heap.
const std = @import("std");
const c = @import("headers");
const shared = @import("readiness_source.zig");
const Source = shared.Source;
const system = @import("system.zig");

const poller = switch (@import("builtin").target.os.tag) {
    .linux => @import("readiness_linux.zig"),
    else => @import("readiness_kqueue.zig"),
};

/// Makes an event source and stores its address, 8 bytes, in `address`.
pub fn open(address: [*]u8) callconv(.c) i32 {
    var memory: usize = 0;
    const mapped = system.map(@sizeOf(Source), &memory);
    if (mapped < 0) return mapped;
    std.mem.writeInt(u64, address[0..8], memory, .little);
    return 0;
}

/// Prepares for the first wait; `threaded`: by a thread, whatever the kernel can do. It is a step
/// of its own because a process that has an AIO context takes some 40 ms longer to end.
pub fn start(memory: [*]u8, threaded: u32) callconv(.c) i32 {
    const source: *Source = .from(memory);
    if (source.started != 0) return 0;
    const status = poller.open(source, threaded != 0);
    if (status >= 0) source.started = 1;
    return status;
}

/// Ends the source, closes what its thread owned, and unmaps it: the ArrayBuffer's deallocator.
pub fn release(memory: [*]u8, _: ?[*]u8) callconv(.c) i32 {
    const source: *Source = .from(memory);
    if (source.started != 0) poller.close(source);
    for (source.owned, 0..) |bits, index| {
        if (bits == 0) continue;
        for (0..8) |bit| {
            if (bits >> @intCast(bit) & 1 != 0) _ = system.close(@intCast(index * 8 + bit));
        }
    }
    system.unmap(@intFromPtr(memory), @sizeOf(Source));
    return 0;
}

/// Watches `fd` for `events` becoming true; `change` 0: for the first time, 1: anew, 2: no longer.
pub fn watch(
    memory: [*]u8,
    fd: i32,
    change: u32,
    events: u32,
    slot: u32,
    generation: u32,
) callconv(.c) i32 {
    return poller.watch(.from(memory), fd, change, events, slot, generation);
}

/// Makes `signal` readable when the next watched socket becomes ready, at once where one is.
pub fn arm(memory: [*]u8) callconv(.c) i32 {
    return poller.arm(.from(memory));
}

/// Stores what became ready in `ready` and returns how many; a full table means there is more.
pub fn take(memory: [*]u8) callconv(.c) i32 {
    return poller.take(.from(memory));
}

/// Has a connect(2) under way come to an end? 0, or its error; -EAGAIN: not yet.
pub fn connected(fd: i32) callconv(.c) i32 {
    const state = isReady(fd, shared.writable);
    if (state < 0) return state;
    if (state == 0) return -c.EAGAIN;
    var outcome: i32 = 0;
    var length: u32 = @sizeOf(i32);
    const status = system.getsockopt(fd, c.SOL_SOCKET, c.SO_ERROR, @ptrCast(&outcome), &length);
    return if (status < 0) status else -outcome;
}

/// poll(2) of one descriptor without waiting: 1 ready, 0 not.
pub fn isReady(fd: i32, events: u32) callconv(.c) i32 {
    var wanted: c_short = 0;
    if (events & shared.readable != 0) wanted |= c.POLLIN;
    if (events & shared.writable != 0) wanted |= c.POLLOUT;
    if (events & shared.urgent != 0) wanted |= c.POLLPRI;
    var table = [1]c.struct_pollfd{.{ .fd = fd, .events = wanted }};
    return system.poll(&table, 1, 0);
}

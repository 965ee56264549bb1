//! The event source of one JavaScript thread: a set of watched sockets, and how Bun's event loop is
//! told that one of them became ready.
//!
//! Its memory is mapped here and handed to JavaScript as an ArrayBuffer whose deallocator is
//! `release`. So a Worker that is terminated, in which no JavaScript runs any more, still gives
//! back its descriptors: they go with its heap.
const std = @import("std");
const c = @import("headers");
const readiness_socket = @import("readiness_socket.zig");
const source_memory = @import("readiness_source.zig");
const system = @import("system.zig");

const implementation = switch (@import("builtin").target.os.tag) {
    .windows => @import("readiness_windows.zig"),
    else => @import("readiness_descriptor.zig"),
};

pub const Ready = source_memory.Ready;
pub const Source = source_memory.Source;

/// Makes an event source without a set and stores its address, 8 bytes, in `address`.
pub fn open(address: [*]u8) callconv(.c) i32 {
    var memory: usize = 0;
    const mapped = system.map(@sizeOf(Source), &memory);
    if (mapped < 0) return mapped;
    const source: *Source = @ptrFromInt(memory);
    source.set = source_memory.no_set;
    source.lent = -1;
    std.mem.writeInt(u64, address[0..8], memory, .little);
    return 0;
}

/// Ends the source, closes what its thread owned, and unmaps it: the ArrayBuffer's deallocator.
pub fn release(memory: [*]u8, _: ?[*]u8) callconv(.c) i32 {
    const source: *Source = .from(memory);
    for (&source.owned, 0..) |*bits, index| {
        if (bits.* == 0) continue;
        for (0..8) |bit| {
            const fd: i32 = @intCast(index * 8 + bit);
            if (bits.* >> @intCast(bit) & 1 != 0) _ = readiness_socket.closeSoon(fd);
        }
    }
    implementation.end(source);
    system.unmap(@intFromPtr(memory), @sizeOf(Source));
    return 0;
}

/// Watches `fd` for `events` becoming true; `change` 0: for the first time, 1: anew, 2: no longer.
/// The first call makes the set, or leaves nothing behind.
pub fn watch(
    memory: [*]u8,
    fd: i32,
    change: u32,
    events: u32,
    slot: u32,
    generation: u32,
) callconv(.c) i32 {
    return implementation.watch(.from(memory), fd, change, events, slot, generation);
}

/// Makes the bell that the event loop hears where no descriptor tells it: `port` 0 returns a port
/// of the loopback interface, from which a datagram will be sent to the `port` of the next call.
pub fn bell(memory: [*]u8, port: u32) callconv(.c) i32 {
    return implementation.bell(.from(memory), port);
}

/// A duplicate of the set for whoever will close it, which can be read from when a watched socket
/// is ready; with a bell 0, and it rings then, once. Or -errno.
pub fn lend(memory: [*]u8) callconv(.c) i32 {
    return implementation.lend(.from(memory));
}

/// Stores what became ready in `ready` and returns how many; a full table means there is more.
pub fn take(memory: [*]u8) callconv(.c) i32 {
    return implementation.take(.from(memory));
}

/// Forgets a set that is none any more: somebody closed its descriptor.
pub fn reset(memory: [*]u8) callconv(.c) i32 {
    return implementation.reset(.from(memory));
}

/// Has `release` close a descriptor of this thread, or with `owned` 0 no longer.
pub fn setOwned(memory: [*]u8, fd: i32, owned: u32) callconv(.c) i32 {
    const source: *Source = .from(memory);
    if (owned != 0) source.own(fd) else source.disown(fd);
    return 0;
}

//! Linux, macOS, FreeBSD: the set of watched sockets is itself a descriptor that becomes readable
//! when one of them becomes ready. Bun's event loop watches duplicates of it, one after the other.
const c = @import("headers");
const readiness = @import("readiness_source.zig");
const system = @import("system.zig");

const poller = switch (@import("builtin").target.os.tag) {
    .linux => @import("readiness_linux.zig"),
    else => @import("readiness_kqueue.zig"),
};

const Source = readiness.Source;

pub fn watch(
    source: *Source,
    fd: i32,
    change: u32,
    events: u32,
    slot: u32,
    generation: u32,
) i32 {
    if (source.set < 0) {
        const set = poller.open();
        if (set < 0) return set;
        source.set = set;
    }
    return poller.watch(source.set, fd, change, events, slot, generation);
}

/// The duplicates do without.
pub fn bell(_: *Source, _: u32) i32 {
    return -c.EOPNOTSUPP;
}

pub fn lend(source: *Source) i32 {
    const duplicate = poller.duplicate(source.set);
    if (duplicate >= 0) source.lent = duplicate;
    return duplicate;
}

pub fn take(source: *Source) i32 {
    return poller.take(source);
}

pub fn reset(source: *Source) i32 {
    source.set = -1;
    return 0;
}

pub fn end(source: *Source) void {
    // Bun closes the duplicate it has, but one that it was about to be given is nobody's.
    if (source.lent >= 0 and poller.isDuplicate(source)) _ = system.close(source.lent);
    if (source.set >= 0) _ = system.close(source.set);
}

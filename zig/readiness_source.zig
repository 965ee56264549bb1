//! The memory of an event source, which the readiness*.zig files share.

/// What a socket can be ready for. `failed` comes unasked.
pub const readable: u32 = 1;
pub const writable: u32 = 2;
pub const urgent: u32 = 4;
pub const failed: u32 = 8;

/// A watched socket that became ready: the numbers it was watched under, and for what.
pub const Ready = extern struct { slot: u32, generation: u32, events: u32 };

/// Descriptors below this number are remembered so that `release` can close them.
const owned_max = 1 << 20;

pub const Source = extern struct {
    /// Where Bun reads.
    signal: i32,
    /// How readiness reaches `signal`: 0 by kernel AIO, 1 by a thread.
    threaded: u32,
    /// The poller's own.
    set: i32,
    relay: i32,
    stop: i32,
    /// pthread_t or aio_context_t.
    handle: usize,
    /// Does the poller run? Not before the first wait.
    started: u32,
    reserved: u32,
    ready: [64]Ready,
    /// One bit for each descriptor the JavaScript thread would close.
    owned: [owned_max / 8]u8,

    pub fn from(memory: [*]u8) *Source {
        return @ptrCast(@alignCast(memory));
    }
};

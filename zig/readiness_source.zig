//! The memory of an event source, which JavaScript reads: see readiness.zig.
const builtin = @import("builtin");

/// What a socket can be ready for. `failed` comes unasked.
pub const readable: u32 = 1;
pub const writable: u32 = 2;
pub const urgent: u32 = 4;
pub const failed: u32 = 8;

/// A watched socket that became ready: the numbers it was watched under, and for what.
pub const Ready = extern struct { slot: u32, generation: u32, events: u32 };

/// Descriptors below this number are remembered so that `release` can close them.
pub const owned_max = 1 << 20;

/// A descriptor; on Windows the set's address, or 0.
pub const SetReference = if (builtin.target.os.tag == .windows) usize else i32;
pub const no_set: SetReference = if (builtin.target.os.tag == .windows) 0 else -1;

pub const Source = extern struct {
    /// The set of watched sockets; `no_set` before the first wait.
    set: SetReference,
    /// The duplicate of `set` that Bun's event loop has; -1 before the first. Not on Windows.
    lent: i32,
    ready: [64]Ready,
    /// One bit for each descriptor the JavaScript thread would close.
    owned: [owned_max / 8]u8,

    pub fn from(memory: [*]u8) *Source {
        return @ptrCast(@alignCast(memory));
    }

    pub fn own(source: *Source, fd: i32) void {
        const number: u32 = @intCast(fd);
        if (number >= owned_max) return;
        source.owned[number / 8] |= @as(u8, 1) << @intCast(number % 8);
    }

    pub fn disown(source: *Source, fd: i32) void {
        const number: u32 = @bitCast(fd);
        if (number >= owned_max) return;
        source.owned[number / 8] &= ~(@as(u8, 1) << @intCast(number % 8));
    }
};

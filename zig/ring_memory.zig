//! The memory of a ring, which JavaScript reads: see ring.zig.

/// What stands before the blocks.
pub const Ring = extern struct {
    /// Bytes of the whole mapping.
    size: u64,
    /// The blocks begin with a page, whatever the size of pages is.
    unused: [64 * 1024 - 8]u8,
    first_block: u64,

    pub fn at(memory: usize) *Ring {
        return @ptrFromInt(memory);
    }
};

pub const blocks_start = @offsetOf(Ring, "first_block");

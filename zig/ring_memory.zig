//! The memory of a ring, which JavaScript reads: see ring.zig.

/// What stands before the blocks, in pages of its own.
pub const Ring = extern struct {
    /// Bytes of the whole mapping.
    size: u64,

    pub fn at(memory: usize) *Ring {
        return @ptrFromInt(memory);
    }
};

/// Where the first block begins: a multiple of every page size.
pub const blocks_start = 64 * 1024;

//! Memory between two pages that must not be touched, for what the library reads and writes.
const std = @import("std");
const linux = std.os.linux;

/// At which end of the memory bytes lie, so that a step over either is seen.
pub const Place = enum { end, start };

pub const Guarded = struct {
    bytes: []u8,

    const page = 4096;

    /// At least `size` bytes, which are never given back.
    pub fn make(size: usize) Guarded {
        const whole = std.mem.alignForward(usize, size, page);
        const none: linux.PROT = .{};
        const kind: linux.MAP = .{ .TYPE = .PRIVATE, .ANONYMOUS = true };
        const start = linux.mmap(null, whole + 2 * page, none, kind, -1, 0);
        if (linux.errno(start) != .SUCCESS) @panic("mmap");
        const both: linux.PROT = .{ .READ = true, .WRITE = true };
        const opened = linux.mprotect(@ptrFromInt(start + page), whole, both);
        if (linux.errno(opened) != .SUCCESS) @panic("mprotect");
        return .{ .bytes = @as([*]u8, @ptrFromInt(start + page))[0..whole] };
    }

    pub fn room(memory: Guarded, place: Place, length: usize) []u8 {
        return switch (place) {
            .end => memory.bytes[memory.bytes.len - length ..],
            .start => memory.bytes[0..length],
        };
    }

    /// Room that nobody has written to, as far as the library knows.
    pub fn dirty(memory: Guarded, place: Place, length: usize) []u8 {
        const found = memory.room(place, length);
        @memset(found, dirt);
        std.valgrind.memcheck.makeMemUndefined(found);
        return found;
    }

    pub fn copy(memory: Guarded, place: Place, from: []const u8) []u8 {
        const found = memory.room(place, from.len);
        @memcpy(found, from);
        return found;
    }
};

extern fn memcmp(left: [*]const u8, right: [*]const u8, length: usize) c_int;

/// How many bytes of two texts of one length differ.
pub fn differences(left: []const u8, right: []const u8) usize {
    if (memcmp(left.ptr, right.ptr, left.len) == 0) return 0;
    var count: usize = 0;
    for (left, right) |one, other| count += @intFromBool(one != other);
    return count;
}

pub const dirt = 0xa5;

/// Whether the library left these bytes alone.
pub fn untouched(bytes: []const u8) bool {
    std.valgrind.memcheck.makeMemDefined(bytes);
    // Each byte with the next, by a function that the compiler does not instrument.
    return bytes.len == 0 or (bytes[0] == dirt and
        memcmp(bytes.ptr, bytes.ptr + 1, bytes.len - 1) == 0);
}

/// Numbers and bytes from an input; zeros when it is used up.
pub const Reader = struct {
    rest: []const u8,

    pub fn int(reader: *Reader, comptime Int: type) Int {
        var bytes: [@sizeOf(Int)]u8 = @splat(0);
        const found = reader.take(bytes.len);
        @memcpy(bytes[0..found.len], found);
        return std.mem.readInt(Int, &bytes, .little);
    }

    /// As many as there are, `count` at most.
    pub fn take(reader: *Reader, count: usize) []const u8 {
        const found = reader.rest[0..@min(count, reader.rest.len)];
        reader.rest = reader.rest[found.len..];
        return found;
    }

    pub fn isEmpty(reader: Reader) bool {
        return reader.rest.len == 0;
    }
};

pub fn check(holds: bool, what: []const u8) void {
    if (!holds) @panic(what);
}

//! What the library takes from the C library, or from what Windows has instead.
const std = @import("std");
const c = @import("headers");

const implementation = switch (@import("builtin").target.os.tag) {
    .windows => @import("libc_windows.zig"),
    else => @import("libc_posix.zig"),
};

pub const Thread = implementation.Thread;
pub const clearErrno = implementation.clearErrno;
pub const free = implementation.free;
pub const freeaddrinfo = implementation.freeaddrinfo;
pub const gai_strerror = implementation.gai_strerror;
pub const getaddrinfo = implementation.getaddrinfo;
pub const getnameinfo = implementation.getnameinfo;
pub const if_indextoname = implementation.if_indextoname;
pub const if_nametoindex = implementation.if_nametoindex;
pub const inet_ntop = implementation.inet_ntop;
pub const inet_pton = implementation.inet_pton;
pub const lastErrno = implementation.lastErrno;
pub const malloc = implementation.malloc;
pub const optional = implementation.optional;
pub const pthread_create = implementation.pthread_create;
pub const pthread_detach = implementation.pthread_detach;
pub const pthread_join = implementation.pthread_join;
pub const strerror = implementation.strerror;
pub const yield = implementation.yield;

/// Writes strerror(3)'s text and returns its length; where `room` is short, the length needed.
pub fn strerrorInto(errno: i32, text: [*]u8, room: u32) callconv(.c) i32 {
    const message = std.mem.span(implementation.strerror(errno) orelse "");
    if (message.len <= room) @memcpy(text[0..message.len], message);
    return @intCast(message.len);
}

/// -errno of the call just made, which failed; -`otherwise` where it did not say why.
pub fn failureOr(otherwise: i32) i32 {
    const errno = lastErrno();
    return if (errno == 0) -otherwise else -errno;
}

/// Whether a lookup failed for want of descriptors, memory or permission, which is no answer. A
/// file that is not there is one: it holds nothing.
pub fn isShortage(errno: i32) bool {
    return switch (errno) {
        c.EMFILE, c.ENFILE, c.ENOMEM, c.EACCES, c.EPERM, c.EIO => true,
        else => false,
    };
}

/// -errno where the call just made failed for such a want, else `answer`.
pub fn shortageOr(answer: i32) i32 {
    const errno = lastErrno();
    return if (isShortage(errno)) -errno else answer;
}

test {
    _ = implementation;
}

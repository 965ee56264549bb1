//! The protocol database. getprotobyname(3).
const c = @import("headers");
const fail = @import("result.zig").fail;
const libc = @import("libc.zig");

/// The number of a protocol, or -ENOENT.
pub fn protocolByName(name: [*]const u8) callconv(.c) i32 {
    const entry = libc.getprotobyname(@ptrCast(name)) orelse return fail(c.ENOENT);
    return entry.p_proto;
}

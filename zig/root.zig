//! The library: every line of abi.zig becomes an exported symbol, and nothing else does.
const std = @import("std");
const builtin = @import("builtin");
const abi = @import("abi.zig");
const manifest = @import("manifest.zig");

comptime {
    for (@typeInfo(abi).@"struct".decls) |declaration| {
        @export(&@field(abi, declaration.name), .{ .name = declaration.name });
    }
    @export(&manifest.read, .{ .name = "rawsock_manifest" });
}

/// A failed safety check ends the process with one line; there is no stack to print in a
/// stripped library.
pub const panic = std.debug.FullPanic(struct {
    fn panic(message: []const u8, _: ?usize) noreturn {
        @import("system.zig").abort(message);
    }
}.panic);

test {
    _ = abi;
    _ = manifest;
    _ = @import("constants.zig");
    _ = @import("fold.zig");
    _ = @import("interface_table.zig");
    _ = @import("libc.zig");
    _ = @import("lookup.zig");
    _ = @import("resolve.zig");
    _ = @import("result.zig");
    _ = @import("wait.zig");
    if (builtin.target.os.tag == .windows) {
        _ = @import("error_windows.zig");
        _ = @import("interface_windows.zig");
        _ = @import("netdb_windows.zig");
        _ = @import("readiness_windows.zig");
        _ = @import("text_windows.zig");
    }
    if (builtin.target.os.tag == .linux) {
        _ = @import("interface_address.zig");
        _ = @import("interface_linux.zig");
        _ = @import("netlink.zig");
        _ = @import("ring_encode.zig");
    }
}

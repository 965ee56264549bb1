//! One message of sendmmsg(2) and recvmmsg(2).
const std = @import("std");
const c = @import("headers");

/// struct mmsghdr; macOS and FreeBSD have none of this shape.
pub const BatchHeader = extern struct {
    header: c.struct_msghdr,
    length: c_uint,
};

comptime {
    if (@hasDecl(c, "struct_mmsghdr")) {
        std.debug.assert(@sizeOf(BatchHeader) == @sizeOf(c.struct_mmsghdr));
    }
}

//! The interfaces and their addresses, as getifaddrs(3) lists them, flattened into one buffer.
//! On Linux they come from rtnetlink(7) itself, on Windows from GetAdaptersAddresses,
//! elsewhere from getifaddrs(3).
const builtin = @import("builtin");

const source = switch (builtin.target.os.tag) {
    .linux => @import("interface_linux.zig"),
    .windows => @import("interface_windows.zig"),
    else => @import("interface_posix.zig"),
};

pub const list = source.list;
pub const statistics = source.statistics;
pub const linkDestination = source.linkDestination;

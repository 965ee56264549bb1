//! netdevice(7): an interface's flags and IPv4 address.
const implementation = switch (@import("builtin").target.os.tag) {
    .windows => @import("configdev_windows.zig"),
    else => @import("configdev_ioctl.zig"),
};

/// struct ifreq. Not on Windows.
pub const Request = implementation.Request;
pub const flags = implementation.flags;
pub const requestAbout = implementation.requestAbout;
pub const setAddress = implementation.setAddress;
pub const setFlags = implementation.setFlags;
pub const setNetmask = implementation.setNetmask;

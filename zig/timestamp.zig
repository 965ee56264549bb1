//! How a network card stamps packets with its own clock: SIOCGHWTSTAMP, SIOCSHWTSTAMP.
//! Documentation/networking/timestamping.rst.
const c = @import("headers");
const Request = @import("configdev.zig").Request;
const system = @import("system.zig");
const linux = @import("builtin").target.os.tag == .linux;

/// `config` is a struct hwtstamp_config, which the request fills in; with `set` != 0 it is what is
/// asked for, and then what the card made of it.
pub fn hardware(fd: i32, interface: [*]const u8, config: [*]u8, set: u32) callconv(.c) i32 {
    if (!linux) return -c.EOPNOTSUPP;
    var request: Request = .about(interface);
    const pointer: *align(1) usize = @ptrCast(&request.value.bytes);
    pointer.* = @intFromPtr(config);
    return system.ioctl(fd, if (set != 0) c.SIOCSHWTSTAMP else c.SIOCGHWTSTAMP, &request);
}

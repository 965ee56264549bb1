//! Linux, macOS and FreeBSD: an interface's flags and IPv4 address through ioctl(2). Names are
//! NUL-terminated and shorter than IFNAMSIZ.
const std = @import("std");
const c = @import("headers");
const fail = @import("result.zig").fail;
const system = @import("system.zig");

/// struct ifreq: a name, and what the request is about. 24 bytes are the largest of its members.
pub const Request = extern struct {
    name: [c.IFNAMSIZ]u8 = @splat(0),
    value: extern union {
        flags: u16,
        index: i32,
        bytes: [24]u8,
    } = .{ .bytes = @splat(0) },

    pub fn about(interface: [*]const u8) Request {
        var request: Request = .{};
        const name = std.mem.span(@as([*:0]const u8, @ptrCast(interface)));
        const length = @min(name.len, c.IFNAMSIZ - 1);
        @memcpy(request.name[0..length], name[0..length]);
        return request;
    }
};

/// A request whose struct ifreq points to memory of its own: `data`, as large as the request needs.
pub fn requestAbout(
    fd: i32,
    request: u32,
    interface: [*]const u8,
    data: [*]u8,
) callconv(.c) i32 {
    var about: Request = .about(interface);
    const pointer: *align(1) usize = @ptrCast(&about.value.bytes);
    pointer.* = @intFromPtr(data);
    return system.ioctl(fd, request, &about);
}

/// The IFF_* bits that SIOCGIFFLAGS knows: the lower 16.
pub fn flags(fd: i32, interface: [*]const u8) callconv(.c) i32 {
    var request: Request = .about(interface);
    const status = system.ioctl(fd, c.SIOCGIFFLAGS, &request);
    return if (status < 0) status else request.value.flags;
}

pub fn setFlags(fd: i32, interface: [*]const u8, bits: u32) callconv(.c) i32 {
    var request: Request = .about(interface);
    request.value.flags = @truncate(bits);
    return system.ioctl(fd, c.SIOCSIFFLAGS, &request);
}

/// `address` is a struct sockaddr_in. -EAFNOSUPPORT for an IPv6 socket, which would take the
/// request for a struct in6_ifreq and give some other interface an address; where it cannot be
/// told what the socket is, nothing is set.
pub fn setAddress(fd: i32, interface: [*]const u8, address: [*]const u8) callconv(.c) i32 {
    return set(fd, c.SIOCSIFADDR, interface, address);
}

/// The mask of the address that was set last; a struct sockaddr_in, too.
pub fn setNetmask(fd: i32, interface: [*]const u8, netmask: [*]const u8) callconv(.c) i32 {
    return set(fd, c.SIOCSIFNETMASK, interface, netmask);
}

fn set(fd: i32, number: u32, interface: [*]const u8, address: [*]const u8) i32 {
    const family = familyOf(fd);
    if (family < 0) return family;
    if (family == c.AF_INET6) return fail(c.EAFNOSUPPORT);
    var request: Request = .about(interface);
    const size = @sizeOf(c.struct_sockaddr_in);
    @memcpy(request.value.bytes[0..size], address[0..size]);
    return system.ioctl(fd, number, &request);
}

/// The socket's family, or -errno.
fn familyOf(fd: i32) i32 {
    if (@hasDecl(c, "SO_DOMAIN")) {
        var family: i32 = 0;
        var length: u32 = @sizeOf(i32);
        const value: [*]u8 = @ptrCast(&family);
        const status = system.getsockopt(fd, c.SOL_SOCKET, c.SO_DOMAIN, value, &length);
        return if (status < 0) status else family;
    }
    var name: c.struct_sockaddr_storage = undefined;
    var length: u32 = @sizeOf(c.struct_sockaddr_storage);
    const status = system.getsockname(fd, &name, &length);
    return if (status < 0) status else name.ss_family;
}

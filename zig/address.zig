//! inet_pton(3), inet_ntop(3), if_nametoindex(3) and if_indextoname(3). Text is NUL-terminated.
const std = @import("std");
const c = @import("headers");
const fail = @import("result.zig").fail;
const libc = @import("libc.zig");
const Request = @import("configdev.zig").Request;
const system = @import("system.zig");
const linux = @import("builtin").target.os.tag == .linux;

/// 1: `address` holds the bytes; 0: not an address of the family; < 0: unknown family.
pub fn textToBytes(family: i32, text: [*]const u8, address: [*]u8) callconv(.c) i32 {
    const status = libc.inet_pton(family, @ptrCast(text), address);
    return if (status < 0) fail(c.EAFNOSUPPORT) else status;
}

/// The length of the text, which `room` bytes, INET6_ADDRSTRLEN or more, take with its NUL.
pub fn bytesToText(
    family: i32,
    address: [*]const u8,
    offset: u32,
    text: [*]u8,
    room: u32,
) callconv(.c) i32 {
    const written = libc.inet_ntop(family, address + offset, text, room) orelse
        return fail(c.EAFNOSUPPORT);
    return @intCast(std.mem.len(written));
}

/// The index of the interface; -ENODEV where there is none, or what kept us from asking. On Linux
/// without libc, whose errno says little where no descriptor is left: netdevice(7).
pub fn interfaceIndex(name: [*]const u8) callconv(.c) i32 {
    if (!linux) {
        libc.clearErrno();
        const index = libc.if_nametoindex(@ptrCast(name));
        return if (index == 0) libc.failureOr(c.ENODEV) else @intCast(index);
    }
    const text = std.mem.span(@as([*:0]const u8, @ptrCast(name)));
    if (text.len >= c.IFNAMSIZ) return fail(c.ENODEV);
    var request: Request = .about(name);
    const status = ask(c.SIOCGIFINDEX, &request);
    return if (status < 0) status else request.value.index;
}

/// Writes the name into `name`, IF_NAMESIZE bytes, and returns its length; -ENODEV where there is
/// no such interface, as by name, though if_indextoname(3) says ENXIO; or what kept us from asking.
pub fn interfaceName(index: u32, name: [*]u8) callconv(.c) i32 {
    if (!linux) {
        libc.clearErrno();
        const written = libc.if_indextoname(index, name) orelse {
            const failure = libc.failureOr(c.ENODEV);
            return if (failure == -c.ENXIO) fail(c.ENODEV) else failure;
        };
        return @intCast(std.mem.len(written));
    }
    var request: Request = .{};
    request.value.index = @bitCast(index);
    const status = ask(c.SIOCGIFNAME, &request);
    if (status < 0) return status;
    const text = std.mem.sliceTo(&request.name, 0);
    @memcpy(name[0..text.len], text);
    return @intCast(text.len);
}

/// ioctl(2) on a socket of its own.
fn ask(number: u32, request: *Request) i32 {
    const socket = system.socket(c.AF_UNIX, c.SOCK_DGRAM, 0);
    if (socket < 0) return socket;
    defer _ = system.close(socket);
    return system.ioctl(socket, number, request);
}

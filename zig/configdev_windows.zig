//! Windows: an interface's flags, of which one can be set: that a raw socket receives all of its
//! packets, which is the socket's affair there. SIO_RCVALL.
const std = @import("std");
const c = @import("headers");
const adapters = @import("adapter_windows.zig");
const options = @import("option_windows.zig");
const process = @import("process_windows.zig");
const sockets = @import("socket_windows.zig");

pub fn requestAbout(_: i32, _: u32, _: [*]const u8, _: [*]u8) callconv(.c) i32 {
    return -c.EOPNOTSUPP;
}

/// The IFF_* bits, IFF_PROMISC where the socket receives all packets.
pub fn flags(fd: i32, interface: [*]const u8) callconv(.c) i32 {
    const known = sockets.know(fd);
    if (known < 0) return known;
    const wanted = std.mem.span(@as([*:0]const u8, @ptrCast(interface)));
    var found: adapters.List = .{};
    const status = found.read();
    if (status < 0) return status;
    defer found.free();
    var next = found.first;
    while (next) |adapter| : (next = adapter.next) {
        var room: adapters.Name = undefined;
        if (!std.mem.eql(u8, adapters.nameOf(adapter, &room), wanted)) continue;
        const bits: u32 = if (process.state(fd).promiscuous) c.IFF_PROMISC else 0;
        return @intCast(adapters.flagsOf(adapter) | bits);
    }
    return -c.ENODEV;
}

/// -EOPNOTSUPP where another bit than IFF_PROMISC is to change.
pub fn setFlags(fd: i32, interface: [*]const u8, bits: u32) callconv(.c) i32 {
    const before = flags(fd, interface);
    if (before < 0) return before;
    const changes = bits ^ @as(u32, @intCast(before));
    const promiscuous: u32 = c.IFF_PROMISC;
    if (changes & ~promiscuous != 0) return -c.EOPNOTSUPP;
    if (changes == 0) return 0;
    const on = bits & promiscuous != 0;
    var value: u32 = @intFromBool(on);
    const status = options.ioctlMemory(fd, c.SIO_RCVALL, std.mem.asBytes(&value));
    if (status < 0) return status;
    var state = process.state(fd);
    state.promiscuous = on;
    process.setState(fd, state);
    return 0;
}

pub fn setAddress(_: i32, _: [*]const u8, _: [*]const u8) callconv(.c) i32 {
    return -c.EOPNOTSUPP;
}

pub const setNetmask = setAddress;

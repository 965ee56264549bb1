//! Linux: /dev/net/tun. Documentation/networking/tuntap.rst.
const c = @import("headers");
const Request = @import("configdev.zig").Request;
const Step = @import("namespace.zig").Step;
const options = @import("tun_options.zig");
const isReady = @import("readiness_socket.zig").isReady;
const nonblocking = @import("readiness_socket.zig").ensureNonblocking;
const writable = @import("readiness_source.zig").writable;
const system = @import("system.zig");

/// For TUNSETIFF.
fn bits(flags: u32) u16 {
    var found: u16 = c.IFF_NO_PI;
    found |= if (flags & options.tap != 0) c.IFF_TAP else c.IFF_TUN;
    if (flags & options.multi_queue != 0) found |= c.IFF_MULTI_QUEUE;
    if (flags & options.virtio_header != 0) found |= c.IFF_VNET_HDR;
    if (flags & options.exclusive != 0) found |= c.IFF_TUN_EXCL;
    return found;
}

pub fn open(name: *[c.IFNAMSIZ]u8, flags: u32, step: *Step) i32 {
    step.* = .device;
    const fd = system.openDevice("/dev/net/tun");
    if (fd < 0) return fd;
    step.* = .attach;
    var request: Request = .{ .name = name.* };
    request.value.flags = bits(flags);
    const status = system.ioctl(fd, c.TUNSETIFF, &request);
    if (status < 0) {
        _ = system.close(fd);
        return status;
    }
    name.* = request.name;
    return fd;
}

pub fn read(fd: i32, target: []u8, rest: []u8) i32 {
    var vector = [2]c.struct_iovec{ element(target), element(rest) };
    const used = vector[0..if (rest.len == 0) 1 else 2];
    const length = system.readvNow(fd, used);
    if (length != -c.EOPNOTSUPP) return length;
    const status = nonblocking(fd);
    return if (status < 0) status else system.readv(fd, used);
}

/// Where there is no room, room is announced to those alone whom poll(2) has told that there is
/// none: tun_chr_poll().
pub fn write(fd: i32, packet: []const u8) i32 {
    for (0..looks_max) |_| {
        const length = writeNow(fd, packet);
        if (length != -c.EAGAIN or isReady(fd, writable) == 0) return length;
    }
    return -c.EAGAIN;
}

/// Others may use the room up that was there a moment ago.
const looks_max = 8;

fn writeNow(fd: i32, packet: []const u8) i32 {
    var vector = [1]c.struct_iovec{element(@constCast(packet))};
    const length = system.writevNow(fd, &vector);
    if (length != -c.EOPNOTSUPP) return length;
    // Also where the packet is none: EINVAL.
    const status = nonblocking(fd);
    return if (status < 0) status else system.writev(fd, &vector);
}

fn element(bytes: []u8) c.struct_iovec {
    return .{ .iov_base = bytes.ptr, .iov_len = bytes.len };
}

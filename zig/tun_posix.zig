//! macOS: utun, a socket to a control of the kernel. FreeBSD: tun(4) and tap(4). Compiled, never
//! yet run. Both put the packet's address family before it, which is taken off here.
const std = @import("std");
const c = @import("headers");
const Step = @import("namespace.zig").Step;
const options = @import("tun_options.zig");
const nonblocking = @import("readiness_socket.zig").ensureNonblocking;
const system = @import("system.zig");
const darwin = @import("builtin").target.os.tag.isDarwin();

pub fn open(name: *[c.IFNAMSIZ]u8, flags: u32, step: *Step) i32 {
    step.* = .device;
    if (flags & ~options.tap != 0) return -c.EOPNOTSUPP;
    const fd = if (darwin) openControl(name, flags) else openFile(name, flags);
    if (fd < 0) return fd;
    const status = nonblocking(fd);
    if (status >= 0) return fd;
    _ = system.close(fd);
    return status;
}

/// The number in "utun3"; null where any will do.
fn unitIn(name: []const u8) ?u32 {
    const text = std.mem.sliceTo(name, 0);
    const start = std.mem.indexOfAny(u8, text, "0123456789") orelse return null;
    return std.fmt.parseInt(u32, text[start..], 10) catch null;
}

fn openControl(name: *[c.IFNAMSIZ]u8, flags: u32) i32 {
    if (flags & options.tap != 0) return -c.EOPNOTSUPP;
    const fd = system.socket(c.PF_SYSTEM, c.SOCK_DGRAM, c.SYSPROTO_CONTROL);
    if (fd < 0) return fd;
    const status = connectControl(fd, name);
    if (status >= 0) return fd;
    _ = system.close(fd);
    return status;
}

fn connectControl(fd: i32, name: *[c.IFNAMSIZ]u8) i32 {
    var info: c.struct_ctl_info = std.mem.zeroes(c.struct_ctl_info);
    const control = "com.apple.net.utun_control";
    @memcpy(info.ctl_name[0..control.len], control);
    const found = system.ioctl(fd, c.CTLIOCGINFO, &info);
    if (found < 0) return found;
    var address: c.struct_sockaddr_ctl = std.mem.zeroes(c.struct_sockaddr_ctl);
    address.sc_len = @sizeOf(c.struct_sockaddr_ctl);
    address.sc_family = c.AF_SYSTEM;
    address.ss_sysaddr = c.AF_SYS_CONTROL;
    address.sc_id = info.ctl_id;
    address.sc_unit = if (unitIn(name)) |unit| unit +| 1 else 0;
    const connected = system.connect(fd, @ptrCast(&address), @sizeOf(c.struct_sockaddr_ctl));
    if (connected < 0) return connected;
    name.* = @splat(0);
    var length: u32 = name.len;
    return system.getsockopt(fd, c.SYSPROTO_CONTROL, c.UTUN_OPT_IFNAME, name, &length);
}

fn openFile(name: *[c.IFNAMSIZ]u8, flags: u32) i32 {
    var path: [32:0]u8 = @splat(0);
    const kind = if (flags & options.tap != 0) "tap" else "tun";
    const written = if (unitIn(name)) |unit|
        std.fmt.bufPrint(&path, "/dev/{s}{d}", .{ kind, unit })
    else
        std.fmt.bufPrint(&path, "/dev/{s}", .{kind});
    _ = written catch return -c.ENAMETOOLONG;
    const fd = system.openDevice(&path);
    if (fd < 0) return fd;
    var request: c.struct_ifreq = std.mem.zeroes(c.struct_ifreq);
    var status = system.ioctl(fd, c.TUNGIFNAME, &request);
    var on: c_int = 1;
    if (status >= 0 and flags & options.tap == 0) status = system.ioctl(fd, c.TUNSIFHEAD, &on);
    if (status < 0) {
        _ = system.close(fd);
        return status;
    }
    @memcpy(name, std.mem.asBytes(&request)[0..c.IFNAMSIZ]);
    return fd;
}

/// A tap of FreeBSD has no header; its frames begin with an address, which no family is.
const header_size = 4;

pub fn read(fd: i32, target: []u8, rest: []u8) i32 {
    const status = nonblocking(fd);
    if (status < 0) return status;
    if (!hasHeader(fd)) {
        var frame = [2]c.struct_iovec{ element(target), element(rest) };
        return system.readv(fd, &frame);
    }
    var family: [header_size]u8 = undefined;
    var vector = [3]c.struct_iovec{ element(&family), element(target), element(rest) };
    const length = system.readv(fd, &vector);
    return if (length < header_size) @min(length, 0) else length - header_size;
}

pub fn write(fd: i32, packet: []const u8) i32 {
    const status = nonblocking(fd);
    if (status < 0) return status;
    const body = element(@constCast(packet));
    if (!hasHeader(fd)) {
        var frame = [1]c.struct_iovec{body};
        return system.writev(fd, &frame);
    }
    const number: u32 = if (packet[0] >> 4 == 6) c.AF_INET6 else c.AF_INET;
    var family: [header_size]u8 = undefined;
    std.mem.writeInt(u32, &family, number, .big);
    var vector = [2]c.struct_iovec{ element(&family), body };
    const length = system.writev(fd, &vector);
    return if (length < 0) length else @max(length - header_size, 0);
}

fn hasHeader(fd: i32) bool {
    if (darwin) return true;
    // tap(4) refuses the request.
    var on: c_int = 0;
    return system.ioctl(fd, c.TUNGIFHEAD, &on) >= 0 and on != 0;
}

fn element(bytes: []u8) c.struct_iovec {
    return .{ .iov_base = bytes.ptr, .iov_len = bytes.len };
}

//! Windows: socketpair(2), which it lacks: two sockets connected through 127.0.0.1, where it is
//! made sure that they are each other's peer: every program of the machine could connect instead.
const std = @import("std");
const c = @import("headers");
const accept = @import("accept_windows.zig").accept;
const poll = @import("poll_windows.zig").poll;
const options = @import("option_windows.zig");
const process = @import("process_windows.zig");
const sockets = @import("socket_windows.zig");
const transfers = @import("transfer_windows.zig");

const Name = c.struct_sockaddr_in;
const size = @sizeOf(Name);

/// After that it is given up.
const patience_ms = 5000;

pub fn socketpair(domain: i32, kind: i32, protocol: i32, pair: *[2]i32) i32 {
    if (domain != c.AF_UNIX and domain != c.AF_INET) return -c.EOPNOTSUPP;
    if (domain == c.AF_UNIX and protocol != 0) return -c.EPROTONOSUPPORT;
    const made = switch (kind) {
        c.SOCK_STREAM => streams(pair),
        c.SOCK_DGRAM => datagrams(pair),
        else => -c.ESOCKTNOSUPPORT,
    };
    return made;
}

fn loopback(kind: i32, name: *Name) i32 {
    const fd = sockets.socket(c.AF_INET, kind, 0);
    if (fd < 0) return fd;
    const bound = bindTo(fd, name);
    if (bound >= 0) return fd;
    _ = sockets.close(fd);
    return bound;
}

fn bindTo(fd: i32, name: *Name) i32 {
    const on: c_int = 1;
    // Otherwise another program could bind to the same port.
    const level = c.SOL_SOCKET;
    const option: i32 = c.SO_EXCLUSIVEADDRUSE;
    var status = options.setsockopt(fd, level, option, @ptrCast(&on), @sizeOf(c_int));
    if (status < 0) return status;
    name.* = std.mem.zeroes(Name);
    name.sin_family = c.AF_INET;
    std.mem.writeInt(u32, std.mem.asBytes(&name.sin_addr)[0..4], 0x7f000001, .big);
    status = sockets.bind(fd, @ptrCast(name), size);
    return if (status < 0) status else nameOf(fd, sockets.getsockname, name);
}

fn nameOf(fd: i32, ask: fn (i32, ?*anyopaque, *u32) i32, name: *Name) i32 {
    var length: u32 = size;
    return ask(fd, name, &length);
}

fn isSame(a: Name, b: Name) bool {
    return std.mem.eql(u8, std.mem.asBytes(&a)[0..8], std.mem.asBytes(&b)[0..8]);
}

fn streams(pair: *[2]i32) i32 {
    var name: Name = undefined;
    const listener = loopback(c.SOCK_STREAM, &name);
    if (listener < 0) return listener;
    defer _ = sockets.close(listener);
    const status = sockets.listen(listener, 16);
    if (status < 0) return status;
    var own: Name = undefined;
    const first = loopback(c.SOCK_STREAM, &own);
    if (first < 0) return first;
    const second = meet(listener, first, &name, own);
    if (second < 0) {
        _ = sockets.close(first);
        return second;
    }
    const on: c_int = 1;
    const made = [2]i32{ first, second };
    for (made) |fd| {
        const value: [*]const u8 = @ptrCast(&on);
        _ = options.setsockopt(fd, c.IPPROTO_TCP, c.TCP_NODELAY, value, @sizeOf(c_int));
    }
    pair.* = made;
    return 0;
}

/// Connects `first` to the listener and accepts connections until its own comes.
fn meet(listener: i32, first: i32, name: *Name, own: Name) i32 {
    // Nobody waits for a connection that went away again.
    const set = sockets.setFlags(listener, c.O_NONBLOCK);
    if (set < 0) return set;
    const begun = sockets.connect(first, @ptrCast(name), size);
    if (begun < 0 and begun != -c.EINPROGRESS) return begun;
    const end_ms = process.clockMs() + patience_ms;
    while (true) {
        const left_ms = end_ms - process.clockMs();
        if (left_ms <= 0) return -c.ETIMEDOUT;
        var table = [1]c.struct_pollfd{.{ .fd = listener, .events = c.POLLIN }};
        const ready = poll(&table, 1, @intCast(left_ms));
        // Ctrl-C, too: the pair is made first.
        if (ready <= 0) continue;
        var peer: Name = undefined;
        var length: u32 = size;
        const accepted = accept(listener, &peer, &length, false);
        if (accepted == -c.EAGAIN or accepted == -c.ECONNABORTED) continue;
        if (accepted < 0) return accepted;
        if (isSame(peer, own)) return accepted;
        // A stranger.
        _ = sockets.close(accepted);
    }
}

fn datagrams(pair: *[2]i32) i32 {
    var names: [2]Name = undefined;
    const first = loopback(c.SOCK_DGRAM, &names[0]);
    if (first < 0) return first;
    const second = loopback(c.SOCK_DGRAM, &names[1]);
    if (second < 0) {
        _ = sockets.close(first);
        return second;
    }
    const made = [2]i32{ first, second };
    for (made, 0..) |fd, index| {
        const status = sockets.connect(fd, @ptrCast(&names[1 - index]), size);
        if (status >= 0) continue;
        for (made) |each| _ = sockets.close(each);
        return status;
    }
    // What strangers sent before the sockets were connected.
    for (made) |fd| discard(fd);
    pair.* = made;
    return 0;
}

fn discard(fd: i32) void {
    var byte: [1]u8 = undefined;
    // As many as a receive buffer holds, at the most.
    for (0..65_536) |_| {
        if (transfers.recvfrom(fd, &byte, c.MSG_DONTWAIT, null, null) == -c.EAGAIN) return;
    }
}

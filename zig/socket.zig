//! socket(2) to close(2): the calls that make, name and end a socket.
const c = @import("headers");
const system = @import("system.zig");
const wait = @import("wait.zig");

/// An address as the kernel hands it over: its length, then up to sizeof(struct sockaddr_storage)
/// bytes. `length` may exceed the storage: then the kernel cut the address off.
pub const AddressSlot = extern struct {
    length: u32,
    storage: [@sizeOf(c.struct_sockaddr_storage)]u8,

    pub fn from(bytes: [*]u8) *align(1) AddressSlot {
        return @ptrCast(bytes);
    }
};

pub fn open(domain: i32, kind: i32, protocol: i32) callconv(.c) i32 {
    return system.socket(domain, kind, protocol);
}

/// Stores the two descriptors in `pair`, two i32.
pub fn openPair(domain: i32, kind: i32, protocol: i32, pair: [*]u8) callconv(.c) i32 {
    return system.socketpair(domain, kind, protocol, @ptrCast(@alignCast(pair)));
}

pub fn bind(fd: i32, address: [*]const u8, length: u32) callconv(.c) i32 {
    return system.bind(fd, address, length);
}

/// connect(2); blocks as the descriptor does, but returns -EINTR where a signal arrives.
pub fn connect(fd: i32, address: [*]const u8, length: u32) callconv(.c) i32 {
    if (wait.isNonblocking(fd)) return system.connect(fd, address, length);
    const timeout: wait.FiniteTimeout = .begin(fd, .send);
    defer timeout.end();
    return system.connect(fd, address, length);
}

pub fn listen(fd: i32, backlog: i32) callconv(.c) i32 {
    return system.listen(fd, backlog);
}

/// accept(2), the new descriptor close-on-exec and, with `nonblocking` != 0, non-blocking.
/// `may_wait` == 0 promises that `fd` is non-blocking, which saves the preparations for a wait.
pub fn accept(fd: i32, slot: [*]u8, nonblocking: u32, may_wait: u32) callconv(.c) i32 {
    if (may_wait == 0 or wait.isNonblocking(fd)) return acceptInto(fd, slot, nonblocking != 0);
    const timeout: wait.FiniteTimeout = .begin(fd, .receive);
    defer timeout.end();
    return acceptInto(fd, slot, nonblocking != 0);
}

fn acceptInto(fd: i32, slot: [*]u8, nonblocking: bool) i32 {
    const address = AddressSlot.from(slot);
    var length: u32 = address.storage.len;
    const accepted = system.accept(fd, &address.storage, &length, nonblocking);
    address.length = length;
    return accepted;
}

pub fn getsockname(fd: i32, slot: [*]u8) callconv(.c) i32 {
    const address = AddressSlot.from(slot);
    var length: u32 = address.storage.len;
    const status = system.getsockname(fd, &address.storage, &length);
    address.length = length;
    return status;
}

pub fn getpeername(fd: i32, slot: [*]u8) callconv(.c) i32 {
    const address = AddressSlot.from(slot);
    var length: u32 = address.storage.len;
    const status = system.getpeername(fd, &address.storage, &length);
    address.length = length;
    return status;
}

pub fn shutdown(fd: i32, how: i32) callconv(.c) i32 {
    return system.shutdown(fd, how);
}

/// close(2). close(2), NOTES: the descriptor is gone even where EINTR is reported, so EINTR is
/// success here and nobody closes a stranger's descriptor by trying again.
pub fn close(fd: i32) callconv(.c) i32 {
    const status = system.close(fd);
    return if (status == -c.EINTR) 0 else status;
}

pub fn sockatmark(fd: i32) callconv(.c) i32 {
    var at_mark: c_int = 0;
    const status = system.ioctl(fd, c.SIOCATMARK, &at_mark);
    return if (status < 0) status else @intFromBool(at_mark != 0);
}

pub fn setNonblocking(fd: i32, on: u32) callconv(.c) i32 {
    const flags = system.getFlags(fd);
    if (flags < 0) return flags;
    const wanted = if (on != 0) flags | c.O_NONBLOCK else flags & ~@as(i32, c.O_NONBLOCK);
    return if (wanted == flags) 0 else system.setFlags(fd, wanted);
}

/// poll(2) over `count` struct pollfd.
pub fn poll(table: [*]u8, count: u32, timeout_ms: i32) callconv(.c) i32 {
    return system.poll(@ptrCast(@alignCast(table)), count, timeout_ms);
}

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

/// connect(2); blocks as the descriptor does, but returns -EINTR where a signal with a handler
/// arrives. The connection goes on being made then, and another call waits for it.
pub fn connect(fd: i32, address: [*]const u8, length: u32) callconv(.c) i32 {
    const flags = system.getFlags(fd);
    if (flags < 0) return flags;
    if (flags & c.O_NONBLOCK != 0) return system.connect(fd, address, length);
    const end_ms = wait.deadline(fd, .send);
    var pause_ms: i32 = 1;
    while (true) {
        // A call that must not wait has no flag for that here, as send(2) has.
        const prepared = system.setFlags(fd, flags | c.O_NONBLOCK);
        if (prepared < 0) return prepared;
        const outcome = system.connect(fd, address, length);
        const restored = system.setFlags(fd, flags);
        // A socket that does not block any more would surprise more than an error.
        if (restored < 0) return restored;
        if (outcome == -c.EINPROGRESS or outcome == -c.EALREADY) return finishConnect(fd);
        // unix(7): the listener's queue is full, and nothing tells when it is not. Of another
        // family it is an error: connect(2).
        if (outcome != -c.EAGAIN or !isUnix(address, length)) return outcome;
        if (end_ms) |end| if (system.clockMs() >= end) return outcome;
        const paused = wait.pause(pause_ms);
        if (paused < 0) return paused;
        pause_ms = @min(pause_ms * 2, pause_max_ms);
    }
}

const pause_max_ms = 8;

fn isUnix(address: [*]const u8, length: u32) bool {
    const start = @offsetOf(c.struct_sockaddr, "sa_family");
    const Family = @FieldType(c.struct_sockaddr, "sa_family");
    if (length < start + @sizeOf(Family)) return false;
    const family: *align(1) const Family = @ptrCast(address + start);
    return family.* == c.AF_UNIX;
}

/// Waits for a connection under way: 0, its error, -EINPROGRESS where the socket's own timeout is
/// over, or -EINTR.
pub fn finishConnect(fd: i32) i32 {
    const ready = wait.untilReported(fd, .send);
    if (ready < 0) return if (ready == -c.EAGAIN) -c.EINPROGRESS else ready;
    var outcome: i32 = 0;
    var length: u32 = @sizeOf(i32);
    const status = system.getsockopt(fd, c.SOL_SOCKET, c.SO_ERROR, @ptrCast(&outcome), &length);
    return if (status < 0) status else -outcome;
}

pub fn listen(fd: i32, backlog: i32) callconv(.c) i32 {
    return system.listen(fd, backlog);
}

/// accept(2), the new descriptor close-on-exec and, with `nonblocking` != 0, non-blocking.
/// `may_wait` == 0 promises that `fd` is non-blocking, which saves the preparations for a wait.
pub fn accept(fd: i32, slot: [*]u8, nonblocking: u32, may_wait: u32) callconv(.c) i32 {
    const call: Accept = .{ .fd = fd, .slot = .from(slot), .nonblocking = nonblocking != 0 };
    // Where nothing listens, poll(2) would never return.
    if (may_wait == 0 or wait.isNonblocking(fd) or !listens(fd)) return call.waiting();
    const reported = wait.untilReported(fd, .receive);
    // Another process may be quicker still: then the call waits.
    return if (reported < 0) reported else wait.inTheCall(fd, .receive, call);
}

const Accept = struct {
    fd: i32,
    slot: *align(1) AddressSlot,
    nonblocking: bool,

    pub fn waiting(call: Accept) i32 {
        var length: u32 = call.slot.storage.len;
        const accepted = system.accept(call.fd, &call.slot.storage, &length, call.nonblocking);
        call.slot.length = length;
        if (accepted != -c.ECONNABORTED or listens(call.fd)) return accepted;
        // What comes of an AF_ALG socket has no address, and the kernel refuses to say it.
        call.slot.length = 0;
        return system.accept(call.fd, null, null, call.nonblocking);
    }
};

/// Does listen(2) make its connections?
pub fn listens(fd: i32) bool {
    var on: i32 = 0;
    var length: u32 = @sizeOf(i32);
    const status = system.getsockopt(fd, c.SOL_SOCKET, c.SO_ACCEPTCONN, @ptrCast(&on), &length);
    return status >= 0 and on != 0;
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

/// ioctl(2): `argument` is memory that the request reads and writes, or null and `value` is the
/// argument itself. With memory `value` is its size, which only Windows asks for.
pub fn ioctl(fd: i32, request: u32, argument: ?[*]u8, value: u32) callconv(.c) i32 {
    const memory = argument orelse return system.ioctlValue(fd, request, value);
    return system.ioctlMemory(fd, request, memory[0..value]);
}

pub fn setNonblocking(fd: i32, on: u32) callconv(.c) i32 {
    const flags = system.getFlags(fd);
    if (flags < 0) return flags;
    const wanted = if (on != 0) flags | c.O_NONBLOCK else flags & ~@as(i32, c.O_NONBLOCK);
    return if (wanted == flags) 0 else system.setFlags(fd, wanted);
}

/// poll(2) over `count` struct pollfd.
pub fn poll(table: [*]u8, count: u32, timeout_ms: i32) callconv(.c) i32 {
    const entries: [*]c.struct_pollfd = @ptrCast(@alignCast(table));
    if (timeout_ms == 0) return look(entries[0..count]);
    return system.poll(entries, count, timeout_ms);
}

/// How often in a row a signal may come before poll(2) has looked.
const signals_max = 128;

/// poll(2) that does not wait; a signal ends it nevertheless.
pub fn look(table: []c.struct_pollfd) i32 {
    const count: u32 = @intCast(table.len);
    var status = system.poll(table.ptr, count, 0);
    var signals: u32 = 1;
    while (status == -c.EINTR and signals < signals_max) : (signals += 1) {
        status = system.poll(table.ptr, count, 0);
    }
    return status;
}

//! Windows: Winsock 2, as the system calls that the library makes elsewhere.
//!
//! A descriptor is a SOCKET, which is a handle of the system: a multiple of 4, within 32 bits. All
//! sockets are non-blocking in Windows; process_windows.zig knows which of them their users take
//! for blocking ones, and the calls of those wait here.
const c = @import("headers");
const options = @import("option_windows.zig");
const sockets = @import("socket_windows.zig");
const transfers = @import("transfer_windows.zig");
const winsock = @import("winsock.zig");

pub const AddressPointer = ?*anyopaque;

/// There are no signals in Windows, SIGPIPE among them.
pub const no_signal: u32 = 0;
/// Sockets are never inherited, and no message brings any.
pub const close_on_exec: u32 = 0;
/// There is no error queue and no MSG_WAITFORONE; the package's own bit says the latter.
pub const error_queue: u32 = 0;
pub const wait_for_one: u32 = transfers.wait_for_one;
/// Ctrl-C ends a wait by itself: no timeout of the socket has to be set for that.
pub const waits_are_ended = true;

pub const accept = @import("accept_windows.zig").accept;
pub const bind = sockets.bind;
pub const clockMs = @import("process_windows.zig").clockMs;
pub const close = sockets.close;
pub const connect = sockets.connect;
pub const getFlags = sockets.getFlags;
pub const getpeername = sockets.getpeername;
pub const getsockname = sockets.getsockname;
pub const listen = sockets.listen;
pub const setFlags = sockets.setFlags;
pub const shutdown = sockets.shutdown;
pub const socket = sockets.socket;
pub const getsockopt = options.getsockopt;
pub const setsockopt = options.setsockopt;
pub const ioctlMemory = options.ioctlMemory;
pub const ioctlValue = options.ioctlValue;
pub const poll = @import("poll_windows.zig").poll;
pub const socketpair = @import("pair_windows.zig").socketpair;
pub const sendto = transfers.sendto;
pub const recvfrom = transfers.recvfrom;
pub const sendmsg = transfers.sendmsg;
pub const recvmsg = transfers.recvmsg;
pub const sendmmsg = transfers.sendmmsg;
pub const recvmmsg = transfers.recvmmsg;
pub const readv = transfers.readv;
pub const readvNow = transfers.readvNow;
pub const writev = transfers.writev;
pub const writevNow = transfers.writevNow;

pub fn abort(message: []const u8) noreturn {
    const stderr = winsock.GetStdHandle(-12);
    var written: u32 = 0;
    for ([_][]const u8{ "rawsock: ", message, "\n" }) |part| {
        _ = winsock.WriteFile(stderr, part.ptr, @intCast(part.len), &written, null);
    }
    // What abort(3) gives.
    _ = winsock.TerminateProcess(winsock.GetCurrentProcess(), 3);
    while (true) {}
}

/// The requests that the library makes are about an int.
pub fn ioctl(fd: i32, request: u32, argument: *anyopaque) i32 {
    const bytes: [*]u8 = @ptrCast(argument);
    return ioctlMemory(fd, request, bytes[0..@sizeOf(u32)]);
}

/// Windows has no devices, files and namespaces that could be opened as sockets are.
pub fn openDevice(_: [*:0]const u8) i32 {
    return -c.EOPNOTSUPP;
}

pub const openRead = openDevice;

pub fn enterNetwork(_: i32) i32 {
    return -c.EOPNOTSUPP;
}

/// Nothing arrives that would have to be set so.
pub fn setCloseOnExec(_: i32) void {}

/// There are none.
pub fn blockSignals() void {}

const MEM_COMMIT_RESERVE = 0x3000;
const MEM_RELEASE = 0x8000;
const PAGE_READWRITE = 4;

/// Zeroed memory of this process; stores its address.
pub fn map(size: usize, memory: *usize) i32 {
    const mapped = winsock.VirtualAlloc(null, size, MEM_COMMIT_RESERVE, PAGE_READWRITE);
    memory.* = @intFromPtr(mapped orelse return -c.ENOMEM);
    return 0;
}

pub fn unmap(memory: usize, _: usize) void {
    _ = winsock.VirtualFree(@ptrFromInt(memory), 0, MEM_RELEASE);
}

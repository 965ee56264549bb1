//! The system calls the library makes, each returning >= 0 or -errno.
const builtin = @import("builtin");

const root = @import("root");

/// A program that tests the library may be the kernel itself: test/fuzz/native.
const implementation = if (@hasDecl(root, "rawsock_system"))
    root.rawsock_system
else switch (builtin.target.os.tag) {
    .linux => @import("system_linux.zig"),
    .windows => @import("system_windows.zig"),
    else => @import("system_posix.zig"),
};

pub const AddressPointer = implementation.AddressPointer;
pub const accept = implementation.accept;
pub const abort = implementation.abort;
pub const bind = implementation.bind;
pub const blockSignals = implementation.blockSignals;
pub const close = implementation.close;
pub const connect = implementation.connect;
pub const getFlags = implementation.getFlags;
pub const getpeername = implementation.getpeername;
pub const getsockname = implementation.getsockname;
pub const getsockopt = implementation.getsockopt;
pub const enterNetwork = implementation.enterNetwork;
pub const ioctl = implementation.ioctl;
pub const ioctlMemory = implementation.ioctlMemory;
pub const ioctlValue = implementation.ioctlValue;
pub const listen = implementation.listen;
pub const no_signal = implementation.no_signal;
pub const poll = implementation.poll;
pub const openDevice = implementation.openDevice;
pub const openRead = implementation.openRead;
/// Linux alone.
pub const readLink = implementation.readLink;
pub const readv = implementation.readv;
pub const readvNow = implementation.readvNow;
pub const recvfrom = implementation.recvfrom;
pub const recvmsg = implementation.recvmsg;
pub const sendmsg = implementation.sendmsg;
pub const sendto = implementation.sendto;
pub const setFlags = implementation.setFlags;
pub const setsockopt = implementation.setsockopt;
pub const shutdown = implementation.shutdown;
pub const socket = implementation.socket;
pub const socketpair = implementation.socketpair;
pub const writev = implementation.writev;
pub const writevNow = implementation.writevNow;

pub const map = implementation.map;
/// Linux alone.
pub const mapFile = implementation.mapFile;
/// Linux alone.
pub const mapNothing = implementation.mapNothing;
pub const unmap = implementation.unmap;
/// Does a signal end the waits of a blocking call by itself?
pub const waits_are_ended = implementation.waits_are_ended;
// Messages.
pub const BatchHeader = @import("batch_header.zig").BatchHeader;
pub const clockMs = implementation.clockMs;
pub const close_on_exec = implementation.close_on_exec;
pub const error_queue = implementation.error_queue;
pub const recvmmsg = implementation.recvmmsg;
pub const sendmmsg = implementation.sendmmsg;
pub const setCloseOnExec = implementation.setCloseOnExec;
pub const wait_for_one = implementation.wait_for_one;

//! A port of Windows, to which the answers of a device come.
const std = @import("std");

pub const Handle = ?*anyopaque;

/// OVERLAPPED_ENTRY; `context` is the question's.
pub const Completion = extern struct {
    key: usize,
    context: ?*anyopaque,
    internal: usize,
    bytes: u32,
};

extern "kernel32" fn CreateIoCompletionPort(
    file: Handle,
    port: Handle,
    key: usize,
    threads: u32,
) callconv(.winapi) Handle;
extern "kernel32" fn GetQueuedCompletionStatusEx(
    port: Handle,
    completions: [*]Completion,
    room: u32,
    count: *u32,
    timeout_ms: u32,
    alertable: c_int,
) callconv(.winapi) c_int;
extern "kernel32" fn PostQueuedCompletionStatus(
    port: Handle,
    bytes: u32,
    key: usize,
    context: ?*anyopaque,
) callconv(.winapi) c_int;
pub extern "kernel32" fn CloseHandle(handle: Handle) callconv(.winapi) c_int;

pub const forever = 0xffff_ffff;
/// Of the packet that ends a wait; answers have 0.
pub const end_key = 1;
/// INVALID_HANDLE_VALUE.
const no_file: Handle = @ptrFromInt(std.math.maxInt(usize));

/// Null: there is none to be had.
pub fn open() Handle {
    return CreateIoCompletionPort(no_file, null, 0, 1);
}

/// Has the answers of a device come to the port.
pub fn join(port: Handle, device: Handle) bool {
    return CreateIoCompletionPort(device, port, 0, 0) != null;
}

/// Takes answers, after a wait for the first; returns those that came.
pub fn take(port: Handle, room: []Completion, timeout_ms: u32) []Completion {
    var count: u32 = 0;
    const size: u32 = @intCast(room.len);
    const status = GetQueuedCompletionStatusEx(port, room.ptr, size, &count, timeout_ms, 0);
    return if (status == 0) room[0..0] else room[0..count];
}

/// Has a packet come without a device; false: there was no memory for it.
pub fn post(port: Handle, key: usize, context: ?*anyopaque) bool {
    return PostQueuedCompletionStatus(port, 0, key, context) != 0;
}

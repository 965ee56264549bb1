//! The device behind the sockets of Windows, asked for their readiness as WSAPoll() and the event
//! loop of libuv, hence Bun's own, ask it. Microsoft does not describe it, nor does it change.
const std = @import("std");

const Handle = @import("completion_port.zig").Handle;

const IoStatus = extern struct { status: usize, information: usize };

/// What a socket can be asked for, and what comes back.
pub const receive: u32 = 0x1;
pub const receive_expedited: u32 = 0x2;
pub const send: u32 = 0x4;
pub const disconnect: u32 = 0x8;
pub const abort: u32 = 0x10;
pub const local_close: u32 = 0x20;
pub const accept: u32 = 0x80;
pub const connect_fail: u32 = 0x100;

/// AFD_POLL_INFO of one socket.
const Question = extern struct {
    timeout: i64 = std.math.maxInt(i64),
    count: u32 = 1,
    exclusive: u32 = 0,
    handle: usize,
    events: u32,
    status: u32 = 0,

    comptime {
        std.debug.assert(@sizeOf(Question) == 32);
    }
};

const UnicodeString = extern struct { length: u16, room: u16, text: [*]const u16 };
const ObjectAttributes = extern struct {
    length: u32 = @sizeOf(ObjectAttributes),
    root: Handle = null,
    name: *const UnicodeString,
    attributes: u32 = 0,
    security: ?*anyopaque = null,
    quality: ?*anyopaque = null,
};

extern "ntdll" fn NtCreateFile(
    file: *Handle,
    access: u32,
    object: *const ObjectAttributes,
    status: *IoStatus,
    size: ?*i64,
    attributes: u32,
    share: u32,
    disposition: u32,
    options: u32,
    extended: ?*anyopaque,
    extended_length: u32,
) callconv(.winapi) u32;
extern "ntdll" fn NtDeviceIoControlFile(
    file: Handle,
    event: Handle,
    routine: ?*anyopaque,
    context: ?*anyopaque,
    status: *IoStatus,
    code: u32,
    input: *const anyopaque,
    input_length: u32,
    output: *anyopaque,
    output_length: u32,
) callconv(.winapi) u32;
extern "ntdll" fn NtCancelIoFileEx(
    file: Handle,
    request: ?*IoStatus,
    status: *IoStatus,
) callconv(.winapi) u32;
extern "ws2_32" fn WSAIoctl(
    socket: usize,
    request: u32,
    input: ?*const anyopaque,
    input_size: u32,
    output: ?*anyopaque,
    output_size: u32,
    returned: *u32,
    overlapped: ?*anyopaque,
    completion: ?*const anyopaque,
) callconv(.winapi) c_int;

const success = 0;
const pending = 0x103;
const cancelled = 0xc0000120;
const invalid_handle = 0xc0000008;

/// Opens the device, or null.
pub fn open() Handle {
    const name = std.unicode.utf8ToUtf16LeStringLiteral("\\Device\\Afd\\rawsock");
    const bytes = name.len * 2;
    const text: UnicodeString = .{ .length = bytes, .room = bytes, .text = name };
    var file: Handle = null;
    var status: IoStatus = undefined;
    const synchronize = 0x0010_0000;
    const share = 3; // reading and writing
    const existing = 1; // FILE_OPEN
    const object: ObjectAttributes = .{ .name = &text };
    const outcome =
        NtCreateFile(&file, synchronize, &object, &status, null, 0, share, existing, 0, null, 0);
    return if (outcome == success) file else null;
}

/// The handle of the device's own, below what security products have put around it: 0 where the
/// number is no socket.
pub fn baseOf(socket: u32) usize {
    const sio_base_handle = 0x4800_0022;
    var base: usize = 0;
    var length: u32 = 0;
    const room = @sizeOf(usize);
    const status =
        WSAIoctl(socket, sio_base_handle, null, 0, &base, room, &length, null, null);
    return if (status == 0) base else 0;
}

/// A question to the device about one socket. It stays where it is until it is answered.
pub const Poll = struct {
    status: IoStatus = .{ .status = 0, .information = 0 },
    question: Question = .{ .handle = 0, .events = 0 },

    /// The answer comes to the device's completion port with `context`. False: there will be none.
    pub fn ask(poll: *Poll, device: Handle, handle: usize, events: u32, context: *anyopaque) bool {
        const ioctl_poll = 0x0001_2024;
        poll.question = .{ .handle = handle, .events = events };
        poll.status = .{ .status = pending, .information = 0 };
        const question = &poll.question;
        const size = @sizeOf(Question);
        const outcome = NtDeviceIoControlFile(
            device,
            null,
            null,
            context,
            &poll.status,
            ioctl_poll,
            question,
            size,
            question,
            size,
        );
        return outcome == success or outcome == pending;
    }

    /// Has the answer come at once.
    pub fn cancel(poll: *Poll, device: Handle) void {
        var status: IoStatus = undefined;
        _ = NtCancelIoFileEx(device, &poll.status, &status);
    }

    /// Takes it as answered: there is no such socket.
    pub fn fail(poll: *Poll) void {
        poll.status = .{ .status = invalid_handle, .information = 0 };
    }

    /// What it was answered: 0 where it was cancelled, and `abort` where it failed.
    pub fn answer(poll: *const Poll) u32 {
        const status: u32 = @truncate(poll.status.status);
        if (status == cancelled) return 0;
        if (status != success) return abort;
        return if (poll.question.count == 0) 0 else poll.question.events;
    }
};

/// Has all questions answered at once.
pub fn cancelAll(device: Handle) void {
    var status: IoStatus = undefined;
    _ = NtCancelIoFileEx(device, null, &status);
}

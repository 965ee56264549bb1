//! The functions of Windows that the library calls.
const c = @import("headers");

pub const Socket = usize;
pub const Handle = *anyopaque;
pub const invalid_socket = ~@as(Socket, 0);
pub const Overlapped = anyopaque;

/// WSABUF, in whose place a struct iovec lies: see headers_windows.h.
pub const Buffer = c.struct_iovec;

/// WSAMSG.
pub const Message = extern struct {
    name: ?*anyopaque,
    name_length: c_int,
    buffers: ?[*]Buffer,
    buffer_count: u32,
    control: Buffer,
    flags: u32,
};

/// WSAPOLLFD, in whose place a struct pollfd lies.
pub const PollEntry = extern struct { socket: Socket, events: c_short, revents: c_short };

pub extern "ws2_32" fn WSAStartup(version: u16, data: *c.WSADATA) callconv(.winapi) c_int;
pub extern "ws2_32" fn WSAGetLastError() callconv(.winapi) c_int;
pub extern "ws2_32" fn WSASetLastError(code: c_int) callconv(.winapi) void;
pub extern "ws2_32" fn WSASocketW(
    domain: c_int,
    kind: c_int,
    protocol: c_int,
    information: ?*anyopaque,
    group: u32,
    flags: u32,
) callconv(.winapi) Socket;
pub extern "ws2_32" fn bind(
    socket: Socket,
    name: [*]const u8,
    length: c_int,
) callconv(.winapi) c_int;
pub extern "ws2_32" fn connect(
    socket: Socket,
    name: [*]const u8,
    length: c_int,
) callconv(.winapi) c_int;
pub extern "ws2_32" fn listen(socket: Socket, backlog: c_int) callconv(.winapi) c_int;
pub extern "ws2_32" fn accept(
    socket: Socket,
    name: ?*anyopaque,
    length: ?*c_int,
) callconv(.winapi) Socket;
pub extern "ws2_32" fn getsockname(
    socket: Socket,
    name: ?*anyopaque,
    length: *c_int,
) callconv(.winapi) c_int;
pub extern "ws2_32" fn getpeername(
    socket: Socket,
    name: ?*anyopaque,
    length: *c_int,
) callconv(.winapi) c_int;
pub extern "ws2_32" fn shutdown(socket: Socket, how: c_int) callconv(.winapi) c_int;
pub extern "ws2_32" fn closesocket(socket: Socket) callconv(.winapi) c_int;
pub extern "ws2_32" fn ioctlsocket(
    socket: Socket,
    request: u32,
    argument: *u32,
) callconv(.winapi) c_int;
pub extern "ws2_32" fn WSAIoctl(
    socket: Socket,
    request: u32,
    input: ?*const anyopaque,
    input_size: u32,
    output: ?*anyopaque,
    output_size: u32,
    returned: *u32,
    overlapped: ?*Overlapped,
    completion: ?*const anyopaque,
) callconv(.winapi) c_int;
pub extern "ws2_32" fn getsockopt(
    socket: Socket,
    level: c_int,
    name: c_int,
    value: [*]u8,
    length: *c_int,
) callconv(.winapi) c_int;
pub extern "ws2_32" fn setsockopt(
    socket: Socket,
    level: c_int,
    name: c_int,
    value: ?[*]const u8,
    length: c_int,
) callconv(.winapi) c_int;
pub extern "ws2_32" fn WSAPoll(
    table: [*]PollEntry,
    count: u32,
    timeout_ms: c_int,
) callconv(.winapi) c_int;

/// fd_set of one socket.
pub const One = extern struct { count: u32, sockets: [1]Socket };
pub extern "ws2_32" fn select(
    ignored: c_int,
    readable: ?*One,
    writable: ?*One,
    excepted: ?*One,
    timeout: *const c.struct_timeval,
) callconv(.winapi) c_int;

pub extern "ws2_32" fn WSASendTo(
    socket: Socket,
    buffers: [*]const Buffer,
    count: u32,
    sent: *u32,
    flags: u32,
    name: ?[*]const u8,
    length: c_int,
    overlapped: ?*Overlapped,
    completion: ?*const anyopaque,
) callconv(.winapi) c_int;
pub extern "ws2_32" fn WSARecvFrom(
    socket: Socket,
    buffers: [*]const Buffer,
    count: u32,
    received: *u32,
    flags: *u32,
    name: ?*anyopaque,
    length: ?*c_int,
    overlapped: ?*Overlapped,
    completion: ?*const anyopaque,
) callconv(.winapi) c_int;
pub extern "ws2_32" fn WSASendMsg(
    socket: Socket,
    message: *const Message,
    flags: u32,
    sent: *u32,
    overlapped: ?*Overlapped,
    completion: ?*const anyopaque,
) callconv(.winapi) c_int;

/// WSARecvMsg, which no library exports: a socket tells where it is.
pub const ReceiveMessage = fn (
    socket: Socket,
    message: *Message,
    received: *u32,
    overlapped: ?*Overlapped,
    completion: ?*const anyopaque,
) callconv(.winapi) c_int;

pub extern "kernel32" fn GetCurrentProcess() callconv(.winapi) Handle;
pub extern "kernel32" fn TerminateProcess(process: Handle, code: u32) callconv(.winapi) c_int;
pub extern "kernel32" fn GetStdHandle(which: i32) callconv(.winapi) ?Handle;
pub extern "kernel32" fn WriteFile(
    file: ?Handle,
    data: [*]const u8,
    size: u32,
    written: *u32,
    overlapped: ?*Overlapped,
) callconv(.winapi) c_int;
pub extern "kernel32" fn GetHandleInformation(
    handle: Socket,
    flags: *u32,
) callconv(.winapi) c_int;
pub extern "kernel32" fn SetHandleInformation(
    handle: Socket,
    mask: u32,
    flags: u32,
) callconv(.winapi) c_int;
pub extern "kernel32" fn SetConsoleCtrlHandler(
    handler: *const fn (kind: u32) callconv(.winapi) c_int,
    add: c_int,
) callconv(.winapi) c_int;
pub extern "kernel32" fn Sleep(milliseconds: u32) callconv(.winapi) void;
pub extern "kernel32" fn QueryPerformanceCounter(count: *i64) callconv(.winapi) c_int;
pub extern "kernel32" fn QueryPerformanceFrequency(count: *i64) callconv(.winapi) c_int;
pub extern "kernel32" fn VirtualAlloc(
    address: ?*anyopaque,
    size: usize,
    kind: u32,
    protection: u32,
) callconv(.winapi) ?*anyopaque;
pub extern "kernel32" fn VirtualFree(
    address: *anyopaque,
    size: usize,
    kind: u32,
) callconv(.winapi) c_int;

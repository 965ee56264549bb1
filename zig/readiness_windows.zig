//! Windows: nothing but a thread can wait for a completion port, and nothing that Bun offers can
//! be told by a thread but a socket. Where the JavaScript thread is about to sleep, a thread of its
//! own waits for answers about the watched sockets, and sends an empty datagram to one of Bun's.
const std = @import("std");
const c = @import("headers");
const completion_port = @import("completion_port.zig");
const libc = @import("libc.zig");
const readiness = @import("readiness_source.zig");
const watched_set = @import("watched_set.zig");
const winsock = @import("winsock.zig");

const Completion = completion_port.Completion;
const Handle = completion_port.Handle;
const Source = readiness.Source;

extern "kernel32" fn CreateEventW(
    security: ?*anyopaque,
    manual: c_int,
    state: c_int,
    name: ?*anyopaque,
) callconv(.winapi) Handle;
extern "kernel32" fn SetEvent(event: Handle) callconv(.winapi) c_int;
extern "kernel32" fn WaitForSingleObject(handle: Handle, timeout_ms: u32) callconv(.winapi) u32;
extern "kernel32" fn CreateThread(
    security: ?*anyopaque,
    stack: usize,
    start: *const fn (?*anyopaque) callconv(.winapi) u32,
    argument: ?*anyopaque,
    flags: u32,
    number: ?*u32,
) callconv(.winapi) Handle;
extern "kernel32" fn GetModuleHandleExW(
    flags: u32,
    address: ?*const anyopaque,
    module: *Handle,
) callconv(.winapi) c_int;
extern "kernel32" fn FreeLibrary(module: Handle) callconv(.winapi) c_int;
extern "kernel32" fn FreeLibraryAndExitThread(
    module: Handle,
    code: u32,
) callconv(.winapi) noreturn;

const room = @typeInfo(@FieldType(Source, "ready")).array.len;

/// What the JavaScript thread and ours share: memory of its own, which goes with the last of them.
const Shared = struct {
    set: watched_set.Set,
    /// Set: the thread is to wait, or to end.
    go: Handle,
    /// The thread's socket, connected to Bun's.
    bell: winsock.Socket,
    has_thread: bool,
    /// The threads that use it: one, or both.
    holders: std.atomic.Value(u32),
    ending: std.atomic.Value(u32),
    /// Is the thread waiting? Then it will ring.
    waiting: std.atomic.Value(u32),
    /// How many answers it has taken from the port, which are the JavaScript thread's from then on.
    taken: std.atomic.Value(u32),
    answers: [room]Completion,

    fn letGo(shared: *Shared) void {
        if (shared.holders.fetchSub(1, .acq_rel) > 1) return;
        shared.set.close();
        _ = completion_port.CloseHandle(shared.go);
        if (shared.bell != winsock.invalid_socket) _ = winsock.closesocket(shared.bell);
        libc.free(shared);
    }
};

fn sharedOf(source: *Source) ?*Shared {
    return @ptrFromInt(source.set);
}

/// Made where there is none yet; null, there is nothing left to make it of.
fn ensure(source: *Source) ?*Shared {
    if (sharedOf(source)) |shared| return shared;
    const memory = libc.malloc(@sizeOf(Shared)) orelse return null;
    const shared: *Shared = @ptrCast(memory);
    @memset(std.mem.asBytes(shared), 0);
    shared.bell = winsock.invalid_socket;
    shared.holders = .init(1);
    shared.go = CreateEventW(null, 0, 0, null);
    if (shared.go != null) {
        if (shared.set.open()) {
            source.set = @intFromPtr(shared);
            return shared;
        }
        _ = completion_port.CloseHandle(shared.go);
    }
    libc.free(shared);
    return null;
}

pub fn watch(
    source: *Source,
    fd: i32,
    change: u32,
    events: u32,
    slot: u32,
    generation: u32,
) i32 {
    const shared = ensure(source) orelse return -c.ENOMEM;
    const status = shared.set.watch(fd, if (change < 2) events else 0, slot, generation);
    // Else it is asked when the JavaScript thread is about to sleep, or looks.
    if (shared.waiting.load(.acquire) != 0) shared.set.ask();
    return status;
}

/// Has the thread ring when a socket is ready, once.
pub fn lend(source: *Source) i32 {
    const shared = ensure(source) orelse return -c.ENOMEM;
    if (!shared.has_thread) return -c.EOPNOTSUPP;
    shared.set.ask();
    // It may not yet have rung for what it has taken.
    if (shared.waiting.load(.acquire) != 0 or shared.taken.load(.acquire) != 0) return 0;
    shared.waiting.store(1, .release);
    if (SetEvent(shared.go) != 0) return 0;
    shared.waiting.store(0, .release);
    return -c.EINVAL;
}

pub fn take(source: *Source) i32 {
    const shared = sharedOf(source) orelse return 0;
    const set = &shared.set;
    const taken = shared.taken.load(.acquire);
    var found = set.report(shared.answers[0..taken], &source.ready);
    if (taken > 0) shared.taken.store(0, .release);
    if (found == room) return room;
    set.ask();
    var answers: [room]Completion = undefined;
    const further = completion_port.take(set.port, answers[0 .. room - found], 0);
    found += set.report(further, source.ready[found..]);
    return @intCast(found);
}

/// Nobody can close the set but us.
pub fn reset(_: *Source) i32 {
    return 0;
}

pub fn bell(source: *Source, port: u32) i32 {
    const shared = ensure(source) orelse return -c.ENOMEM;
    if (port > std.math.maxInt(u16) or shared.has_thread) return -c.EINVAL;
    if (port == 0) return openBell(shared);
    const address = loopback(@intCast(port));
    if (winsock.connect(shared.bell, @ptrCast(&address), @sizeOf(@TypeOf(address))) != 0) {
        return -c.ECONNREFUSED;
    }
    return startThread(shared);
}

fn openBell(shared: *Shared) i32 {
    if (shared.bell != winsock.invalid_socket) return -c.EALREADY;
    const no_inherit = 0x80; // WSA_FLAG_NO_HANDLE_INHERIT
    const socket = winsock.WSASocketW(c.AF_INET, c.SOCK_DGRAM, 0, null, 0, no_inherit);
    if (socket == winsock.invalid_socket) return -c.EMFILE;
    var address = loopback(0);
    var length: c_int = @sizeOf(@TypeOf(address));
    if (winsock.bind(socket, @ptrCast(&address), length) != 0 or
        winsock.getsockname(socket, &address, &length) != 0)
    {
        _ = winsock.closesocket(socket);
        return -c.EADDRNOTAVAIL;
    }
    shared.bell = socket;
    return std.mem.bigToNative(u16, address.sin_port);
}

/// 127.0.0.1
fn loopback(port: u16) c.struct_sockaddr_in {
    var address = std.mem.zeroes(c.struct_sockaddr_in);
    address.sin_family = c.AF_INET;
    address.sin_port = std.mem.nativeToBig(u16, port);
    const bytes: [*]u8 = @ptrCast(&address.sin_addr);
    bytes[0..4].* = .{ 127, 0, 0, 1 };
    return address;
}

fn startThread(shared: *Shared) i32 {
    // The library stays while the thread runs.
    const from_address = 4;
    var module: Handle = null;
    if (GetModuleHandleExW(from_address, @ptrCast(&run), &module) == 0) return -c.ENOMEM;
    const stack_size = 64 * 1024;
    const stack_is_reserved = 0x10000; // STACK_SIZE_PARAM_IS_A_RESERVATION
    _ = shared.holders.fetchAdd(1, .acq_rel);
    const thread = CreateThread(null, stack_size, run, shared, stack_is_reserved, null);
    if (thread == null) {
        _ = shared.holders.fetchSub(1, .acq_rel);
        _ = FreeLibrary(module);
        return -c.EAGAIN;
    }
    shared.has_thread = true;
    _ = completion_port.CloseHandle(thread);
    return 0;
}

fn run(argument: ?*anyopaque) callconv(.winapi) u32 {
    const shared: *Shared = @ptrCast(@alignCast(argument.?));
    while (waitAndRing(shared)) {}
    shared.set.forget(shared.answers[0..shared.taken.load(.acquire)]);
    shared.letGo();
    const from_address_uncounted = 4 | 2;
    var module: Handle = null;
    _ = GetModuleHandleExW(from_address_uncounted, @ptrCast(&run), &module);
    FreeLibraryAndExitThread(module, 0);
}

/// Waits for `lend`, then for answers, and rings; false: it is the end.
fn waitAndRing(shared: *Shared) bool {
    if (WaitForSingleObject(shared.go, completion_port.forever) != 0) return false;
    if (shared.ending.load(.acquire) != 0) return false;
    const answers =
        completion_port.take(shared.set.port, &shared.answers, completion_port.forever);
    shared.taken.store(@intCast(answers.len), .release);
    shared.waiting.store(0, .release);
    if (shared.ending.load(.acquire) != 0) return false;
    var empty = [1]winsock.Buffer{.{ .iov_len = 0, .iov_base = null }};
    var sent: u32 = 0;
    _ = winsock.WSASendTo(shared.bell, &empty, 1, &sent, 0, null, 0, null, null);
    return true;
}

/// Ends the thread, wherever it waits, and lets go.
pub fn end(source: *Source) void {
    const shared = sharedOf(source) orelse return;
    source.set = readiness.no_set;
    if (shared.has_thread) {
        shared.ending.store(1, .release);
        _ = completion_port.post(shared.set.port, completion_port.end_key, null);
        _ = SetEvent(shared.go);
    }
    shared.letGo();
}

test "who is watched while the thread waits is heard of, and the end leaves nothing" {
    const process = @import("process_windows.zig");
    try std.testing.expectEqual(0, process.start());
    var source: Source = std.mem.zeroes(Source);
    var sockets: [3]winsock.Socket = undefined;
    var names: [3]c.struct_sockaddr_in = undefined;
    for (&sockets, &names) |*socket, *name| {
        socket.* = winsock.WSASocketW(c.AF_INET, c.SOCK_DGRAM, 0, null, 0, 0);
        name.* = loopback(0);
        var length: c_int = @sizeOf(@TypeOf(name.*));
        try std.testing.expectEqual(0, winsock.bind(socket.*, @ptrCast(name), length));
        try std.testing.expectEqual(0, winsock.getsockname(socket.*, name, &length));
    }
    defer for (sockets) |socket| {
        _ = winsock.closesocket(socket);
    };
    // The first is the bell's listener.
    try std.testing.expect(bell(&source, 0) > 0);
    try std.testing.expectEqual(0, bell(&source, std.mem.bigToNative(u16, names[0].sin_port)));
    const first: i32 = @intCast(sockets[1]);
    const second: i32 = @intCast(sockets[2]);
    try std.testing.expectEqual(0, watch(&source, first, 0, readiness.readable, 0, 7));
    try std.testing.expectEqual(0, lend(&source));
    try std.testing.expectEqual(0, watch(&source, second, 0, readiness.readable, 1, 8));
    var byte = [1]u8{0};
    var data = [1]winsock.Buffer{.{ .iov_len = 1, .iov_base = &byte }};
    var moved: u32 = 0;
    const name: [*]const u8 = @ptrCast(&names[2]);
    const size = @sizeOf(c.struct_sockaddr_in);
    const to = sockets[1];
    _ = winsock.WSASendTo(to, &data, 1, &moved, 0, name, size, null, null);
    var flags: u32 = 0;
    const heard = winsock.WSARecvFrom(sockets[0], &data, 1, &moved, &flags, null, null, null, null);
    try std.testing.expectEqual(0, heard);
    try std.testing.expectEqual(0, moved);
    try std.testing.expectEqual(1, take(&source));
    const expected: readiness.Ready = .{ .slot = 1, .generation = 8, .events = readiness.readable };
    try std.testing.expectEqual(expected, source.ready[0]);
    // Reported once, and again where it is asked for again.
    try std.testing.expectEqual(0, take(&source));
    try std.testing.expectEqual(0, watch(&source, second, 1, readiness.readable, 1, 8));
    try std.testing.expectEqual(1, take(&source));
    // The place of one that is watched no longer is another's.
    try std.testing.expectEqual(0, watch(&source, first, 2, 0, 0, 7));
    try std.testing.expectEqual(0, watch(&source, second, 0, readiness.writable, 0, 9));
    var found = take(&source);
    for (0..100) |_| {
        if (found > 0) break;
        winsock.Sleep(10);
        found = take(&source);
    }
    try std.testing.expectEqual(9, source.ready[0].generation);
    end(&source);
    try std.testing.expectEqual(readiness.no_set, source.set);
}

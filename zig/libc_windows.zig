//! Windows: what stands in for the C library, of which nothing is taken: Winsock's lookups, and
//! the heap and the threads of the system.
const std = @import("std");
const c = @import("headers");
const errors = @import("error_windows.zig");
const process = @import("process_windows.zig");
const texts = @import("text_windows.zig");
const winsock = @import("winsock.zig");

const extern_c = struct {
    extern "ws2_32" fn inet_pton(
        family: c_int,
        text: [*:0]const u8,
        address: [*]u8,
    ) callconv(.winapi) c_int;
    extern "ws2_32" fn inet_ntop(
        family: c_int,
        address: [*]const u8,
        text: [*]u8,
        room: usize,
    ) callconv(.winapi) ?[*:0]const u8;
    extern "ws2_32" fn getaddrinfo(
        node: ?[*:0]const u8,
        service: ?[*:0]const u8,
        hints: *const c.struct_addrinfo,
        list: *?*c.struct_addrinfo,
    ) callconv(.winapi) c_int;
    extern "ws2_32" fn freeaddrinfo(list: *c.struct_addrinfo) callconv(.winapi) void;
    extern "ws2_32" fn getnameinfo(
        address: [*]const u8,
        length: c_int,
        node: [*]u8,
        node_room: u32,
        service: [*]u8,
        service_room: u32,
        flags: c_int,
    ) callconv(.winapi) c_int;
    extern "iphlpapi" fn if_nametoindex(name: [*:0]const u8) callconv(.winapi) u32;
    extern "iphlpapi" fn if_indextoname(
        index: u32,
        name: [*]u8,
    ) callconv(.winapi) ?[*:0]const u8;
    extern "kernel32" fn GetProcessHeap() callconv(.winapi) *anyopaque;
    extern "kernel32" fn HeapAlloc(
        heap: *anyopaque,
        flags: u32,
        size: usize,
    ) callconv(.winapi) ?*align(16) anyopaque;
    extern "kernel32" fn HeapFree(
        heap: *anyopaque,
        flags: u32,
        memory: *anyopaque,
    ) callconv(.winapi) c_int;
    extern "kernel32" fn CreateThread(
        attributes: ?*anyopaque,
        stack_size: usize,
        start: *const anyopaque,
        argument: ?*anyopaque,
        flags: u32,
        identifier: ?*u32,
    ) callconv(.winapi) ?winsock.Handle;
    extern "kernel32" fn WaitForSingleObject(
        handle: winsock.Handle,
        milliseconds: u32,
    ) callconv(.winapi) u32;
    extern "kernel32" fn CloseHandle(handle: winsock.Handle) callconv(.winapi) c_int;
    extern "kernel32" fn SwitchToThread() callconv(.winapi) c_int;
    extern "kernel32" fn GetLastError() callconv(.winapi) u32;
    extern "kernel32" fn GetModuleHandleA(name: [*:0]const u8) callconv(.winapi) ?*anyopaque;
    extern "kernel32" fn GetProcAddress(
        module: ?*anyopaque,
        name: [*:0]const u8,
    ) callconv(.winapi) ?*anyopaque;
};

pub fn strerror(errno: c_int) ?[*:0]const u8 {
    return texts.ofErrno(errno);
}

pub fn gai_strerror(eai: c_int) ?[*:0]const u8 {
    return texts.ofLookup(eai);
}

pub fn inet_pton(family: c_int, text: [*:0]const u8, address: [*]u8) c_int {
    return extern_c.inet_pton(family, text, address);
}

pub fn inet_ntop(family: c_int, address: [*]const u8, text: [*]u8, room: u32) ?[*:0]const u8 {
    return extern_c.inet_ntop(family, address, text, room);
}

pub fn if_nametoindex(name: [*:0]const u8) c_uint {
    const index = extern_c.if_nametoindex(name);
    // It does not say why.
    winsock.WSASetLastError(0);
    return index;
}

pub fn if_indextoname(index: c_uint, name: [*]u8) ?[*:0]const u8 {
    const written = extern_c.if_indextoname(index, name);
    winsock.WSASetLastError(0);
    return written;
}

pub fn getaddrinfo(
    node: ?[*:0]const u8,
    service: ?[*:0]const u8,
    hints: *const c.struct_addrinfo,
    list: *?*c.struct_addrinfo,
) c_int {
    if (process.start() < 0) return c.EAI_FAIL;
    return known(extern_c.getaddrinfo(node, service, hints, list));
}

pub fn freeaddrinfo(list: *c.struct_addrinfo) void {
    extern_c.freeaddrinfo(list);
}

pub fn getnameinfo(
    address: [*]const u8,
    length: u32,
    node: [*]u8,
    node_room: u32,
    service: [*]u8,
    service_room: u32,
    flags: c_int,
) c_int {
    if (process.start() < 0) return c.EAI_FAIL;
    const size: c_int = @intCast(length);
    return known(
        extern_c.getnameinfo(address, size, node, node_room, service, service_room, flags),
    );
}

/// Winsock returns codes that no EAI_ constant has.
fn known(code: c_int) c_int {
    return switch (code) {
        0,
        c.EAI_AGAIN,
        c.EAI_BADFLAGS,
        c.EAI_FAIL,
        c.EAI_FAMILY,
        c.EAI_MEMORY,
        c.EAI_NONAME,
        c.EAI_SERVICE,
        c.EAI_SOCKTYPE,
        => code,
        // A name without an address of the family.
        c.WSANO_DATA => c.EAI_NONAME,
        c.WSAEFAULT => c.EAI_NONAME,
        else => c.EAI_FAIL,
    };
}

pub fn malloc(size: usize) ?*align(16) anyopaque {
    return extern_c.HeapAlloc(extern_c.GetProcessHeap(), 0, size);
}

pub fn free(memory: ?*anyopaque) void {
    const pointer = memory orelse return;
    _ = extern_c.HeapFree(extern_c.GetProcessHeap(), 0, pointer);
}

pub const Thread = winsock.Handle;

const stack_size = 256 * 1024;

/// 0, or an errno: pthread_create(3).
pub fn pthread_create(
    thread: *Thread,
    _: ?*const anyopaque,
    start: *const fn (?*anyopaque) callconv(.c) ?*anyopaque,
    argument: ?*anyopaque,
) c_int {
    const created = extern_c.CreateThread(null, stack_size, start, argument, 0, null);
    thread.* = created orelse return errors.fromCode(@bitCast(extern_c.GetLastError()));
    return 0;
}

pub fn pthread_detach(thread: Thread) c_int {
    _ = extern_c.CloseHandle(thread);
    return 0;
}

pub fn pthread_join(thread: Thread, _: ?*?*anyopaque) c_int {
    _ = extern_c.WaitForSingleObject(thread, std.math.maxInt(u32));
    return pthread_detach(thread);
}

pub fn yield() void {
    _ = extern_c.SwitchToThread();
}

/// A function of Winsock, or null.
pub fn optional(comptime Function: type, name: [*:0]const u8) ?*const Function {
    if (process.start() < 0) return null;
    const library = extern_c.GetModuleHandleA("ws2_32.dll");
    return @ptrCast(@alignCast(extern_c.GetProcAddress(library, name)));
}

/// Why the call of Winsock just made failed; 0 where it did not say.
pub fn lastErrno() i32 {
    const code = winsock.WSAGetLastError();
    return if (code == 0) 0 else errors.fromCode(code);
}

/// Before a call that says why only where it fails.
pub fn clearErrno() void {
    winsock.WSASetLastError(0);
}

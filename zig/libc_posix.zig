//! Linux, macOS and FreeBSD: what the library takes from libc. On Linux these names are left
//! undefined and found in the host process, so that one library serves glibc and musl.
const std = @import("std");
const c = @import("headers");

pub extern fn strerror(errno: c_int) ?[*:0]const u8;
pub extern fn inet_pton(family: c_int, text: [*:0]const u8, address: [*]u8) c_int;
pub extern fn inet_ntop(family: c_int, address: [*]const u8, text: [*]u8, room: u32) ?[*:0]const u8;
pub extern fn if_nametoindex(name: [*:0]const u8) c_uint;
pub extern fn if_indextoname(index: c_uint, name: [*]u8) ?[*:0]const u8;

pub extern fn getaddrinfo(
    node: ?[*:0]const u8,
    service: ?[*:0]const u8,
    hints: *const c.struct_addrinfo,
    list: *?*c.struct_addrinfo,
) c_int;
pub extern fn freeaddrinfo(list: *c.struct_addrinfo) void;
pub extern fn getnameinfo(
    address: [*]const u8,
    length: u32,
    node: [*]u8,
    node_room: u32,
    service: [*]u8,
    service_room: u32,
    flags: c_int,
) c_int;
pub extern fn gai_strerror(eai: c_int) ?[*:0]const u8;
pub extern fn malloc(size: usize) ?*align(16) anyopaque;
pub extern fn free(memory: ?*anyopaque) void;

/// pthread_t: a number or a pointer, of the same size everywhere.
pub const Thread = usize;
pub extern fn pthread_create(
    thread: *Thread,
    attributes: ?*const anyopaque,
    start: *const fn (?*anyopaque) callconv(.c) ?*anyopaque,
    argument: ?*anyopaque,
) c_int;
pub extern fn pthread_detach(thread: Thread) c_int;
pub extern fn pthread_join(thread: Thread, value: ?*?*anyopaque) c_int;

extern fn dlsym(handle: ?*anyopaque, name: [*:0]const u8) ?*anyopaque;
extern fn sched_yield() c_int;

pub fn yield() void {
    _ = sched_yield();
}

/// A function that not every C library has, or null.
pub fn optional(comptime Function: type, name: [*:0]const u8) ?*const Function {
    return @ptrCast(@alignCast(dlsym(default_handle, name)));
}

/// RTLD_DEFAULT.
const default_handle: ?*anyopaque = switch (@import("builtin").target.os.tag) {
    .linux => null,
    else => @ptrFromInt(std.math.maxInt(usize) - 1),
};

const errno_location = switch (@import("builtin").target.os.tag) {
    .linux => struct {
        extern fn __errno_location() *c_int;
        const get = __errno_location;
    },
    else => struct {
        extern fn __error() *c_int;
        const get = __error;
    },
};

/// The calling thread's errno, which only the call just made may have set.
pub fn lastErrno() i32 {
    return errno_location.get().*;
}

/// Before a call that sets errno only where it fails.
pub fn clearErrno() void {
    errno_location.get().* = 0;
}

test "an optional function that the C library lacks is null" {
    const Function = fn () callconv(.c) c_int;
    try std.testing.expectEqual(@as(?*const Function, null), optional(Function, "rawsock_absent"));
    try std.testing.expect(optional(Function, "getpid") != null);
}

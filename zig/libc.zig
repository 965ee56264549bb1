//! What the library takes from libc. On Linux these names are left undefined and found in the
//! host process, so that one library serves glibc and musl.
const std = @import("std");
const c = @import("headers");

pub extern fn strerror(errno: c_int) ?[*:0]const u8;
pub extern fn inet_pton(family: c_int, text: [*:0]const u8, address: [*]u8) c_int;
pub extern fn inet_ntop(family: c_int, address: [*]const u8, text: [*]u8, room: u32) ?[*:0]const u8;
pub extern fn if_nametoindex(name: [*:0]const u8) c_uint;
pub extern fn if_indextoname(index: c_uint, name: [*]u8) ?[*:0]const u8;
pub extern fn getprotobyname(name: [*:0]const u8) ?*c.struct_protoent;

/// Writes strerror(3)'s text and returns its length; where `room` is short, the length needed.
pub fn strerrorInto(errno: i32, text: [*]u8, room: u32) callconv(.c) i32 {
    const message = std.mem.span(strerror(errno) orelse "");
    if (message.len <= room) @memcpy(text[0..message.len], message);
    return @intCast(message.len);
}

pub const ThreadMain = *const fn (?*anyopaque) callconv(.c) ?*anyopaque;
pub extern fn pthread_create(
    thread: *usize,
    attributes: ?*const anyopaque,
    main: ThreadMain,
    argument: ?*anyopaque,
) c_int;
pub extern fn pthread_join(thread: usize, value: ?*?*anyopaque) c_int;

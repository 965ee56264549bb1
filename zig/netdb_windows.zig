//! Windows: the lists of protocols and services, which Winsock does not give: they are files, as
//! elsewhere, in C:\\Windows\\System32\\drivers\\etc.
const std = @import("std");
const c = @import("headers");
const errors = @import("error_windows.zig");
const libc = @import("libc_windows.zig");
const winsock = @import("winsock.zig");
const Table = @import("netdb_table.zig").Table;

const extern_c = struct {
    extern "kernel32" fn GetSystemDirectoryA(path: [*]u8, room: u32) callconv(.winapi) u32;
    extern "kernel32" fn CreateFileA(
        path: [*:0]const u8,
        access: u32,
        sharing: u32,
        attributes: ?*anyopaque,
        disposition: u32,
        flags: u32,
        template: ?winsock.Handle,
    ) callconv(.winapi) usize;
    extern "kernel32" fn ReadFile(
        file: usize,
        data: [*]u8,
        size: u32,
        read: *u32,
        overlapped: ?*anyopaque,
    ) callconv(.winapi) c_int;
    extern "kernel32" fn CloseHandle(handle: usize) callconv(.winapi) c_int;
    extern "kernel32" fn GetLastError() callconv(.winapi) u32;
};

/// Entries one after the other into `out`: their length, or -errno. A file that is not there holds
/// nothing.
pub fn protocols(out: []u8) i32 {
    return all("\\drivers\\etc\\protocol", false, out);
}

pub fn services(out: []u8) i32 {
    return all("\\drivers\\etc\\services", true, out);
}

const size_max = 1 << 20;

fn all(comptime name: []const u8, comptime ports: bool, out: []u8) i32 {
    const memory = libc.malloc(size_max) orelse return -c.ENOMEM;
    defer libc.free(memory);
    const room = @as([*]u8, @ptrCast(memory))[0..size_max];
    const length = read(name, room);
    if (length < 0) return if (length == -c.ENOENT) 0 else length;
    var table: Table = .{ .room = out };
    var lines = std.mem.tokenizeAny(u8, room[0..@intCast(length)], "\r\n");
    while (lines.next()) |line| addLine(&table, line, ports);
    return table.result();
}

fn read(comptime name: []const u8, room: []u8) i32 {
    const path_max = 260;
    var path: [path_max + name.len + 1]u8 = undefined;
    const length = extern_c.GetSystemDirectoryA(&path, path_max);
    if (length == 0 or length >= path_max) return -c.ENOENT;
    @memcpy(path[length..][0..name.len], name);
    path[length + name.len] = 0;
    const generic_read = 0x8000_0000;
    const share_all = 7;
    const open_existing = 3;
    const file = extern_c.CreateFileA(
        @ptrCast(&path),
        generic_read,
        share_all,
        null,
        open_existing,
        0,
        null,
    );
    if (file == winsock.invalid_socket) return -errors.fromCode(@bitCast(extern_c.GetLastError()));
    defer _ = extern_c.CloseHandle(file);
    var count: u32 = 0;
    const size: u32 = @intCast(room.len);
    if (extern_c.ReadFile(file, room.ptr, size, &count, null) == 0) {
        return -errors.fromCode(@bitCast(extern_c.GetLastError()));
    }
    return @intCast(count);
}

const texts_max = 16;

/// "http 80/tcp www # a comment", or "icmp 1 ICMP". What is no such line is left out.
fn addLine(table: *Table, line: []const u8, comptime ports: bool) void {
    var words = std.mem.tokenizeAny(u8, std.mem.sliceTo(line, '#'), " \t");
    var texts: [texts_max][]const u8 = undefined;
    texts[0] = words.next() orelse return;
    var number = std.mem.splitScalar(u8, words.next() orelse return, '/');
    const value = std.fmt.parseInt(u16, number.first(), 10) catch return;
    var count: usize = 1;
    if (ports) {
        texts[1] = number.next() orelse return;
        count = 2;
    }
    while (count < texts_max) : (count += 1) texts[count] = words.next() orelse break;
    table.addTextsOf(value, texts[0..count]);
}

test "a line is a name, a number and aliases" {
    var room: [256]u8 = undefined;
    var table: Table = .{ .room = &room };
    addLine(&table, "http 80/tcp www # a comment", true);
    addLine(&table, "# nothing", true);
    addLine(&table, "nonsense", true);
    const start = @sizeOf(@import("netdb_table.zig").Entry);
    try std.testing.expectEqual(start + "http tcp www ".len, table.length);
    try std.testing.expectEqualStrings("http\x00tcp\x00www\x00", room[start..table.length]);
}

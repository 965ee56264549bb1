//! What the library is, as text made at compile time, a line for each section: the target; the
//! exported symbols, which TypeScript compares with its own table when it loads the library; the
//! constants and the record layouts as JSON, from which it takes every platform constant and
//! layout number.
const std = @import("std");
const builtin = @import("builtin");
const c = @import("headers");
const abi = @import("abi.zig");
const constants = @import("constants.zig");
const records = @import("records.zig");

/// Writes the text and returns its length; where `room` is short, the length needed.
pub fn read(text: [*]u8, room: u32) callconv(.c) i32 {
    if (whole.len <= room) @memcpy(text[0..whole.len], whole);
    return @intCast(whole.len);
}

const symbols_text = make(writeSymbols);
const constants_json = make(writeConstants);
const records_json = make(writeRecords);
const whole = @tagName(builtin.target.os.tag) ++ "-" ++ @tagName(builtin.target.cpu.arch) ++
    "\n" ++ symbols_text ++ "\n" ++ constants_json ++ "\n" ++ records_json;

fn make(comptime write: fn (*Text) void) []const u8 {
    comptime {
        @setEvalBranchQuota(10_000_000);
        var out: Text = .{};
        write(&out);
        const bytes = out.bytes[0..out.length].*;
        return &bytes;
    }
}

/// Text under construction at compile time.
const Text = struct {
    bytes: [128 * 1024]u8 = undefined,
    length: usize = 0,
    first: bool = true,

    fn write(text: *Text, part: []const u8) void {
        @memcpy(text.bytes[text.length..][0..part.len], part);
        text.length += part.len;
    }

    /// Opens a list, an object's members among them.
    fn open(text: *Text, part: []const u8) void {
        text.write(part);
        text.first = true;
    }

    fn close(text: *Text, part: []const u8) void {
        text.write(part);
        text.first = false;
    }

    fn next(text: *Text) void {
        if (!text.first) text.write(",");
        text.first = false;
    }

    fn member(text: *Text, name: []const u8) void {
        text.next();
        text.write("\"");
        text.write(name);
        text.write("\":");
    }

    fn integer(text: *Text, value: i64) void {
        text.write(std.fmt.comptimePrint("{d}", .{value}));
    }
};

/// Each symbol and bun:ffi's types of its parameters: `name i32 buffer,name u32`.
fn writeSymbols(out: *Text) void {
    for (@typeInfo(abi).@"struct".decls) |declaration| {
        const function = @typeInfo(@TypeOf(@field(abi, declaration.name))).@"fn";
        if (function.return_type != i32) {
            @compileError(declaration.name ++ " must return i32");
        }
        out.next();
        out.write(declaration.name);
        for (function.params) |parameter| {
            out.write(" " ++ parameterName(declaration.name, parameter.type.?));
        }
    }
}

/// bun:ffi's name of a parameter: "buffer" takes a view, "ptr" also null.
fn parameterName(symbol: []const u8, comptime Parameter: type) []const u8 {
    if (Parameter == i32) return "i32";
    if (Parameter == u32) return "u32";
    return switch (@typeInfo(Parameter)) {
        .pointer => "buffer",
        .optional => "ptr",
        else => @compileError(symbol ++ ": parameters are i32, u32 or pointers, not " ++
            @typeName(Parameter)),
    };
}

fn writeRecords(out: *Text) void {
    out.open("{");
    for (@typeInfo(records).@"struct".decls) |declaration| {
        const Record = @field(records, declaration.name);
        out.member(declaration.name);
        out.write("{\"size\":");
        out.integer(@sizeOf(Record));
        out.open(",\"fields\":{");
        for (@typeInfo(Record).@"struct".fields) |field| {
            out.member(field.name);
            out.write(std.fmt.comptimePrint("[{d},{d}]", .{
                @offsetOf(Record, field.name),
                @sizeOf(field.type),
            }));
        }
        out.close("}}");
    }
    out.write("}");
}

fn writeConstants(out: *Text) void {
    const declarations = @typeInfo(c).@"struct".decls;
    out.open("{");
    for (constants.groups) |group| {
        out.member(group.name);
        out.open("{");
        for (declarations) |declaration| {
            if (!constants.inGroup(declaration.name, group)) continue;
            const value = constants.integer(declaration.name) orelse continue;
            out.member(declaration.name[group.prefix.len..]);
            out.integer(value);
        }
        out.close("}");
    }
    out.member("ERRNO");
    out.open("{");
    for (declarations) |declaration| {
        if (!constants.isErrno(declaration.name)) continue;
        const value = constants.integer(declaration.name) orelse continue;
        out.member(declaration.name);
        out.integer(value);
    }
    out.close("}");
    out.member("single");
    out.open("{");
    for (constants.singles) |name| {
        if (!@hasDecl(c, name)) continue;
        out.member(name);
        out.integer(constants.integer(name).?);
    }
    out.write("}}");
}

test "a short buffer is told the length needed and left alone" {
    var small = [_]u8{0xa5} ** 8;
    try std.testing.expectEqual(whole.len, @as(usize, @intCast(read(&small, small.len))));
    try std.testing.expectEqualSlices(u8, &([_]u8{0xa5} ** 8), &small);
}

test "the symbols are listed with their parameters" {
    const count = std.mem.count(u8, symbols_text, ",") + 1;
    try std.testing.expectEqual(@typeInfo(abi).@"struct".decls.len, count);
    try std.testing.expect(std.mem.indexOf(u8, symbols_text, "rawsock_bind i32 buffer u32,") != null);
}

test "the constants and the records are JSON objects of objects" {
    for ([_][]const u8{ constants_json, records_json }) |json| {
        const parsed = try std.json.parseFromSlice(
            std.json.Value,
            std.testing.allocator,
            json,
            .{},
        );
        defer parsed.deinit();
        try std.testing.expect(parsed.value.object.count() > 20);
        for (parsed.value.object.values()) |value| {
            try std.testing.expect(value == .object);
        }
    }
}

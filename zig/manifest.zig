//! The ABI as JSON, made at compile time: the exported symbols, the record layouts, the constants
//! and the target. TypeScript compares the symbols with its own table when it loads the library,
//! and reads every layout number and platform constant from here.
const std = @import("std");
const builtin = @import("builtin");
const c = @import("headers");
const abi = @import("abi.zig");
const constants = @import("constants.zig");
const records = @import("records.zig");

/// Writes the manifest and returns its length; where `room` is short, the length needed.
pub fn read(text: [*]u8, room: u32) callconv(.c) i32 {
    if (json.len <= room) @memcpy(text[0..json.len], json);
    return json.len;
}

const json = make: {
    @setEvalBranchQuota(10_000_000);
    var out: Text = .{};
    out.write("{\"target\":\"" ++ @tagName(builtin.target.os.tag) ++ "-" ++
        @tagName(builtin.target.cpu.arch) ++ "\",\"symbols\":{");
    writeSymbols(&out);
    out.write("},\"records\":{");
    writeRecords(&out);
    out.write("},\"constants\":{");
    writeConstants(&out);
    out.write("}}");
    const bytes = out.bytes[0..out.length].*;
    break :make &bytes;
};

/// JSON under construction at compile time.
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

fn writeSymbols(out: *Text) void {
    for (@typeInfo(abi).@"struct".decls) |declaration| {
        const function = @typeInfo(@TypeOf(@field(abi, declaration.name))).@"fn";
        if (function.return_type != i32) {
            @compileError(declaration.name ++ " must return i32");
        }
        out.member(declaration.name);
        out.open("[");
        for (function.params) |parameter| {
            out.next();
            out.write("\"" ++ parameterName(declaration.name, parameter.type.?) ++ "\"");
        }
        out.close("]");
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
    out.first = true;
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
}

fn writeConstants(out: *Text) void {
    const declarations = @typeInfo(c).@"struct".decls;
    out.first = true;
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
    out.close("}");
}

test "a short buffer is told the length needed and left alone" {
    var small = [_]u8{0xa5} ** 8;
    const needed = read(&small, small.len);
    try std.testing.expect(needed > 1000);
    try std.testing.expectEqualSlices(u8, &([_]u8{0xa5} ** 8), &small);
}

test "the manifest is JSON and names every symbol" {
    const parsed = try std.json.parseFromSlice(
        std.json.Value,
        std.testing.allocator,
        json,
        .{},
    );
    defer parsed.deinit();
    const symbols = parsed.value.object.get("symbols").?.object;
    try std.testing.expectEqual(@typeInfo(abi).@"struct".decls.len, symbols.count());
}

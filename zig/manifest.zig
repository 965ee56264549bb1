//! What the library is, as text made at compile time. First what importing it needs: a line each
//! for the target, the exported symbols, which TypeScript compares with its own table, and the
//! constants as JSON. Then, read at first use, the record layouts, and further constants.
const std = @import("std");
const builtin = @import("builtin");
const c = @import("headers");
const abi = @import("abi.zig");
const constants = @import("constants.zig");
const records = @import("records.zig");

const Section = enum(u32) { head, records, families, network, _ };

/// Writes a section and returns its length; where `room` is short, the length needed.
pub fn read(section: u32, text: [*]u8, room: u32) callconv(.c) i32 {
    const whole: []const u8 = switch (@as(Section, @enumFromInt(section))) {
        .head => head_text,
        .records => records_json,
        .families => families_json,
        .network => network_json,
        _ => "",
    };
    if (whole.len <= room) @memcpy(text[0..whole.len], whole);
    return @intCast(whole.len);
}

const symbols_text = make(writeSymbols);
const constants_json = make(writeConstants);
const records_json = make(writeRecords);
const families_json = make(writeFamilies);
const network_json = make(writeNetwork);
/// What importing needs, a line for each.
const head_text = @tagName(builtin.target.os.tag) ++ "-" ++ @tagName(builtin.target.cpu.arch) ++
    "\n" ++ symbols_text ++ "\n" ++ constants_json;

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
    bytes: [64 * 1024]u8 = undefined,
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

    fn member(text: *Text, comptime name: []const u8) void {
        text.next();
        text.write("\"" ++ name ++ "\":");
    }

    fn integer(text: *Text, value: i64) void {
        var digits: [20]u8 = undefined;
        text.write(std.fmt.bufPrint(&digits, "{d}", .{value}) catch unreachable);
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
        writeFields(out, Record, 0);
        out.close("}}");
    }
    out.write("}");
}

/// What C names no further, a union within a structure, has its members' names, as in C.
fn writeFields(out: *Text, comptime Record: type, comptime start: usize) void {
    const is_union = @typeInfo(Record) == .@"union";
    for (@field(@typeInfo(Record), if (is_union) "union" else "struct").fields) |field| {
        const offset = start + if (is_union) 0 else @offsetOf(Record, field.name);
        if (std.mem.startsWith(u8, field.name, "unnamed_")) {
            writeFields(out, field.type, offset);
            continue;
        }
        // An array whose length C leaves open.
        if (@sizeOf(field.type) == 0) continue;
        out.member(field.name);
        out.write("[");
        out.integer(offset);
        out.write(",");
        out.integer(@sizeOf(field.type));
        out.write("]");
    }
}

fn writeConstants(out: *Text) void {
    out.open("{");
    for (constants.groups) |group| writeGroup(out, group);
    out.member("ERRNO");
    out.open("{");
    for (names['E' - 'A']) |name| {
        if (!constants.isErrno(name)) continue;
        const value = constants.integer(name) orelse continue;
        out.member(name);
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

fn writeFamilies(out: *Text) void {
    writeGroups(out, &constants.families);
}

fn writeNetwork(out: *Text) void {
    writeGroups(out, &constants.network);
}

fn writeGroups(out: *Text, groups: []const constants.Group) void {
    out.open("{");
    for (groups) |group| writeGroup(out, group);
    out.write("}");
}

/// The names in capitals by their first letter: to look for a group among all declarations would
/// take the compiler most of its time.
const names: [26][]const []const u8 = by_letter: {
    @setEvalBranchQuota(10_000_000);
    const declarations = @typeInfo(c).@"struct".decls;
    var counts: [26]usize = @splat(0);
    for (declarations) |declaration| {
        switch (declaration.name[0]) {
            'A'...'Z' => |letter| counts[letter - 'A'] += 1,
            else => {},
        }
    }
    var starts: [26]usize = undefined;
    var total: usize = 0;
    for (&starts, counts) |*start, count| {
        start.* = total;
        total += count;
    }
    var sorted: [total][]const u8 = undefined;
    var ends = starts;
    for (declarations) |declaration| {
        switch (declaration.name[0]) {
            'A'...'Z' => |letter| {
                sorted[ends[letter - 'A']] = declaration.name;
                ends[letter - 'A'] += 1;
            },
            else => {},
        }
    }
    const all = sorted;
    var lists: [26][]const []const u8 = undefined;
    for (&lists, starts, ends) |*list, start, end| list.* = all[start..end];
    break :by_letter lists;
};

fn writeGroup(out: *Text, comptime group: constants.Group) void {
    out.member(group.name);
    out.open("{");
    for (names[group.prefix[0] - 'A']) |name| {
        if (!constants.inGroup(name, group)) continue;
        const value = constants.integer(name) orelse continue;
        out.member(name[group.prefix.len..]);
        out.integer(value);
    }
    out.close("}");
}

test "a short buffer is told the length needed and left alone" {
    var small = [_]u8{0xa5} ** 8;
    for (0..4) |section| {
        try std.testing.expect(read(@intCast(section), &small, small.len) > small.len);
        try std.testing.expectEqualSlices(u8, &([_]u8{0xa5} ** 8), &small);
    }
    try std.testing.expectEqual(0, read(4, &small, small.len));
}

test "the symbols are listed with their parameters" {
    const count = std.mem.count(u8, symbols_text, ",") + 1;
    try std.testing.expectEqual(@typeInfo(abi).@"struct".decls.len, count);
    const bind = std.mem.indexOf(u8, symbols_text, "rawsock_bind i32 buffer u32,");
    try std.testing.expect(bind != null);
}

test "the constants and the records are JSON objects of objects" {
    for ([_][]const u8{ constants_json, records_json, families_json, network_json }) |json| {
        const parsed = try std.json.parseFromSlice(
            std.json.Value,
            std.testing.allocator,
            json,
            .{},
        );
        defer parsed.deinit();
        try std.testing.expect(parsed.value.object.count() > 0);
        for (parsed.value.object.values()) |value| {
            try std.testing.expect(value == .object);
        }
    }
}

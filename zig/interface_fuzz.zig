//! The list of interfaces from answers that no kernel would send. They end at a page that must not
//! be touched, and what is written ends at another.
const std = @import("std");
const c = @import("headers");
const interface = @import("interface_table.zig");
const interface_linux = @import("interface_linux.zig");
const netlink = @import("netlink.zig");
const linux = std.os.linux;

/// Memory of a few pages whose end is the end of what may be touched.
const Guarded = struct {
    pages: []u8,

    const size = 4 * 4096;

    fn make() !Guarded {
        const none: linux.PROT = .{};
        const kind: linux.MAP = .{ .TYPE = .PRIVATE, .ANONYMOUS = true };
        const start = linux.mmap(null, size + 4096, none, kind, -1, 0);
        if (linux.errno(start) != .SUCCESS) return error.OutOfMemory;
        const both: linux.PROT = .{ .READ = true, .WRITE = true };
        const opened = linux.mprotect(@ptrFromInt(start), size, both);
        if (linux.errno(opened) != .SUCCESS) return error.OutOfMemory;
        return .{ .pages = @as([*]u8, @ptrFromInt(start))[0..size] };
    }

    fn free(memory: Guarded) void {
        _ = linux.munmap(memory.pages.ptr, size + 4096);
    }

    /// The last `length` bytes, which begin at a multiple of 8 where `length` is one.
    fn last(memory: Guarded, length: usize) []u8 {
        return memory.pages[size - length ..];
    }
};

/// Writes messages as the kernel does, more or less.
const Writer = struct {
    bytes: []u8,
    length: usize = 0,
    random: std.Random,

    fn add(writer: *Writer, value: anytype) void {
        const source = std.mem.asBytes(&value);
        const room = @min(source.len, writer.bytes.len - writer.length);
        @memcpy(writer.bytes[writer.length..][0..room], source[0..room]);
        writer.length += room;
    }

    fn attribute(writer: *Writer) void {
        const kinds = [_]u16{
            c.IFLA_ADDRESS, c.IFLA_BROADCAST, c.IFLA_IFNAME, c.IFA_LOCAL, c.IFA_LABEL, 4, 77,
        };
        const lengths = [_]u16{ 0, 1, 4, 6, 16, 20, 32, 33, 61, 62, 63, 64, 255, 256, 300 };
        const length = lengths[writer.random.uintLessThan(usize, lengths.len)];
        const lie: u16 = if (writer.random.uintLessThan(u8, 20) == 0) writer.random.int(u16) else 0;
        writer.add(c.struct_rtattr{
            .rta_len = (length + 4) ^ lie,
            .rta_type = kinds[writer.random.uintLessThan(usize, kinds.len)],
        });
        for (0..std.mem.alignForward(u16, length, 4)) |_| {
            writer.add(writer.random.intRangeAtMost(u8, 1, 255));
        }
    }

    fn message(writer: *Writer, sequence: u32) void {
        const random = writer.random;
        const kinds = [_]u16{ c.RTM_NEWLINK, c.RTM_NEWADDR, c.RTM_NEWSTATS, c.RTM_NEWROUTE };
        const start = writer.length;
        writer.add(c.struct_nlmsghdr{
            .nlmsg_type = kinds[random.uintLessThan(usize, kinds.len)],
            .nlmsg_seq = sequence,
        });
        const families = [_]u8{ c.AF_INET, c.AF_INET6, c.AF_UNSPEC, c.AF_PACKET, 99 };
        writer.add(c.struct_ifaddrmsg{
            .ifa_family = families[random.uintLessThan(usize, families.len)],
            .ifa_prefixlen = random.int(u8),
            .ifa_index = random.uintLessThan(u32, 4),
        });
        // A struct ifinfomsg is 8 bytes longer.
        if (random.boolean()) writer.add(random.int(u64));
        for (0..random.uintLessThan(usize, 4)) |_| writer.attribute();
        if (writer.length - start < 4) return;
        const length: u32 = @intCast(writer.length - start);
        const lie: u32 = if (random.uintLessThan(u8, 20) == 0) random.int(u32) else 0;
        std.mem.writeInt(u32, writer.bytes[start..][0..4], length ^ lie, .little);
    }
};

test "answers that no kernel would send are refused or read within their bounds" {
    const datagrams: Guarded = try .make();
    defer datagrams.free();
    const tables: Guarded = try .make();
    defer tables.free();
    var seed: std.Random.DefaultPrng = .init(7);
    const random = seed.random();
    var made: [4000]u8 = undefined;
    var listed: usize = 0;
    var refused: usize = 0;
    for (0..30_000) |_| {
        const room = random.uintAtMost(usize, 256) * 8;
        var lister: interface_linux.Lister = .{ .table = .begin(tables.last(room), 1) };
        var dump: netlink.Dump = .{ .socket = -1, .scratch = &.{}, .first_room = 0 };
        for (0..6) |number| {
            if (number == 3) lister.beginAddresses();
            var writer: Writer = .{ .bytes = &made, .random = random };
            for (0..random.uintLessThan(usize, 4)) |_| writer.message(dump.sequence);
            // Cut off anywhere, now and then.
            const cut = random.uintLessThan(u8, 4) == 0;
            const length = if (cut) random.uintAtMost(usize, writer.length) else writer.length;
            const datagram = datagrams.last(length);
            @memcpy(datagram, made[0..length]);
            const status = dump.takeDatagram(datagram, &lister) orelse continue;
            if (status == -c.EBADMSG) refused += 1;
        }
        if (lister.table.written > @sizeOf(interface.Header)) listed += 1;
    }
    try std.testing.expect(listed > 1000);
    try std.testing.expect(refused > 1000);
}

test "an address of another family, a long name and an address among the links are bounded" {
    var room: [1024]u8 align(8) = undefined;
    var lister: interface_linux.Lister = .{ .table = .begin(&room, 1) };
    const Link = extern struct {
        head: c.struct_ifinfomsg = .{ .ifi_index = 1 },
        name: c.struct_rtattr,
        text: [300]u8 = @splat('x'),
    };
    var link: Link = .{ .name = .{ .rta_len = 4 + 256, .rta_type = c.IFLA_IFNAME } };
    const bytes = std.mem.asBytes(&link);
    try std.testing.expectEqual(-c.EBADMSG, lister.take(c.RTM_NEWLINK, bytes));
    link.name.rta_len = 4 + 255;
    try std.testing.expectEqual(0, lister.take(c.RTM_NEWLINK, bytes));

    const Address = extern struct {
        head: c.struct_ifaddrmsg = .{ .ifa_family = 99, .ifa_index = 1 },
        attribute: c.struct_rtattr,
        data: [64]u8 = @splat('y'),
    };
    var address: Address = .{ .attribute = .{ .rta_type = c.IFA_ADDRESS } };
    address.attribute.rta_len = 4 + 62;
    try std.testing.expectEqual(0, lister.take(c.RTM_NEWADDR, std.mem.asBytes(&address)));
    const before = lister.table.length;
    lister.beginAddresses();
    try std.testing.expectEqual(0, lister.take(c.RTM_NEWADDR, std.mem.asBytes(&address)));
    try std.testing.expect(lister.table.length > before);
    address.attribute.rta_len = 4 + 63;
    const longer = lister.take(c.RTM_NEWADDR, std.mem.asBytes(&address));
    try std.testing.expectEqual(-c.EBADMSG, longer);
}

//! A network device whose packets this process reads and writes: one call, one packet. None of the
//! calls waits.
const std = @import("std");
const c = @import("headers");
const namespace = @import("namespace.zig");
const system = @import("system.zig");
const Source = @import("readiness_source.zig").Source;
const Step = namespace.Step;

const device = switch (@import("builtin").target.os.tag) {
    .linux => @import("tun_linux.zig"),
    .windows => @import("tun_windows.zig"),
    else => @import("tun_posix.zig"),
};

/// The largest packet there is with what may stand before it: Ethernet's header with tags, and a
/// struct virtio_net_hdr of any version.
const packet_max = 65_535 + 256;

const Name = [c.IFNAMSIZ]u8;

/// Opens a device, as a descriptor of the event source's. `name` holds IFNAMSIZ bytes: the name or
/// pattern that is asked for, and afterwards the device's. `flags` are those of tun_options.zig.
/// With `entry` >= 0 or a path it is made in that network namespace. Stores in `step`, an i32,
/// what failed.
pub fn open(
    memory: [*]u8,
    entry: i32,
    path: ?[*]const u8,
    name: [*]u8,
    flags: u32,
    step: [*]u8,
) callconv(.c) i32 {
    const failed: *align(1) Step = @ptrCast(step);
    const job: Job = .{ .name = name[0..c.IFNAMSIZ], .flags = flags };
    const fd = if (entry >= 0 or path != null)
        namespace.inside(entry, path, failed, job)
    else here: {
        var own: Step = .device;
        defer failed.* = own;
        break :here job.make(&own);
    };
    if (fd >= 0) Source.from(memory).own(fd);
    return fd;
}

const Job = struct {
    name: *Name,
    flags: u32,

    pub fn make(job: Job, step: *Step) i32 {
        return device.open(job.name, job.flags, step);
    }
};

/// Reads a packet: its own length, which may be more than what was stored, or -errno.
pub fn read(fd: i32, buffer: [*]u8, offset: u32, length: u32) callconv(.c) i32 {
    return readInto(fd, buffer[offset..][0..length]);
}

fn readInto(fd: i32, target: []u8) i32 {
    if (target.len >= packet_max) return device.read(fd, target, &.{});
    return readBeyond(fd, target);
}

/// read(2) cuts a packet off and does not tell, so there must be room for the rest.
noinline fn readBeyond(fd: i32, target: []u8) i32 {
    // Otherwise the room would be filled each time.
    @setRuntimeSafety(false);
    var rest: [packet_max]u8 = undefined;
    return device.read(fd, target, rest[0 .. packet_max - target.len]);
}

/// Where a packet of a batch lies, and its own length, which may be more than what was stored.
const Place = extern struct { offset: u32, length: u32 };

/// Reads up to `count` packets, of each at most `size` bytes, one behind the other into `room`
/// bytes of `memory`, and stores a Place for each in `places`: how many, or -errno where there is
/// none.
pub fn readBatch(
    fd: i32,
    memory: [*]u8,
    room: u32,
    size: u32,
    count: u32,
    places: [*]u8,
) callconv(.c) i32 {
    const table: [*]align(1) Place = @ptrCast(places);
    var offset: u32 = 0;
    for (0..count) |index| {
        // There must be room for the largest.
        if (room - offset < size) return @intCast(index);
        const length = readAt(fd, memory[offset..room], size);
        // The next call meets the same error.
        if (length < 0) return if (index > 0) @intCast(index) else length;
        table[index] = .{ .offset = offset, .length = @intCast(length) };
        const stored = @min(size, table[index].length);
        offset = @min(offset + std.mem.alignForward(u32, stored, 8), room);
    }
    return @intCast(count);
}

/// The rest of a packet that is longer than `size` may lie where the next one will.
fn readAt(fd: i32, free: []u8, size: u32) i32 {
    return readInto(fd, if (free.len >= packet_max) free[0..packet_max] else free[0..size]);
}

/// Writes a packet: its length, or -errno.
pub fn write(fd: i32, data: [*]const u8, offset: u32, length: u32) callconv(.c) i32 {
    // writev(2) of nothing does not reach the device, whose answer this is.
    if (length == 0) return -c.EINVAL;
    return device.write(fd, data[offset..][0..length]);
}

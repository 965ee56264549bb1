//! Linux: PACKET_RX_RING.
const std = @import("std");
const c = @import("headers");
const configdev = @import("configdev.zig");
const Form = @import("ring_form.zig").Form;
const ring = @import("ring_memory.zig");
const ring_encode = @import("ring_encode.zig");
const system = @import("system.zig");

const Ring = ring.Ring;

pub fn open(
    fd: i32,
    block_size: u32,
    blocks: u32,
    timeout_ms: u32,
    reserve: u32,
    address: [*]u8,
) i32 {
    // Both decide on the layout of a ring, and cannot be set once there is one.
    var status = set(fd, c.PACKET_VERSION, &@as(c_int, c.TPACKET_V3));
    if (status < 0) return status;
    status = set(fd, c.PACKET_RESERVE, &@as(c_uint, reserve));
    if (status < 0) return status;
    var request = std.mem.zeroes(c.struct_tpacket_req3);
    request.tp_block_size = block_size;
    request.tp_block_nr = blocks;
    // Packets of any length share a block; the size of a frame is only checked.
    request.tp_frame_size = block_size;
    request.tp_frame_nr = blocks;
    request.tp_retire_blk_tov = timeout_ms;
    status = set(fd, c.PACKET_RX_RING, &request);
    if (status < 0) return status;
    status = map(fd, @as(usize, block_size) * blocks, address);
    if (status < 0) std.mem.writeInt(u64, address[0..8], mmap_failed, .little);
    // A ring that nobody reads would only take its memory.
    if (status < 0) _ = set(fd, c.PACKET_RX_RING, &std.mem.zeroes(c.struct_tpacket_req3));
    return status;
}

/// Instead of an address: mmap(2) is what failed. Otherwise it was setsockopt(2).
const mmap_failed = 1;

fn set(fd: i32, name: i32, value: anytype) i32 {
    const size = @sizeOf(@typeInfo(@TypeOf(value)).pointer.child);
    return system.setsockopt(fd, c.SOL_PACKET, name, @ptrCast(value), size);
}

fn map(fd: i32, size: usize, address: [*]u8) i32 {
    var memory: usize = 0;
    const whole = ring.blocks_start + size;
    const status = system.map(whole, &memory);
    if (status < 0) return status;
    const mapped = system.mapFile(memory + ring.blocks_start, size, fd);
    if (mapped < 0) {
        system.unmap(memory, whole);
        return mapped;
    }
    Ring.at(memory).size = whole;
    std.mem.writeInt(u64, address[0..8], memory, .little);
    return 0;
}

pub fn leave(memory: [*]u8) i32 {
    const start = @intFromPtr(memory);
    const size = Ring.at(start).size - ring.blocks_start;
    return system.mapNothing(start + ring.blocks_start, size);
}

pub fn release(memory: [*]u8) i32 {
    const start = @intFromPtr(memory);
    system.unmap(start, Ring.at(start).size);
    return 0;
}

pub fn encode(memory: [*]const u8, offsets: []const u32, output: []u8, form: *Form) i32 {
    const size = Ring.at(@intFromPtr(memory)).size;
    return @intCast(ring_encode.encode(memory[0..size], offsets, output, form));
}

pub fn stampByHardware(fd: i32, interface: [*]const u8) i32 {
    var config = std.mem.zeroes(c.struct_hwtstamp_config);
    config.rx_filter = c.HWTSTAMP_FILTER_ALL;
    var request: configdev.Request = .about(interface);
    std.mem.writeInt(u64, request.value.bytes[0..8], @intFromPtr(&config), .little);
    return system.ioctl(fd, c.SIOCSHWTSTAMP, &request);
}

//! The ring of a packet socket: blocks of memory that the kernel fills with packets and that the
//! program reads where they are. packet(7), TPACKET_V3. Linux.
//!
//! The mapping is handed to JavaScript as an ArrayBuffer whose deallocator is `release`, as an
//! event source's is. A mapping holds its socket open, descriptor or not: `leave` puts empty
//! memory in its place when the capture is closed, so that views of it, which a program may have
//! kept, stay readable until the heap frees them.
const Form = @import("ring_form.zig").Form;
const implementation = switch (@import("builtin").target.os.tag) {
    .linux => @import("ring_linux.zig"),
    else => @import("ring_posix.zig"),
};

/// Gives a packet socket a ring and stores the address of the mapping, 8 bytes, in `address`. What
/// fails leaves nothing behind; where that is mmap(2), 1 is stored. `timeout_ms`: how long a block
/// may wait before it is handed over; `reserve`: bytes to be left free before each packet.
pub fn open(
    fd: i32,
    block_size: u32,
    blocks: u32,
    timeout_ms: u32,
    reserve: u32,
    address: [*]u8,
) callconv(.c) i32 {
    return implementation.open(fd, block_size, blocks, timeout_ms, reserve, address);
}

/// Leaves the socket: empty memory from now on.
pub fn leave(memory: [*]u8) callconv(.c) i32 {
    return implementation.leave(memory);
}

/// Unmaps it: the ArrayBuffer's deallocator.
pub fn release(memory: [*]u8, _: ?[*]u8) callconv(.c) i32 {
    return implementation.release(memory);
}

/// Writes the packets at the first `count` of `offsets` to `output`, from `at` to `end`, as a
/// capture file has them: how many, which may be fewer, and the form tells the rest.
pub fn encode(
    memory: [*]u8,
    offsets: [*]const u32,
    count: u32,
    output: [*]u8,
    at: u32,
    end: u32,
    form: *Form,
) callconv(.c) i32 {
    return implementation.encode(memory, offsets[0..count], output[at..end], form);
}

/// Has a network card stamp all packets that it receives. ioctl(2) SIOCSHWTSTAMP.
pub fn stampByHardware(fd: i32, interface: [*]const u8) callconv(.c) i32 {
    return implementation.stampByHardware(fd, interface);
}

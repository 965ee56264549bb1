//! What a capture file's packets look like: see ring_encode.zig.

pub const Form = extern struct {
    /// pcapng's blocks, where it is not 0; else pcap's records.
    blocks: u32,
    /// Whether times are in nanoseconds; else in microseconds.
    nanoseconds: u32,
    /// The most bytes of a packet.
    snaplen: u32,
    /// The index of the interface that all packets must be of; 0: any.
    interface: u32,
    /// Its number in the file.
    number: u32,
    /// All packets must be before that.
    until_seconds: u32,
    until_nanoseconds: u32,
    /// The answer: how many bytes were written, and when the last packet was.
    size: u32,
    last_seconds: u32,
    last_nanoseconds: u32,
};

//! The library as test/fuzz/native sees it: its exports, and the parts that make and read bytes.
pub const BatchHeader = @import("batch_header.zig").BatchHeader;
pub const abi = @import("abi.zig");
pub const frame_checksum = @import("frame_checksum.zig");
pub const interface_table = @import("interface_table.zig");
pub const manifest = @import("manifest.zig");
pub const message = @import("message.zig");
pub const netdb_table = @import("netdb_table.zig");
pub const resolve = @import("resolve.zig");
pub const ring_form = @import("ring_form.zig");
pub const ring_memory = @import("ring_memory.zig");
pub const readiness_source = @import("readiness_source.zig");
pub const socket = @import("socket.zig");

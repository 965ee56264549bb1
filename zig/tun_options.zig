//! How a device is opened: bits that src/tun/open.ts numbers alike.

/// Ethernet frames instead of IP packets.
pub const tap: u32 = 1;
/// Several descriptors share the device.
pub const multi_queue: u32 = 2;
/// A struct virtio_net_hdr stands before each packet.
pub const virtio_header: u32 = 4;
/// It must not be there yet.
pub const exclusive: u32 = 8;

//! Finds the IP packet in a frame and the transport segment in the packet. Nothing is read before
//! its length is checked, and nothing is written.
const std = @import("std");
const frame_link = @import("frame_link.zig");

pub const Link = frame_link.Link;
pub const Version = frame_link.Version;
pub const Refusal = @import("frame_refusal.zig").Refusal;
pub const explanation = @import("frame_refusal.zig").explanation;

pub const Packet = struct {
    version: Version,
    /// From the IP header to the packet's end, without what pads the frame.
    bytes: []const u8,
    /// With IPv4 options, or behind `walk` the IPv6 extension and authentication headers.
    header_length: usize,
    /// The addresses of the pseudo-header: the real source and the final destination.
    source: [*]const u8,
    destination: [*]const u8,
    /// What follows the header.
    protocol: u8,
    is_fragment: bool,
    /// A final destination that stands nowhere in one piece: `destination` points here then.
    assembled: [16]u8 = undefined,

    pub fn payload(packet: *const Packet) []const u8 {
        return packet.bytes[packet.header_length..];
    }
};

/// The IP packet of a frame, its network header alone: `walk` goes on from there.
pub inline fn packetOf(frame: []const u8, link: Link) Refusal!Packet {
    const network = try frame_link.networkOf(frame, link);
    return switch (network.version) {
        .ipv4 => ipv4(network.bytes),
        .ipv6 => ipv6(network.bytes),
    };
}

/// The IPv4 header of a frame, where that is whole, whatever lies behind it.
pub fn ipv4HeaderOf(frame: []const u8, link: Link) Refusal![]const u8 {
    const network = try frame_link.networkOf(frame, link);
    if (network.version != .ipv4) return error.NotIpv4;
    const bytes = network.bytes;
    if (bytes.len < 20) return error.Ipv4Cut;
    const header_length = @as(usize, bytes[0] & 0x0f) * 4;
    if (header_length < 20) return error.Ipv4HeaderShort;
    if (header_length > bytes.len) return error.Ipv4Cut;
    return bytes[0..header_length];
}

/// The packet of the commonest frame, for callers that want the compiler to know what it is: IPv4
/// without options in Ethernet without tags. null for any other, malformed ones among them.
pub inline fn plainPacketOf(frame: []const u8, link: Link) ?Packet {
    if (link != .ethernet or frame.len < 34) return null;
    if (word(frame, 12) != 0x0800 or frame[14] != 0x45) return null;
    return ipv4(frame[14..]) catch null;
}

inline fn word(bytes: []const u8, offset: usize) u16 {
    return std.mem.readInt(u16, bytes[offset..][0..2], .big);
}

/// Goes on to what the packet carries, over extension headers. The packet stays where it is then.
pub inline fn walk(packet: *Packet) Refusal!void {
    switch (packet.version) {
        .ipv4 => if (packet.protocol == authentication) try skipAuthentication(packet),
        .ipv6 => try walkIpv6(packet),
    }
}

/// RFC 4302: in IPv4 it stands between the header and what it protects.
fn skipAuthentication(packet: *Packet) Refusal!void {
    while (packet.protocol == authentication and !packet.is_fragment) {
        const rest = packet.payload();
        if (rest.len < 12) return error.AuthenticationCut;
        const length = (@as(usize, rest[1]) + 2) * 4;
        if (length < 12 or length > rest.len) return error.AuthenticationCut;
        packet.protocol = rest[0];
        packet.header_length += length;
    }
}

/// RFC 791.
inline fn ipv4(bytes: []const u8) Refusal!Packet {
    if (bytes.len < 20) return error.Ipv4Cut;
    const header_length = @as(usize, bytes[0] & 0x0f) * 4;
    const total_length = word(bytes, 2);
    if (header_length < 20) return error.Ipv4HeaderShort;
    if (total_length < header_length) return error.Ipv4TotalShort;
    if (total_length > bytes.len) return error.Ipv4TotalLong;
    return .{
        .version = .ipv4,
        .bytes = bytes[0..total_length],
        .header_length = header_length,
        .source = bytes[12..].ptr,
        .destination = if (header_length == 20)
            bytes[16..].ptr
        else
            sourceRoute(bytes[20..header_length]) orelse bytes[16..].ptr,
        .protocol = bytes[9],
        // More fragments, or an offset.
        .is_fragment = word(bytes, 6) & 0x3fff != 0,
    };
}

/// The end of a source route that the packet has not reached yet: the header names the next hop
/// there, the pseudo-header the final destination. Malformed options are no checksum's concern.
fn sourceRoute(options: []const u8) ?[*]const u8 {
    const end_of_options = 0;
    const no_operation = 1;
    const loose_route = 131;
    const strict_route = 137;
    var rest = options;
    while (rest.len > 0 and rest[0] != end_of_options) {
        if (rest[0] == no_operation) {
            rest = rest[1..];
            continue;
        }
        if (rest.len < 2) return null;
        const length = rest[1];
        if (length < 2 or length > rest.len) return null;
        if (rest[0] == loose_route or rest[0] == strict_route) {
            if (length < 7 or length % 4 != 3) return null;
            const pointer = rest[2];
            if (pointer < 4 or pointer % 4 != 0 or pointer > length) return null;
            return rest[length - 4 ..].ptr;
        }
        rest = rest[length..];
    }
    return null;
}

/// IPv6 header types, RFC 8200 and RFC 4302.
const hop_by_hop = 0;
const routing = 43;
const fragment = 44;
pub const authentication = 51;
const destination_options = 60;

/// RFC 8200.
fn ipv6(bytes: []const u8) Refusal!Packet {
    if (bytes.len < 40) return error.Ipv6Cut;
    const payload_length = word(bytes, 4);
    if (payload_length == 0 and isJumbogram(bytes)) return error.Ipv6Jumbogram;
    if (payload_length > bytes.len - 40) return error.Ipv6PayloadLong;
    return .{
        .version = .ipv6,
        .bytes = bytes[0 .. 40 + @as(usize, payload_length)],
        .header_length = 40,
        .source = bytes[8..].ptr,
        .destination = bytes[24..].ptr,
        .protocol = bytes[6],
        .is_fragment = false,
    };
}

/// RFC 2675: the length is in an option then; without it a length of zero is what it says.
fn isJumbogram(bytes: []const u8) bool {
    const rest = bytes[40..];
    if (bytes[6] != hop_by_hop or rest.len < 8) return false;
    const length = @min((@as(usize, rest[1]) + 1) * 8, rest.len);
    const found = option(rest[0..length], jumbo_payload) catch return false;
    return found != null;
}

fn walkIpv6(packet: *Packet) Refusal!void {
    while (true) {
        switch (packet.protocol) {
            hop_by_hop, routing, destination_options, authentication => {},
            fragment => {
                const rest = packet.payload();
                if (rest.len < 8) return error.Ipv6ExtensionCut;
                // RFC 6946: an atomic fragment, offset 0 and no more, is the whole datagram.
                if (word(rest, 2) & 0xfff9 != 0) {
                    packet.is_fragment = true;
                    return;
                }
                packet.protocol = rest[0];
                packet.header_length += 8;
                continue;
            },
            else => return,
        }
        try skipExtension(packet);
    }
}

fn skipExtension(packet: *Packet) Refusal!void {
    const rest = packet.payload();
    if (rest.len < 8) return error.Ipv6ExtensionCut;
    const length = if (packet.protocol == authentication)
        (@as(usize, rest[1]) + 2) * 4
    else
        (@as(usize, rest[1]) + 1) * 8;
    if (length > rest.len) return error.Ipv6ExtensionCut;
    const header = rest[0..length];
    switch (packet.protocol) {
        hop_by_hop => {
            if (packet.header_length != 40) return error.Ipv6HopByHopLate;
            if (try option(header, jumbo_payload) != null) return error.Ipv6Jumbogram;
        },
        destination_options => if (try option(header, home_address)) |address| {
            // RFC 6275, section 11.3.1: the mobile node's own address is the source.
            if (address.len == 16) packet.source = address.ptr;
        },
        routing => try setFinalDestination(packet, header),
        else => {},
    }
    packet.protocol = header[0];
    packet.header_length += length;
}

const jumbo_payload = 0xc2;
const home_address = 0xc9;

/// The data of an option of that type.
fn option(header: []const u8, wanted: u8) Refusal!?[]const u8 {
    const pad1 = 0;
    var rest = header[2..];
    var found: ?[]const u8 = null;
    while (rest.len > 0) {
        if (rest[0] == pad1) {
            rest = rest[1..];
            continue;
        }
        if (rest.len < 2) return error.Ipv6OptionCut;
        const end = @as(usize, rest[1]) + 2;
        if (end > rest.len) return error.Ipv6OptionCut;
        if (rest[0] == wanted) found = rest[2..end];
        rest = rest[end..];
    }
    return found;
}

/// Where a routing header leads at last, where the packet is not there already.
fn setFinalDestination(packet: *Packet, header: []const u8) Refusal!void {
    const source_route = 0; // RFC 2460
    const home_agent = 2; // RFC 6275
    const compressed_route = 3; // RFC 6554
    const segment_routing = 4; // RFC 8754
    const segments_left = header[3];
    if (segments_left == 0) return;
    const addresses = (header.len - 8) / 16;
    switch (header[2]) {
        source_route, home_agent => {
            if (segments_left > addresses) return error.Ipv6RouteLong;
            packet.destination = header[8 + (addresses - 1) * 16 ..].ptr;
        },
        segment_routing => {
            // The list is in reverse; its reduced form lacks the first segment.
            const entries = @as(usize, header[4]) + 1;
            if (entries > addresses or segments_left > entries) return error.Ipv6RouteLong;
            packet.destination = header[8..].ptr;
        },
        compressed_route => {
            // What the addresses have in common with the present destination is left out.
            const left_out = header[4] >> 4;
            const left_out_of_last: usize = header[4] & 0x0f;
            const padding = header[5] >> 4;
            const size = 16 - @as(usize, left_out);
            const size_of_last = 16 - left_out_of_last;
            if (header.len < 8 + size_of_last + padding) return error.Ipv6RouteMalformed;
            const before_last = header.len - 8 - size_of_last - padding;
            if (before_last % size != 0) return error.Ipv6RouteMalformed;
            if (segments_left > before_last / size + 1) return error.Ipv6RouteLong;
            const last = header[8 + before_last ..][0..size_of_last];
            // A second such header goes on from what the first has assembled, in the same place.
            const common = packet.destination[0..left_out_of_last];
            std.mem.copyForwards(u8, packet.assembled[0..left_out_of_last], common);
            @memcpy(packet.assembled[left_out_of_last..], last);
            packet.destination = &packet.assembled;
        },
        else => return error.Ipv6RouteUnknown,
    }
}

pub const Transport = enum { icmp, tcp, udp, igmp, sctp };

/// What the transport's checksum covers besides the pseudo-header.
pub inline fn segmentOf(packet: *const Packet, comptime transport: Transport) Refusal![]const u8 {
    if (packet.is_fragment) return error.Fragment;
    if (packet.protocol != protocolNumber(packet.version, transport)) return error.OtherProtocol;
    const payload = packet.payload();
    switch (transport) {
        // RFC 792: every message has eight bytes at least; RFC 4443: a type, a code and a checksum.
        .icmp => if (payload.len < minimum(packet.version)) return error.IcmpCut,
        .igmp => if (payload.len < 8) return error.IgmpCut,
        .sctp => if (payload.len < 12) return error.SctpCut,
        .tcp => {
            if (payload.len < 20) return error.TcpCut;
            const header_length = @as(usize, payload[12] >> 4) * 4;
            if (header_length < 20) return error.TcpHeaderShort;
            if (header_length > payload.len) return error.TcpHeaderLong;
        },
        .udp => {
            if (payload.len < 8) return error.UdpCut;
            const length = word(payload, 4);
            if (length < 8) return error.UdpLengthShort;
            if (length > payload.len) return error.UdpLengthLong;
            return payload[0..length];
        },
    }
    return payload;
}

inline fn minimum(version: Version) usize {
    return if (version == .ipv4) 8 else 4;
}

pub inline fn protocolNumber(version: Version, transport: Transport) u8 {
    return switch (transport) {
        .icmp => if (version == .ipv4) 1 else 58,
        .tcp => 6,
        .udp => 17,
        .igmp => 2,
        .sctp => 132,
    };
}

//! Finds the IP packet in a frame and the transport segment in the packet. Nothing is read before
//! its length is checked, and nothing is written.
const std = @import("std");

pub const Link = enum(u32) { ethernet, none, _ };

/// Why a frame has no such checksum.
pub const Refusal = error{
    EthernetCut,
    TagCut,
    NotIp,
    VersionContradicted,
    Ipv4Cut,
    Ipv4HeaderShort,
    Ipv4TotalShort,
    Ipv4TotalLong,
    Ipv6Cut,
    Ipv6PayloadLong,
    Ipv6Jumbogram,
    Ipv6ExtensionCut,
    Ipv6OptionCut,
    Ipv6HopByHopLate,
    Ipv6RouteLong,
    Ipv6RouteUnknown,
    Fragment,
    NotIpv4,
    OtherProtocol,
    IcmpCut,
    TcpCut,
    TcpHeaderShort,
    TcpHeaderLong,
    UdpCut,
    UdpLengthShort,
    UdpLengthLong,
};

pub const Version = enum { ipv4, ipv6 };

pub const Packet = struct {
    version: Version,
    /// From the IP header to the packet's end, without what pads the frame.
    bytes: []const u8,
    /// With IPv4 options, or IPv6 extension headers.
    header_length: usize,
    /// The addresses of the pseudo-header: the real source and the final destination.
    source: [*]const u8,
    destination: [*]const u8,
    /// What follows the header.
    protocol: u8,
    is_fragment: bool,

    pub fn payload(packet: *const Packet) []const u8 {
        return packet.bytes[packet.header_length..];
    }
};

/// EtherTypes.
const ipv4_type = 0x0800;
const ipv6_type = 0x86dd;
const tag_type = 0x8100; // 802.1Q
const service_tag_type = 0x88a8; // 802.1ad

/// The IP packet of a frame.
pub inline fn packetOf(frame: []const u8, link: Link) Refusal!Packet {
    if (link == .ethernet) {
        if (frame.len < 14) return error.EthernetCut;
        var ether_type = word(frame, 12);
        var offset: usize = 14;
        while (ether_type == tag_type or ether_type == service_tag_type) : (offset += 4) {
            if (frame.len < offset + 4) return error.TagCut;
            ether_type = word(frame, offset + 2);
        }
        if (ether_type != ipv4_type and ether_type != ipv6_type) return error.NotIp;
        const bytes = frame[offset..];
        const version: u8 = if (ether_type == ipv4_type) 4 else 6;
        if (bytes.len > 0 and bytes[0] >> 4 != version) return error.VersionContradicted;
        return if (version == 4) ipv4(bytes) else ipv6(bytes);
    }
    if (frame.len == 0) return error.NotIp;
    return switch (frame[0] >> 4) {
        4 => ipv4(frame),
        6 => ipv6(frame),
        else => error.NotIp,
    };
}

/// The packet of the commonest frame, for callers that want the compiler to know what it is: IPv4
/// without options in Ethernet without tags. null for any other, malformed ones among them.
pub inline fn plainPacketOf(frame: []const u8, link: Link) ?Packet {
    if (link != .ethernet or frame.len < 34) return null;
    if (word(frame, 12) != ipv4_type or frame[14] != 0x45) return null;
    return ipv4(frame[14..]) catch null;
}

inline fn word(bytes: []const u8, offset: usize) u16 {
    return std.mem.readInt(u16, bytes[offset..][0..2], .big);
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
const authentication = 51;
const destination_options = 60;

/// RFC 8200.
fn ipv6(bytes: []const u8) Refusal!Packet {
    if (bytes.len < 40) return error.Ipv6Cut;
    const payload_length = word(bytes, 4);
    // RFC 2675: the length is in an option then.
    if (payload_length == 0 and bytes[6] == hop_by_hop) return error.Ipv6Jumbogram;
    if (payload_length > bytes.len - 40) return error.Ipv6PayloadLong;
    var packet: Packet = .{
        .version = .ipv6,
        .bytes = bytes[0 .. 40 + @as(usize, payload_length)],
        .header_length = 40,
        .source = bytes[8..].ptr,
        .destination = bytes[24..].ptr,
        .protocol = bytes[6],
        .is_fragment = false,
    };
    while (true) {
        switch (packet.protocol) {
            hop_by_hop, routing, destination_options, authentication => {},
            fragment => {
                packet.is_fragment = true;
                return packet;
            },
            else => return packet,
        }
        try skipExtension(&packet);
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
        routing => if (try finalDestination(header)) |address| {
            packet.destination = address.ptr;
        },
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

/// Where a routing header leads at last; null where the packet is there already.
fn finalDestination(header: []const u8) Refusal!?[]const u8 {
    const source_route = 0; // RFC 2460
    const home_agent = 2; // RFC 6275
    const segment_routing = 4; // RFC 8754
    const segments_left = header[3];
    if (segments_left == 0) return null;
    const addresses = (header.len - 8) / 16;
    switch (header[2]) {
        source_route, home_agent => {
            if (segments_left > addresses) return error.Ipv6RouteLong;
            return header[8 + (addresses - 1) * 16 ..][0..16];
        },
        segment_routing => {
            // The list is in reverse; its reduced form lacks the first segment.
            const entries = @as(usize, header[4]) + 1;
            if (entries > addresses or segments_left > entries) return error.Ipv6RouteLong;
            return header[8..24];
        },
        else => return error.Ipv6RouteUnknown,
    }
}

pub const Transport = enum { icmp, tcp, udp };

/// What the transport's checksum covers besides the pseudo-header.
pub inline fn segmentOf(packet: *const Packet, comptime transport: Transport) Refusal![]const u8 {
    if (packet.is_fragment) return error.Fragment;
    if (packet.protocol != protocolNumber(packet.version, transport)) return error.OtherProtocol;
    const payload = packet.payload();
    switch (transport) {
        // RFC 792, RFC 4443: every message has eight bytes at least.
        .icmp => if (payload.len < 8) return error.IcmpCut,
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

pub inline fn protocolNumber(version: Version, transport: Transport) u8 {
    return switch (transport) {
        .icmp => if (version == .ipv4) 1 else 58,
        .tcp => 6,
        .udp => 17,
    };
}

/// The words that follow "the frame" in a message.
pub fn explanation(refusal: Refusal) []const u8 {
    return switch (refusal) {
        error.EthernetCut => "is too short for an Ethernet header",
        error.TagCut => "ends within its VLAN tags",
        error.NotIp => "holds neither IPv4 nor IPv6",
        error.VersionContradicted => "holds another IP version than its EtherType says",
        error.Ipv4Cut => "is too short for an IPv4 header",
        error.Ipv4HeaderShort => "has an IPv4 header length of less than 20 bytes",
        error.Ipv4TotalShort => "has an IPv4 total length of less than its header",
        error.Ipv4TotalLong => "is shorter than its IPv4 total length",
        error.Ipv6Cut => "is too short for an IPv6 header",
        error.Ipv6PayloadLong => "is shorter than its IPv6 payload length",
        error.Ipv6Jumbogram => "is an IPv6 jumbogram",
        error.Ipv6ExtensionCut => "ends within an IPv6 extension header",
        error.Ipv6OptionCut => "has an IPv6 option longer than its header",
        error.Ipv6HopByHopLate => "has IPv6 hop-by-hop options that do not come first",
        error.Ipv6RouteLong => "has an IPv6 routing header with more segments left than addresses",
        error.Ipv6RouteUnknown => "has an IPv6 routing header of a type whose final destination " ++
            "is unknown",
        error.Fragment => "is a fragment: the checksum covers the whole datagram",
        error.NotIpv4 => "holds IPv6, whose header has no checksum",
        error.OtherProtocol => "holds another protocol",
        error.IcmpCut => "is too short for an ICMP header",
        error.TcpCut => "is too short for a TCP header",
        error.TcpHeaderShort => "has a TCP header length of less than 20 bytes",
        error.TcpHeaderLong => "is shorter than its TCP header length",
        error.UdpCut => "is too short for a UDP header",
        error.UdpLengthShort => "has a UDP length of less than 8 bytes",
        error.UdpLengthLong => "has a UDP length of more than the IP packet",
    };
}

//! Finds the IP header in a frame: what links and carriers put before it.
const std = @import("std");
const Refusal = @import("frame_refusal.zig").Refusal;

pub const Link = enum(u32) { ethernet, none, _ };
pub const Version = enum { ipv4, ipv6 };

/// From the IP header to the frame's end.
pub const Network = struct { version: Version, bytes: []const u8 };

/// EtherTypes.
const type_ipv4 = 0x0800;
const type_ipv6 = 0x86dd;
const type_tag = 0x8100; // 802.1Q
const type_service_tag = 0x88a8; // 802.1ad
const type_old_service_tag = 0x9100; // before 802.1ad, as 0x9200
const type_older_service_tag = 0x9200;
const type_backbone = 0x88e7; // 802.1ah
const type_mpls = 0x8847; // RFC 3032
const type_mpls_upstream = 0x8848; // RFC 5332
const type_pppoe_session = 0x8864; // RFC 2516

pub inline fn networkOf(frame: []const u8, link: Link) Refusal!Network {
    if (link != .ethernet) return byVersion(frame);
    if (frame.len < 14) return error.EthernetCut;
    return switch (word(frame, 12)) {
        type_ipv4 => expecting(.ipv4, frame[14..]),
        type_ipv6 => expecting(.ipv6, frame[14..]),
        else => |other| behind(frame, other),
    };
}

/// Behind tags and further headers.
fn behind(frame: []const u8, first: u16) Refusal!Network {
    var ether_type = first;
    var rest = frame[14..];
    while (true) switch (ether_type) {
        type_ipv4 => return expecting(.ipv4, rest),
        type_ipv6 => return expecting(.ipv6, rest),
        type_tag, type_service_tag, type_old_service_tag, type_older_service_tag => {
            if (rest.len < 4) return error.TagCut;
            ether_type = word(rest, 2);
            rest = rest[4..];
        },
        type_backbone => {
            // The service's number, then the customer's frame.
            if (rest.len < 18) return error.BackboneCut;
            ether_type = word(rest, 16);
            rest = rest[18..];
        },
        type_mpls, type_mpls_upstream => return behindLabels(rest),
        type_pppoe_session => return behindPppoe(rest),
        // 802.3: a length, then LLC; with SNAP, RFC 1042, an EtherType follows.
        0...1500 => {
            const snap = [_]u8{ 0xaa, 0xaa, 3, 0, 0, 0 };
            if (rest.len < 8 or !std.mem.eql(u8, rest[0..6], &snap)) return error.NotIp;
            ether_type = word(rest, 6);
            rest = rest[8..];
        },
        else => return error.NotIp,
    };
}

/// What the labels carry is not said: an IP packet tells its version.
fn behindLabels(labels: []const u8) Refusal!Network {
    var rest = labels;
    while (true) {
        if (rest.len < 4) return error.MplsCut;
        const is_bottom = rest[2] & 1 != 0;
        rest = rest[4..];
        if (is_bottom) return byVersion(rest);
    }
}

fn behindPppoe(header: []const u8) Refusal!Network {
    // Version 1, type 1, code 0: a session's data.
    if (header.len < 8) return error.PppoeCut;
    if (header[0] != 0x11 or header[1] != 0) return error.NotIp;
    // RFC 1661, section 6.5: a protocol below 0x100 may be one byte.
    const compressed = header[6] & 1 != 0;
    const rest = header[if (compressed) 7 else 8..];
    return switch (if (compressed) header[6] else word(header, 6)) {
        0x0021 => expecting(.ipv4, rest),
        0x0057 => expecting(.ipv6, rest),
        else => error.NotIp,
    };
}

fn byVersion(bytes: []const u8) Refusal!Network {
    if (bytes.len == 0) return error.NotIp;
    return switch (bytes[0] >> 4) {
        4 => .{ .version = .ipv4, .bytes = bytes },
        6 => .{ .version = .ipv6, .bytes = bytes },
        else => error.NotIp,
    };
}

inline fn expecting(version: Version, bytes: []const u8) Refusal!Network {
    const number: u8 = if (version == .ipv4) 4 else 6;
    if (bytes.len > 0 and bytes[0] >> 4 != number) return error.VersionContradicted;
    return .{ .version = version, .bytes = bytes };
}

inline fn word(bytes: []const u8, offset: usize) u16 {
    return std.mem.readInt(u16, bytes[offset..][0..2], .big);
}

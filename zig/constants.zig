//! The constants the package offers: every integer the system headers define under these
//! prefixes. What a platform lacks is absent by itself.
const std = @import("std");
const c = @import("headers");

/// The name the package uses, and the C prefix its members lose.
pub const Group = struct { name: []const u8, prefix: []const u8 };

pub const groups = [_]Group{
    .{ .name = "AF", .prefix = "AF_" },
    .{ .name = "SOCK", .prefix = "SOCK_" },
    .{ .name = "IPPROTO", .prefix = "IPPROTO_" },
    .{ .name = "ETH_P", .prefix = "ETH_P_" },
    .{ .name = "NETLINK", .prefix = "NETLINK_" },
    .{ .name = "SOL", .prefix = "SOL_" },
    .{ .name = "SO", .prefix = "SO_" },
    .{ .name = "IP", .prefix = "IP_" },
    .{ .name = "IPV6", .prefix = "IPV6_" },
    .{ .name = "TCP", .prefix = "TCP_" },
    .{ .name = "UDP", .prefix = "UDP_" },
    .{ .name = "PACKET", .prefix = "PACKET_" },
    .{ .name = "MSG", .prefix = "MSG_" },
    .{ .name = "SHUT", .prefix = "SHUT_" },
    .{ .name = "IFF", .prefix = "IFF_" },
    .{ .name = "AI", .prefix = "AI_" },
    .{ .name = "NI", .prefix = "NI_" },
    .{ .name = "EAI", .prefix = "EAI_" },
    .{ .name = "SCM", .prefix = "SCM_" },
    .{ .name = "ARPHRD", .prefix = "ARPHRD_" },
    // Socket options and what their values are made of.
    .{ .name = "MCAST", .prefix = "MCAST_" },
    .{ .name = "CLOCK", .prefix = "CLOCK_" },
    .{ .name = "SOF_TIMESTAMPING", .prefix = "SOF_TIMESTAMPING_" },
    .{ .name = "SOF_TXTIME", .prefix = "SOF_TXTIME_" },
    .{ .name = "SK_MEMINFO", .prefix = "SK_MEMINFO_" },
    .{ .name = "BPF_TCP", .prefix = "BPF_TCP_" },
    .{ .name = "TCPI_OPT", .prefix = "TCPI_OPT_" },
    .{ .name = "ICMPV6", .prefix = "ICMPV6_" },
};

/// Single constants, and constants of small groups, by their whole C name.
pub const singles = [_][]const u8{
    "SOMAXCONN",
    "O_NONBLOCK",
    "POLLIN",
    "POLLPRI",
    "POLLOUT",
    "POLLERR",
    "POLLHUP",
    "POLLNVAL",
    "TP_STATUS_LOSING",
    "TP_STATUS_CSUMNOTREADY",
    "TP_STATUS_CSUM_VALID",
    "TP_STATUS_VLAN_VALID",
    "TP_STATUS_VLAN_TPID_VALID",
    "ICMP_FILTER",
    "ICMP6_FILTER",
    "ICMP_ECHOREPLY",
    "ICMP_DEST_UNREACH",
    "ICMP_SOURCE_QUENCH",
    "ICMP_REDIRECT",
    "ICMP_ECHO",
    "ICMP_TIME_EXCEEDED",
    "ICMP_PARAMETERPROB",
    "ICMP_TIMESTAMP",
    "ICMP_TIMESTAMPREPLY",
    "ICMP_INFO_REQUEST",
    "ICMP_INFO_REPLY",
    "ICMP_ADDRESS",
    "ICMP_ADDRESSREPLY",
};

/// Names whose definition is no number: libc deprecates or half-defines them.
const untranslated = [_][]const u8{
    "AI_IDN_ALLOW_UNASSIGNED",
    "AI_IDN_USE_STD3_ASCII_RULES",
    "NI_IDN_ALLOW_UNASSIGNED",
    "NI_IDN_USE_STD3_ASCII_RULES",
    "SCM_SRCRT",
    "TCP_MAXOLEN",
};

/// The value of a declaration that is an integer constant, else null.
pub fn integer(comptime name: []const u8) ?i64 {
    for (untranslated) |other| {
        if (std.mem.eql(u8, name, other)) return null;
    }
    const value = @field(c, name);
    return switch (@typeInfo(@TypeOf(value))) {
        .int, .comptime_int => std.math.cast(i64, value),
        else => null,
    };
}

pub fn inGroup(comptime name: []const u8, comptime group: Group) bool {
    return std.mem.startsWith(u8, name, group.prefix) and isUpper(name);
}

/// An errno name: E, then capitals and digits without an underscore.
pub fn isErrno(comptime name: []const u8) bool {
    return name.len > 1 and name[0] == 'E' and isUpper(name) and
        std.mem.indexOfScalar(u8, name, '_') == null and !std.mem.eql(u8, name, "EOF");
}

fn isUpper(name: []const u8) bool {
    for (name) |character| switch (character) {
        'A'...'Z', '0'...'9', '_' => {},
        else => return false,
    };
    return true;
}

test "constants are found by prefix" {
    try std.testing.expectEqual(@as(?i64, 2), comptime integer("AF_INET"));
    try std.testing.expect(comptime inGroup("SO_REUSEADDR", .{ .name = "SO", .prefix = "SO_" }));
    try std.testing.expect(comptime isErrno("EINVAL"));
    try std.testing.expect(comptime !isErrno("EAI_FAIL"));
}

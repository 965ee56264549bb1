//! The constants the package offers: every integer the system headers define under these
//! prefixes. What a platform lacks is absent by itself.
const std = @import("std");
const c = @import("headers");
const linux = @import("builtin").target.os.tag == .linux;

/// The name the package uses, and the C prefix its members lose. `but`: names that share the
/// prefix and mean something else, or what such names begin with.
pub const Group = struct {
    name: []const u8,
    prefix: []const u8,
    but: []const []const u8 = &.{},
    /// The members, where the header has others that translate-c cannot read.
    only: ?[]const []const u8 = null,
};

/// A group whose C prefix is its name and an underscore.
fn named(comptime name: []const u8) Group {
    return .{ .name = name, .prefix = name ++ "_" };
}

fn except(comptime name: []const u8, comptime but: []const []const u8) Group {
    return .{ .name = name, .prefix = name ++ "_", .but = but };
}

/// What sockets of the internet and the machine itself are made of.
pub const groups = [_]Group{
    named("AF"),
    named("SOCK"),
    named("IPPROTO"),
    named("ETH_P"),
    named("NETLINK"),
    named("SOL"),
    except("SO", &.{"SO_J1939_"}),
    except("IP", &.{ "IP_TUNNEL_", "IP_USER_FLOW" }),
    except("IPV6", &.{ "IPV6_FLOW", "IPV6_USER_FLOW", "IPV6_DEFAULT_TNL_" }),
    except("TCP", &.{ "TCP_V4_FLOW", "TCP_V6_FLOW" }),
    except("UDP", &.{ "UDP_V4_FLOW", "UDP_V6_FLOW" }),
    named("PACKET"),
    except("MSG", &.{"MSG_NOTIFICATION"}),
    named("SHUT"),
    except("IFF", &tun_flags),
    named("AI"),
    named("NI"),
    named("EAI"),
    except("SCM", &.{ "SCM_CAN_RAW_", "SCM_J1939_" }),
    named("ARPHRD"),
    // Socket options and what their values are made of.
    named("MCAST"),
    named("CLOCK"),
    named("SOF_TIMESTAMPING"),
    named("SOF_TXTIME"),
    named("SK_MEMINFO"),
    named("BPF_TCP"),
    named("TCPI_OPT"),
    named("ICMPV6"),
    named("VMADDR"),
    named("TP_STATUS"),
    // Requests of ioctl(2), whose prefix has no underscore.
    .{ .name = "SIOC", .prefix = "SIOC", .only = if (linux) null else &requests },
    .{ .name = "FIO", .prefix = "FIO", .only = if (linux) null else &requests },
    // bpf(4), where there are no packet sockets.
    .{ .name = "BIOC", .prefix = "BIOC", .only = &device_requests },
    .{ .name = "BPF", .prefix = "BPF_", .only = &device_constants },
};

/// Families and options that few programs use: a section of its own, which is read when one does.
pub const families = [_]Group{
    named("ALG"),
    named("CAN"),
    named("CANFD"),
    named("CANXL"),
    named("J1939"),
    named("SO_J1939"),
    named("SCM_J1939"),
    named("TIPC"),
    named("TLS"),
    named("SCTP"),
    named("DCCP"),
    .{ .name = "SMC", .prefix = "SMC_", .only = &.{"SMC_LIMIT_HS"} },
};

/// rtnetlink(7), generic netlink and what else configures the network, in a section of its own.
pub const network = [_]Group{
    named("NLM_F"),
    named("NLMSG"),
    named("NLMSGERR_ATTR"),
    named("NLA_F"),
    named("RTM"),
    named("RTNLGRP"),
    named("RTEXT_FILTER"),
    named("IFLA"),
    named("IF_OPER"),
    named("IF_LINK_MODE"),
    named("VETH_INFO"),
    named("IFA"),
    named("RTA"),
    named("RTAX"),
    named("RTN"),
    named("RTPROT"),
    named("RT_SCOPE"),
    named("RT_TABLE"),
    named("RTNH_F"),
    named("RTNH_COMPARE"),
    named("NHA"),
    named("LWTUNNEL_ENCAP"),
    named("NDA"),
    named("NUD"),
    named("NTF"),
    named("FRA"),
    named("FR_ACT"),
    named("FIB_RULE"),
    named("NETNSA"),
    named("GENL"),
    named("CTRL_CMD"),
    named("CTRL_ATTR"),
    named("ETHTOOL_MSG"),
    named("ETHTOOL_A"),
    named("ETH_SS"),
    named("ETHTOOL_FLAG"),
    named("ETHTOOL_LINK_EXT_STATE"),
    .{ .name = "ETHTOOL", .prefix = "ETHTOOL_", .only = &ethtool_requests },
    named("DUPLEX"),
    named("XCVR"),
    .{ .name = "PORT", .prefix = "PORT_", .only = &ports },
    named("MACVLAN_MODE"),
    named("MACVLAN_FLAG"),
    named("IPVLAN_MODE"),
    named("IPVLAN_F"),
    named("VLAN_FLAG"),
    named("VXLAN_DF"),
    named("GENEVE_DF"),
    named("IP6_TNL_F"),
    named("TUNNEL_ENCAP"),
    named("IN6_ADDR_GEN_MODE"),
    named("IFAPROT"),
    named("BR_STATE"),
    named("BR_BOOLOPT"),
    named("BRIDGE_VLAN_INFO"),
    named("VIRTIO_NET_HDR"),
    named("HWTSTAMP_TX"),
    named("HWTSTAMP_FILTER"),
    .{ .name = "TUN", .prefix = "TUN_" },
    .{ .name = "TUNSET", .prefix = "TUNSET" },
    .{ .name = "TUNGET", .prefix = "TUNGET" },
};

/// What netlink does not tell.
const ethtool_requests = [_][]const u8{ "ETHTOOL_GDRVINFO", "ETHTOOL_GSTATS" };

/// Of a network card.
const ports = [_][]const u8{
    "PORT_TP",
    "PORT_AUI",
    "PORT_MII",
    "PORT_FIBRE",
    "PORT_BNC",
    "PORT_DA",
    "PORT_NONE",
    "PORT_OTHER",
};

/// Outside of Linux a request's number holds the size of a structure that need not be known.
const requests = [_][]const u8{
    "FIOASYNC",
    "FIONBIO",
    "FIONREAD",
    "SIOCATMARK",
    "SIOCGIFADDR",
    "SIOCGIFBRDADDR",
    "SIOCGIFCONF",
    "SIOCGIFDSTADDR",
    "SIOCGIFFLAGS",
    "SIOCGIFMETRIC",
    "SIOCGIFMTU",
    "SIOCGIFNETMASK",
    "SIOCSIFADDR",
    "SIOCSIFFLAGS",
    "SIOCSIFMTU",
};

const device_requests = [_][]const u8{
    "BIOCGBLEN",
    "BIOCGDLT",
    "BIOCGSTATS",
    "BIOCIMMEDIATE",
    "BIOCPROMISC",
    "BIOCSBLEN",
    "BIOCSDIRECTION",
    "BIOCSETF",
    "BIOCSETIF",
    "BIOCSRTIMEOUT",
    "BIOCSSEESENT",
};

const device_constants = [_][]const u8{ "BPF_ALIGNMENT", "BPF_D_IN", "BPF_D_INOUT", "BPF_D_OUT" };

/// What <linux/if_tun.h> calls IFF_ too, about a queue of /dev/net/tun.
const tun_flags = [_][]const u8{
    "IFF_TUN",
    "IFF_TAP",
    "IFF_NAPI",
    "IFF_NAPI_FRAGS",
    "IFF_NO_CARRIER",
    "IFF_NO_PI",
    "IFF_ONE_QUEUE",
    "IFF_VNET_HDR",
    "IFF_TUN_EXCL",
    "IFF_MULTI_QUEUE",
    "IFF_ATTACH_QUEUE",
    "IFF_DETACH_QUEUE",
    "IFF_PERSIST",
    "IFF_NOFILTER",
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
    "POLLRDHUP",
    "MSG_NOTIFICATION",
    "SCM_CAN_RAW_ERRQUEUE",
    "SO_ORIGINAL_DST",
    "IP6T_SO_ORIGINAL_DST",
    "TPACKET_V3",
    "TPACKET_ALIGNMENT",
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
    "TIOCGWINSZ",
} ++ tun_flags;

/// Names whose definition is no number, or none that translate-c can read.
const untranslated = [_][]const u8{
    "NHA_OP_FLAG_DUMP_HW_STATS",
    "NHA_OP_FLAG_DUMP_STATS",
    "NHA_OP_FLAG_RESP_GRP_RESVD_0",
    "NLMSG_NEXT",
    "RTA_NEXT",
    "SCTP_PR_INDEX",
    "SCTP_PR_SET_POLICY",
    "TLS_VERSION_NUMBER",
    "AI_IDN_ALLOW_UNASSIGNED",
    "AI_IDN_USE_STD3_ASCII_RULES",
    "NI_IDN_ALLOW_UNASSIGNED",
    "NI_IDN_USE_STD3_ASCII_RULES",
    "SCM_SRCRT",
    // macOS packs the structure whose size is in the number, which translate-c does not know.
    if (linux) "SIOCGSTAMP_NEW" else "SIOCGIFCONF",
    "SIOCGSTAMPNS_NEW",
    "TCP_MAXOLEN",
    // One of two names, by whether texts are wide.
    "SO_PROTOCOL_INFO",
    "IP_UNSPECIFIED_USER_MTU",
};

/// The value of a declaration that is an integer constant, else null.
pub fn integer(comptime name: []const u8) ?i64 {
    for (untranslated) |other| {
        // The length first: the compiler runs this for every name there is.
        if (name.len == other.len and std.mem.eql(u8, name, other)) return null;
    }
    const value = @field(c, name);
    return switch (@typeInfo(@TypeOf(value))) {
        .int, .comptime_int => std.math.cast(i64, value),
        else => null,
    };
}

pub fn inGroup(comptime name: []const u8, comptime group: Group) bool {
    const length = group.prefix.len;
    // The last letter first, as with the length above.
    if (name.len < length or name[length - 1] != group.prefix[length - 1]) return false;
    if (!std.mem.startsWith(u8, name, group.prefix) or !isUpper(name)) return false;
    for (group.but) |other| {
        const is_prefix = other[other.len - 1] == '_';
        if (!is_prefix and name.len != other.len) continue;
        if (std.mem.startsWith(u8, name, other)) return false;
    }
    for (group.only orelse return true) |member| {
        if (std.mem.eql(u8, name, member)) return true;
    }
    return false;
}

/// An errno name: E, then capitals and digits without an underscore. ENUM is the beginning of names
/// of Windows.
pub fn isErrno(comptime name: []const u8) bool {
    return name.len > 1 and name[0] == 'E' and isUpper(name) and
        std.mem.indexOfScalar(u8, name, '_') == null and !std.mem.eql(u8, name, "EOF") and
        !std.mem.startsWith(u8, name, "ENUM");
}

fn isUpper(name: []const u8) bool {
    for (name) |character| switch (character) {
        'A'...'Z', '0'...'9', '_' => {},
        else => return false,
    };
    return true;
}

test "constants are found by prefix" {
    try std.testing.expect(comptime inGroup("IPV6_FLOWINFO", except("IPV6", &.{"IPV6_FLOW"})));
    try std.testing.expect(comptime !inGroup("IPV6_FLOW", except("IPV6", &.{"IPV6_FLOW"})));
    try std.testing.expect(comptime !inGroup("SO_J1939_X", except("SO", &.{"SO_J1939_"})));
    try std.testing.expectEqual(@as(?i64, 2), comptime integer("AF_INET"));
    try std.testing.expect(comptime inGroup("SO_REUSEADDR", named("SO")));
    try std.testing.expect(comptime isErrno("EINVAL"));
    try std.testing.expect(comptime !isErrno("EAI_FAIL"));
}

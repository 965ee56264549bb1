//! The structures whose layout TypeScript needs, under the names the manifest gives them.
const c = @import("headers");
const linux = @import("builtin").target.os.tag == .linux;
const windows = @import("builtin").target.os.tag == .windows;
const darwin = @import("builtin").target.os.tag.isDarwin();

pub const sockaddr = c.struct_sockaddr;
pub const sockaddr_in = c.struct_sockaddr_in;
pub const sockaddr_in6 = c.struct_sockaddr_in6;
pub const sockaddr_un = c.struct_sockaddr_un;
pub const sockaddr_storage = c.struct_sockaddr_storage;
pub const sockaddr_ll = if (linux) c.struct_sockaddr_ll else Absent;
pub const sockaddr_dl = structure("sockaddr_dl");
pub const sockaddr_nl = if (linux) c.struct_sockaddr_nl else Absent;
pub const sockaddr_vm = if (linux) c.struct_sockaddr_vm else Absent;
pub const address_slot = @import("socket.zig").AddressSlot;
pub const iovec = c.struct_iovec;
pub const pollfd = c.struct_pollfd;
pub const winsize = structure("winsize");
pub const checksum_verdict = @import("frame_checksum.zig").Verdict;

pub const readiness_source = @import("readiness_source.zig").Source;
pub const readiness_ready = @import("readiness_source.zig").Ready;
pub const addrinfo_status = @import("resolve.zig").Status;
pub const addrinfo_hints = @import("resolve.zig").Hints;
pub const lookup = @import("lookup.zig").Lookup;
pub const addrinfo_entry = @import("resolve.zig").Entry;
pub const netdb_entry = @import("netdb_table.zig").Entry;
pub const interface_header = @import("interface_table.zig").Header;
pub const interface_entry = @import("interface_table.zig").Entry;
pub const rtnl_link_stats64 = if (windows)
    @import("interface_windows.zig").Statistics
else
    structure("rtnl_link_stats64");

// Messages and control messages.
pub const message_slot = @import("message.zig").Slot;
pub const batch_header = @import("batch_header.zig").BatchHeader;
pub const control_header = @import("control.zig").ControlHeader;
pub const cmsghdr = @import("control.zig").Header;
pub const ucred = if (linux) c.struct_ucred else Absent;
pub const timeval = c.struct_timeval;
pub const timespec = c.struct_timespec;
pub const scm_timestamping = if (linux) c.struct_scm_timestamping else Absent;
pub const in_pktinfo = if (@hasDecl(c, "struct_in_pktinfo")) c.struct_in_pktinfo else Absent;
pub const in6_pktinfo = if (@hasDecl(c, "struct_in6_pktinfo")) c.struct_in6_pktinfo else Absent;
pub const sock_extended_err = if (linux) @import("control.zig").ExtendedError else Absent;
pub const tpacket_auxdata = if (linux) c.struct_tpacket_auxdata else Absent;

// Values of socket options.
pub const linger = c.struct_linger;
pub const ip_mreq = structure("ip_mreq");
pub const ip_mreqn = structure("ip_mreqn");
pub const ip_mreq_source = structure("ip_mreq_source");
pub const ipv6_mreq = structure("ipv6_mreq");
pub const group_req = if (darwin) DarwinGroupRequest else structure("group_req");
pub const group_source_req =
    if (darwin) DarwinGroupSourceRequest else structure("group_source_req");
pub const group_filter = structure("group_filter");
pub const ip6_mtuinfo = structure("ip6_mtuinfo");
pub const packet_mreq = structure("packet_mreq");
pub const tpacket_stats_v3 = structure("tpacket_stats_v3");
pub const tpacket_rollover_stats = structure("tpacket_rollover_stats");
pub const sock_filter = structure("sock_filter");
pub const sock_fprog = structure("sock_fprog");
pub const sock_txtime = structure("sock_txtime");
pub const tcp_md5sig = structure("tcp_md5sig");
pub const tcp_repair_window = structure("tcp_repair_window");
pub const tcp_info = if (linux) @import("tcp_info.zig").TcpInfo else Absent;

// The rings of packet(7) and the headers in them.
pub const tpacket_req3 = structure("tpacket_req3");
pub const tpacket_block_desc = structure("tpacket_block_desc");
pub const tpacket_hdr_v1 = structure("tpacket_hdr_v1");
pub const tpacket_bd_ts = structure("tpacket_bd_ts");
pub const tpacket3_hdr = structure("tpacket3_hdr");
pub const tpacket_hdr_variant1 = structure("tpacket_hdr_variant1");
pub const fanout_args = structure("fanout_args");
pub const ring = @import("ring_memory.zig").Ring;
pub const ring_form = @import("ring_form.zig").Form;

// bpf(4), where there are no packet sockets.
pub const bpf_hdr = structure("bpf_hdr");
pub const bpf_stat = structure("bpf_stat");
pub const bpf_insn = if (linux) Absent else structure("bpf_insn");
pub const bpf_program = structure("bpf_program");

// ioctl(2), and the devices of /dev/net/tun.
pub const ifreq = structure("ifreq");
pub const ethtool_drvinfo = structure("ethtool_drvinfo");
pub const ethtool_stats = structure("ethtool_stats");
pub const hwtstamp_config = structure("hwtstamp_config");
pub const tun_pi = structure("tun_pi");
pub const virtio_net_hdr = structure("virtio_net_hdr");

// Further families.
pub const sockaddr_can = structure("sockaddr_can");
pub const can_frame = structure("can_frame");
pub const canfd_frame = structure("canfd_frame");
pub const can_filter = structure("can_filter");
pub const can_isotp_options = structure("can_isotp_options");
pub const can_isotp_fc_options = structure("can_isotp_fc_options");
pub const can_isotp_ll_options = structure("can_isotp_ll_options");
pub const j1939_filter = structure("j1939_filter");
pub const sockaddr_alg = structure("sockaddr_alg");
pub const af_alg_iv = structure("af_alg_iv");
pub const sockaddr_tipc = structure("sockaddr_tipc");
pub const tipc_group_req = structure("tipc_group_req");
pub const tipc_subscr = structure("tipc_subscr");
pub const tipc_event = structure("tipc_event");
pub const tls_crypto_info = structure("tls_crypto_info");
pub const tls12_crypto_info_aes_gcm_128 = structure("tls12_crypto_info_aes_gcm_128");
pub const tls12_crypto_info_aes_gcm_256 = structure("tls12_crypto_info_aes_gcm_256");
pub const tls12_crypto_info_aes_ccm_128 = structure("tls12_crypto_info_aes_ccm_128");
pub const tls12_crypto_info_chacha20_poly1305 = structure("tls12_crypto_info_chacha20_poly1305");
pub const tls12_crypto_info_sm4_gcm = structure("tls12_crypto_info_sm4_gcm");
pub const tls12_crypto_info_sm4_ccm = structure("tls12_crypto_info_sm4_ccm");
pub const tls12_crypto_info_aria_gcm_128 = structure("tls12_crypto_info_aria_gcm_128");
pub const tls12_crypto_info_aria_gcm_256 = structure("tls12_crypto_info_aria_gcm_256");
pub const sctp_initmsg = structure("sctp_initmsg");
pub const sctp_sndinfo = structure("sctp_sndinfo");
pub const sctp_rcvinfo = structure("sctp_rcvinfo");
pub const sctp_nxtinfo = structure("sctp_nxtinfo");
pub const sctp_prinfo = structure("sctp_prinfo");
pub const sctp_sndrcvinfo = structure("sctp_sndrcvinfo");
pub const sctp_event = structure("sctp_event");
pub const sctp_sack_info = structure("sctp_sack_info");
pub const sctp_event_subscribe = structure("sctp_event_subscribe");
pub const sctp_rtoinfo = structure("sctp_rtoinfo");
pub const sctp_assocparams = structure("sctp_assocparams");
pub const sctp_assoc_value = structure("sctp_assoc_value");
pub const sctp_status = structure("sctp_status");

// rtnetlink(7) and generic netlink.
pub const nlmsghdr = structure("nlmsghdr");
pub const nlattr = structure("nlattr");
pub const nlmsgerr = structure("nlmsgerr");
pub const genlmsghdr = structure("genlmsghdr");
pub const ifinfomsg = structure("ifinfomsg");
pub const ifaddrmsg = structure("ifaddrmsg");
pub const ifa_cacheinfo = structure("ifa_cacheinfo");
pub const rtmsg = structure("rtmsg");
pub const rtnexthop = structure("rtnexthop");
pub const rta_cacheinfo = structure("rta_cacheinfo");
pub const rtgenmsg = structure("rtgenmsg");
pub const nhmsg = structure("nhmsg");
pub const nexthop_grp = structure("nexthop_grp");
pub const ndmsg = structure("ndmsg");
pub const nda_cacheinfo = structure("nda_cacheinfo");
pub const fib_rule_hdr = structure("fib_rule_hdr");
pub const ifla_vlan_flags = structure("ifla_vlan_flags");
pub const bridge_vlan_info = structure("bridge_vlan_info");
pub const ifla_vlan_qos_mapping = structure("ifla_vlan_qos_mapping");
pub const ifla_vxlan_port_range = structure("ifla_vxlan_port_range");
pub const ifla_bridge_id = structure("ifla_bridge_id");
pub const br_boolopt_multi = structure("br_boolopt_multi");
pub const fib_rule_uid_range = structure("fib_rule_uid_range");
pub const fib_rule_port_range = structure("fib_rule_port_range");
pub const rtvia = structure("rtvia");

/// A C structure, or nothing where this platform lacks it.
fn structure(comptime name: []const u8) type {
    return if (@hasDecl(c, "struct_" ++ name)) @field(c, "struct_" ++ name) else Absent;
}

/// A structure this platform does not have: size 0.
const Absent = extern struct {};

// macOS declares these under `#pragma pack(4)`, which translate-c leaves out.
const DarwinGroupRequest = extern struct {
    gr_interface: u32,
    gr_group: c.struct_sockaddr_storage align(4),
};
const DarwinGroupSourceRequest = extern struct {
    gsr_interface: u32,
    gsr_group: c.struct_sockaddr_storage align(4),
    gsr_source: c.struct_sockaddr_storage align(4),
};

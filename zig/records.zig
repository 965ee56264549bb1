//! The structures whose layout TypeScript needs, under the names the manifest gives them.
const c = @import("headers");
const linux = @import("builtin").target.os.tag == .linux;
const darwin = @import("builtin").target.os.tag.isDarwin();

pub const sockaddr = c.struct_sockaddr;
pub const sockaddr_in = c.struct_sockaddr_in;
pub const sockaddr_in6 = c.struct_sockaddr_in6;
pub const sockaddr_un = c.struct_sockaddr_un;
pub const sockaddr_storage = c.struct_sockaddr_storage;
pub const sockaddr_ll = if (linux) c.struct_sockaddr_ll else Absent;
pub const sockaddr_nl = if (linux) c.struct_sockaddr_nl else Absent;
pub const sockaddr_vm = if (linux) c.struct_sockaddr_vm else Absent;
pub const address_slot = @import("socket.zig").AddressSlot;
pub const iovec = c.struct_iovec;
pub const pollfd = c.struct_pollfd;
pub const checksum_verdict = @import("frame_checksum.zig").Verdict;

pub const readiness_source = @import("readiness.zig").Source;
pub const readiness_ready = @import("readiness.zig").Ready;
pub const addrinfo_status = @import("resolve.zig").Status;
pub const addrinfo_hints = @import("resolve.zig").Hints;
pub const addrinfo_entry = @import("resolve.zig").Entry;
pub const netdb_entry = @import("netdb.zig").Entry;
pub const interface_header = @import("interface.zig").Header;
pub const interface_entry = @import("interface.zig").Entry;
pub const rtnl_link_stats64 = if (linux) c.struct_rtnl_link_stats64 else Absent;

// Messages and control messages.
pub const message_slot = @import("message.zig").Slot;
pub const batch_header = @import("message.zig").BatchHeader;
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

//! The structures whose layout TypeScript needs, under the names the manifest gives them.
const c = @import("headers");
const linux = @import("builtin").target.os.tag == .linux;

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

pub const readiness_source = @import("readiness.zig").Source;
pub const readiness_ready = @import("readiness.zig").Ready;
// Messages and control messages.
pub const message_slot = @import("message.zig").Slot;
pub const batch_header = @import("message.zig").BatchHeader;
pub const control_header = @import("control.zig").ControlHeader;
pub const cmsghdr = c.struct_cmsghdr;
pub const ucred = if (linux) c.struct_ucred else Absent;
pub const timeval = c.struct_timeval;
pub const timespec = c.struct_timespec;
pub const scm_timestamping = if (linux) c.struct_scm_timestamping else Absent;
pub const in_pktinfo = if (@hasDecl(c, "struct_in_pktinfo")) c.struct_in_pktinfo else Absent;
pub const in6_pktinfo = if (@hasDecl(c, "struct_in6_pktinfo")) c.struct_in6_pktinfo else Absent;
pub const sock_extended_err = if (linux) c.struct_sock_extended_err else Absent;
pub const tpacket_auxdata = if (linux) c.struct_tpacket_auxdata else Absent;

/// A structure this platform does not have: size 0.
const Absent = extern struct {};

//! The table of contents: one line per exported symbol. Listing is exporting.
const address = @import("address.zig");
const checksum = @import("checksum.zig");
const device = @import("device.zig");
const frame_checksum = @import("frame_checksum.zig");
const interface = @import("interface.zig");
const libc = @import("libc.zig");
const lookup = @import("lookup.zig");
const message = @import("message.zig");
const namespace = @import("namespace.zig");
const netdb = @import("netdb.zig");
const readiness = @import("readiness.zig");
const readiness_socket = @import("readiness_socket.zig");
const resolve = @import("resolve.zig");
const configdev = @import("configdev.zig");
const option = @import("option.zig");
const ring = @import("ring.zig");
const socket = @import("socket.zig");
const transfer = @import("transfer.zig");
const tun = @import("tun.zig");

pub const rawsock_strerror = libc.strerrorInto;
pub const rawsock_gai_strerror = resolve.strerror;

pub const rawsock_socket = socket.open;
pub const rawsock_socket_in = namespace.openSocket;
pub const rawsock_open_namespace = namespace.openPath;
pub const rawsock_close = socket.close;
pub const rawsock_set_nonblocking = socket.setNonblocking;
pub const rawsock_socketpair = socket.openPair;
pub const rawsock_bind = socket.bind;
pub const rawsock_connect = socket.connect;
pub const rawsock_listen = socket.listen;
pub const rawsock_accept = socket.accept;
pub const rawsock_getsockname = socket.getsockname;
pub const rawsock_getpeername = socket.getpeername;
pub const rawsock_shutdown = socket.shutdown;
pub const rawsock_sockatmark = socket.sockatmark;
pub const rawsock_poll = socket.poll;
pub const rawsock_ioctl = socket.ioctl;

pub const rawsock_getsockopt = option.getsockopt;
pub const rawsock_setsockopt = option.setsockopt;

pub const rawsock_send = transfer.send;
pub const rawsock_sendto = transfer.sendto;
pub const rawsock_recv = transfer.recv;
pub const rawsock_recvfrom = transfer.recvfrom;
pub const rawsock_read = transfer.read;
pub const rawsock_readv = transfer.readv;
pub const rawsock_write = transfer.write;
pub const rawsock_writev = transfer.writev;

pub const rawsock_readiness_open = readiness.open;
pub const rawsock_readiness_release = readiness.release;
pub const rawsock_readiness_watch = readiness.watch;
pub const rawsock_readiness_bell = readiness.bell;
pub const rawsock_readiness_lend = readiness.lend;
pub const rawsock_readiness_take = readiness.take;
pub const rawsock_readiness_reset = readiness.reset;
pub const rawsock_readiness_set_owned = readiness.setOwned;
pub const rawsock_owned_socket = readiness_socket.open;
pub const rawsock_owned_socketpair = readiness_socket.openPair;
pub const rawsock_owned_accept = readiness_socket.accept;
pub const rawsock_owned_close = readiness_socket.close;
pub const rawsock_connect_now = readiness_socket.connect;
pub const rawsock_connected = readiness_socket.connected;
pub const rawsock_is_ready = readiness_socket.isReady;
pub const rawsock_has_ended = readiness_socket.hasEnded;
pub const rawsock_sendmsg = message.send;
pub const rawsock_recvmsg = message.receive;
pub const rawsock_sendmmsg = message.sendBatch;
pub const rawsock_send_each = message.sendEach;
pub const rawsock_recvmmsg = message.receiveBatch;
pub const rawsock_recv_records = message.receiveRecords;

pub const rawsock_inet_pton = address.textToBytes;
pub const rawsock_inet_ntop = address.bytesToText;
pub const rawsock_if_nametoindex = address.interfaceIndex;
pub const rawsock_if_indextoname = address.interfaceName;
pub const rawsock_getprotobyname = netdb.protocolByName;

pub const rawsock_getaddrinfo = resolve.getaddrinfo;
pub const rawsock_lookup_open = lookup.open;
pub const rawsock_lookup_start = lookup.start;
pub const rawsock_lookup_take = lookup.take;
pub const rawsock_lookup_close = lookup.close;
pub const rawsock_lookup_release = lookup.release;
pub const rawsock_getnameinfo = resolve.getnameinfo;

pub const rawsock_protocol = netdb.protocol;
pub const rawsock_protocols = netdb.protocols;
pub const rawsock_service = netdb.service;
pub const rawsock_services = netdb.services;
pub const rawsock_network = netdb.network;
pub const rawsock_networks = netdb.networks;

pub const rawsock_interface_flags = configdev.flags;
pub const rawsock_set_interface_flags = configdev.setFlags;
pub const rawsock_set_interface_address = configdev.setAddress;
pub const rawsock_interface_request = configdev.requestAbout;
pub const rawsock_set_interface_netmask = configdev.setNetmask;
pub const rawsock_interfaces = interface.list;
pub const rawsock_interface_statistics = interface.statistics;
pub const rawsock_interface_destination = interface.linkDestination;

pub const rawsock_tun_open = tun.open;
pub const rawsock_tun_read = tun.read;
pub const rawsock_tun_read_batch = tun.readBatch;
pub const rawsock_tun_write = tun.write;

pub const rawsock_checksum_kernel = checksum.fastest;
pub const rawsock_checksum_partial = checksum.partial;
pub const rawsock_checksum_store = frame_checksum.store;
pub const rawsock_checksum_store_sctp = frame_checksum.storeSctp;
pub const rawsock_checksum_verify = frame_checksum.verify;
pub const rawsock_checksum_unjudged = frame_checksum.unjudged;
pub const rawsock_checksum_explain = frame_checksum.explain;

pub const rawsock_ring_open = ring.open;
pub const rawsock_ring_leave = ring.leave;
pub const rawsock_ring_release = ring.release;
pub const rawsock_ring_encode = ring.encode;
pub const rawsock_ring_stamp_by_hardware = ring.stampByHardware;
pub const rawsock_device_open = device.open;

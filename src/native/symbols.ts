// The FFI table: the same list as zig/abi.zig, stated once with literal types so that tsc checks
// every call. library.ts compares it with the library's manifest.
//
// "buffer" takes a view (never null), "ptr" also null. Results are all "i32": >= 0 or -errno.

const i32 = "i32";
const u32 = "u32";
const buffer = "buffer";
const ptr = "ptr";

export const symbols = {
  rawsock_strerror: { args: [i32, buffer, u32], returns: i32 },
  rawsock_gai_strerror: { args: [i32, buffer, u32], returns: i32 },

  rawsock_socket: { args: [i32, i32, i32], returns: i32 },
  rawsock_socket_in: { args: [i32, ptr, i32, i32, i32, buffer], returns: i32 },
  rawsock_close: { args: [i32], returns: i32 },
  rawsock_set_nonblocking: { args: [i32, u32], returns: i32 },
  rawsock_socketpair: { args: [i32, i32, i32, buffer], returns: i32 },
  rawsock_bind: { args: [i32, buffer, u32], returns: i32 },
  rawsock_connect: { args: [i32, buffer, u32], returns: i32 },
  rawsock_listen: { args: [i32, i32], returns: i32 },
  rawsock_accept: { args: [i32, buffer, u32, u32], returns: i32 },
  rawsock_getsockname: { args: [i32, buffer], returns: i32 },
  rawsock_getpeername: { args: [i32, buffer], returns: i32 },
  rawsock_shutdown: { args: [i32, i32], returns: i32 },
  rawsock_sockatmark: { args: [i32], returns: i32 },
  rawsock_poll: { args: [buffer, u32, i32], returns: i32 },
  rawsock_ioctl: { args: [i32, u32, ptr, u32], returns: i32 },

  rawsock_getsockopt: { args: [i32, i32, i32, buffer, u32], returns: i32 },
  rawsock_setsockopt: { args: [i32, i32, i32, buffer, u32, u32], returns: i32 },

  rawsock_send: { args: [i32, buffer, u32, u32, u32], returns: i32 },
  rawsock_sendto: { args: [i32, buffer, u32, u32, u32, buffer, u32], returns: i32 },
  rawsock_recv: { args: [i32, buffer, u32, u32, u32], returns: i32 },
  rawsock_recvfrom: { args: [i32, buffer, u32, u32, u32, buffer], returns: i32 },
  rawsock_read: { args: [i32, buffer, u32, u32], returns: i32 },
  rawsock_readv: { args: [i32, buffer, u32], returns: i32 },
  rawsock_write: { args: [i32, buffer, u32, u32], returns: i32 },
  rawsock_writev: { args: [i32, buffer, u32], returns: i32 },

  rawsock_readiness_open: { args: [buffer], returns: i32 },
  rawsock_readiness_start: { args: [buffer, u32], returns: i32 },
  rawsock_readiness_release: { args: [buffer, "ptr"], returns: i32 },
  rawsock_readiness_watch: { args: [buffer, i32, u32, u32, u32, u32], returns: i32 },
  rawsock_readiness_arm: { args: [buffer], returns: i32 },
  rawsock_readiness_take: { args: [buffer], returns: i32 },
  rawsock_connect_now: { args: [i32, buffer, u32], returns: i32 },
  rawsock_connected: { args: [i32], returns: i32 },
  rawsock_is_ready: { args: [i32, u32], returns: i32 },
  rawsock_sendmsg: { args: [i32, buffer, u32], returns: i32 },
  rawsock_recvmsg: { args: [i32, buffer, u32], returns: i32 },
  rawsock_sendmmsg: { args: [i32, buffer, u32, buffer, u32], returns: i32 },
  rawsock_recvmmsg: { args: [i32, buffer, u32, buffer, u32, i32], returns: i32 },

  rawsock_inet_pton: { args: [i32, buffer, buffer], returns: i32 },
  rawsock_inet_ntop: { args: [i32, buffer, u32, buffer, u32], returns: i32 },
  rawsock_if_nametoindex: { args: [buffer], returns: i32 },
  rawsock_if_indextoname: { args: [u32, buffer], returns: i32 },
  rawsock_getprotobyname: { args: [buffer], returns: i32 },

  rawsock_getaddrinfo: { args: [ptr, ptr, buffer, buffer, u32], returns: i32 },
  rawsock_lookup_open: { args: [buffer], returns: i32 },
  rawsock_lookup_start: { args: [buffer, ptr, ptr, buffer], returns: i32 },
  rawsock_lookup_take: { args: [buffer, buffer, u32], returns: i32 },
  rawsock_lookup_close: { args: [buffer], returns: i32 },
  rawsock_lookup_release: { args: [buffer, ptr], returns: i32 },
  rawsock_getnameinfo: { args: [buffer, u32, i32, buffer, u32], returns: i32 },

  rawsock_protocol: { args: [ptr, i32, buffer, u32], returns: i32 },
  rawsock_protocols: { args: [buffer, u32], returns: i32 },
  rawsock_service: { args: [ptr, i32, ptr, buffer, u32], returns: i32 },
  rawsock_services: { args: [buffer, u32], returns: i32 },
  rawsock_network: { args: [ptr, u32, i32, buffer, u32], returns: i32 },
  rawsock_networks: { args: [buffer, u32], returns: i32 },

  rawsock_interface_flags: { args: [i32, buffer], returns: i32 },
  rawsock_set_interface_flags: { args: [i32, buffer, u32], returns: i32 },
  rawsock_set_interface_address: { args: [i32, buffer, buffer], returns: i32 },
  rawsock_interfaces: { args: [u32, buffer, u32, buffer, u32], returns: i32 },
  rawsock_interface_statistics: {
    args: [u32, buffer, buffer, u32, buffer, u32],
    returns: i32,
  },
  rawsock_interface_destination: {
    args: [u32, buffer, buffer, u32, buffer, u32],
    returns: i32,
  },

  rawsock_checksum_kernel: { args: [], returns: i32 },
  rawsock_checksum_partial: { args: [buffer, u32, u32, u32, u32], returns: i32 },
  rawsock_checksum_store: { args: [buffer, u32, u32, u32, u32, u32], returns: i32 },
  rawsock_checksum_store_sctp: { args: [buffer, u32, u32, u32], returns: i32 },
  rawsock_checksum_verify: { args: [buffer, u32, u32, u32, u32, buffer], returns: i32 },
  rawsock_checksum_unjudged: { args: [buffer, u32, u32, u32, u32], returns: i32 },
  rawsock_checksum_explain: { args: [i32, buffer, u32], returns: i32 },
} as const;

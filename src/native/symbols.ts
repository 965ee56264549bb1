// The FFI table: the same list as zig/abi.zig, stated once as a literal so that tsc checks every
// call. library.ts compares it with what the library says of itself.
//
// Each symbol is followed by the types of its parameters: "buffer" takes a view (never null), "ptr"
// also null. Results are all "i32": >= 0 or -errno. It is one text, which is loaded and compared in
// a tenth of the time that an object takes.

export const symbols = `
rawsock_strerror i32 buffer u32,
rawsock_gai_strerror i32 buffer u32,
rawsock_socket i32 i32 i32,
rawsock_socket_in ptr i32 ptr i32 i32 i32 buffer,
rawsock_open_namespace ptr,
rawsock_close i32,
rawsock_set_nonblocking i32 u32,
rawsock_socketpair i32 i32 i32 buffer,
rawsock_bind i32 buffer u32,
rawsock_connect i32 buffer u32,
rawsock_listen i32 i32,
rawsock_accept i32 buffer u32 u32,
rawsock_getsockname i32 buffer,
rawsock_getpeername i32 buffer,
rawsock_shutdown i32 i32,
rawsock_sockatmark i32,
rawsock_poll buffer u32 i32,
rawsock_ioctl i32 u32 ptr u32,
rawsock_getsockopt i32 i32 i32 buffer u32,
rawsock_setsockopt i32 i32 i32 buffer u32 u32,
rawsock_send i32 buffer u32 u32 u32,
rawsock_sendto i32 buffer u32 u32 u32 buffer u32,
rawsock_recv i32 buffer u32 u32 u32,
rawsock_recvfrom i32 buffer u32 u32 u32 buffer,
rawsock_read i32 buffer u32 u32,
rawsock_readv i32 buffer u32,
rawsock_write i32 buffer u32 u32,
rawsock_writev i32 buffer u32,
rawsock_readiness_open buffer,
rawsock_readiness_release buffer ptr,
rawsock_readiness_watch buffer i32 u32 u32 u32 u32,
rawsock_readiness_bell buffer u32,
rawsock_readiness_lend buffer,
rawsock_readiness_take buffer,
rawsock_readiness_reset buffer,
rawsock_readiness_set_owned buffer i32 u32,
rawsock_owned_socket buffer i32 i32 i32,
rawsock_owned_socketpair buffer i32 i32 i32 buffer,
rawsock_owned_accept buffer i32 buffer,
rawsock_owned_close buffer i32,
rawsock_connect_now i32 buffer u32 u32,
rawsock_connected i32,
rawsock_is_ready i32 u32,
rawsock_has_ended i32,
rawsock_sendmsg i32 buffer u32,
rawsock_recvmsg ptr i32 buffer u32,
rawsock_sendmmsg i32 buffer u32 buffer u32,
rawsock_send_each i32 buffer u32 buffer u32,
rawsock_recvmmsg ptr i32 buffer u32 buffer u32 i32,
rawsock_recv_records ptr i32 buffer u32 buffer,
rawsock_inet_pton i32 buffer buffer,
rawsock_inet_ntop i32 buffer u32 buffer u32,
rawsock_if_nametoindex buffer,
rawsock_if_indextoname u32 buffer,
rawsock_getprotobyname buffer,
rawsock_getaddrinfo ptr ptr buffer buffer u32,
rawsock_lookup_open buffer,
rawsock_lookup_start buffer ptr ptr buffer,
rawsock_lookup_take buffer buffer u32,
rawsock_lookup_close buffer,
rawsock_lookup_release buffer ptr,
rawsock_getnameinfo buffer u32 i32 buffer u32,
rawsock_protocol ptr i32 buffer u32,
rawsock_protocols buffer u32,
rawsock_service ptr i32 ptr buffer u32,
rawsock_services buffer u32,
rawsock_network ptr u32 i32 buffer u32,
rawsock_networks buffer u32,
rawsock_interface_flags i32 buffer,
rawsock_set_interface_flags i32 buffer u32,
rawsock_set_interface_address i32 buffer buffer,
rawsock_interface_request i32 u32 buffer buffer,
rawsock_set_interface_netmask i32 buffer buffer,
rawsock_interfaces u32 buffer u32 buffer u32,
rawsock_interface_statistics u32 buffer buffer u32 buffer u32,
rawsock_interface_destination u32 buffer buffer u32 buffer u32,
rawsock_tun_open buffer i32 ptr buffer u32 buffer,
rawsock_tun_read i32 buffer u32 u32,
rawsock_tun_read_batch i32 buffer u32 u32 u32 buffer,
rawsock_tun_write i32 buffer u32 u32,
rawsock_checksum_kernel,
rawsock_checksum_partial buffer u32 u32 u32 u32,
rawsock_checksum_store buffer u32 u32 u32 u32 u32,
rawsock_checksum_store_sctp buffer u32 u32 u32,
rawsock_checksum_verify buffer u32 u32 u32 u32 buffer,
rawsock_checksum_unjudged buffer u32 u32 u32 u32,
rawsock_checksum_explain i32 buffer u32,
rawsock_ring_open i32 u32 u32 u32 u32 buffer,
rawsock_ring_leave buffer,
rawsock_ring_release buffer ptr,
rawsock_ring_encode buffer buffer u32 buffer u32 u32 buffer,
rawsock_ring_stamp_by_hardware i32 buffer,
rawsock_device_open buffer
`;

type Parameter = "i32" | "u32" | "buffer" | "ptr";

type Parameters<Text extends string> = Text extends `${infer First extends Parameter} ${infer Rest}`
  ? [First, ...Parameters<Rest>]
  : Text extends Parameter
    ? [Text]
    : [];

type Lines<
  Text extends string,
  Found extends string = never,
> = Text extends `${infer Line},\n${infer Rest}` ? Lines<Rest, Found | Line> : Found | Text;

type Trimmed<Text extends string> = Text extends `\n${infer Inner}\n` ? Inner : Text;

type Named<Line extends string> = {
  readonly [One in Line as One extends `${infer Name} ${string}` ? Name : One]: {
    readonly args: One extends `${string} ${infer Types}` ? Parameters<Types> : [];
    readonly returns: "i32";
  };
};

/** What dlopen of bun:ffi takes. */
export type Functions = Named<Lines<Trimmed<typeof symbols>> | "rawsock_manifest u32 buffer u32">;

export function functions(): Functions {
  const table: Record<string, object> = {};
  for (const line of `${symbols.slice(1, -1)},\nrawsock_manifest u32 buffer u32`.split(",\n")) {
    const [name = "", ...args] = line.split(" ");
    table[name] = { args, returns: "i32" };
  }
  return table as unknown as Functions;
}

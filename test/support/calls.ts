// A call of every public function and of every method of every public class, for tests of what a
// call may need. Each makes what it calls with anew, of descriptors that were there before.

import type * as rawsock from "../../src/index.ts";
import type { Source as Given } from "./given.ts";
import { strict } from "./strict.ts";

export type Api = typeof rawsock;
export type Call = (api: Api, given: Given) => unknown;

/** What is public in `api`, by the names of `calls`: "socket", "Socket.open", "Socket#recv". */
export function publicNames(api: object): string[] {
  return Object.entries(api).flatMap(([name, value]) => {
    if (typeof value === "function") {
      if (!/^class\b/.test(Function.prototype.toString.call(value))) return [name];
      const own = Reflect.ownKeys(value).filter((key) => !(key in Function.prototype));
      const members = Reflect.ownKeys(value.prototype).filter((key) => key !== "constructor");
      return [
        `new ${name}`,
        ...own.filter((key) => key !== "prototype").map((key) => `${name}.${String(key)}`),
        ...members.map((key) => `${name}#${String(key)}`),
      ];
    }
    if (typeof value !== "object" || value === null) return [];
    const functions = Object.entries(value).filter(([, member]) => typeof member === "function");
    return functions.map(([member]) => `${name}.${member}`);
  });
}

const DATA = Uint8Array.of(1, 2, 3, 4);
const LOOPBACK = { family: "inet", address: "127.0.0.1" } as const;
const GROUP = { group: "224.0.0.251", interface: "127.0.0.1" };
/** Keeps every packet. */
const FILTER = [{ code: 6, jt: 0, jf: 0, k: 0xffff }];
/** Shorter where a call is to fail. */
const LIMITS = { timeout: Number(process.env.RAWSOCK_TEST_CALL_TIMEOUT ?? 5000) };
const INSPECT = "Symbol(nodejs.util.inspect.custom)";

/** IPv4 with 12 bytes of a protocol's header behind it, without Ethernet. */
function packet(protocol: number): Uint8Array {
  const header = [0x45, 0, 0, 40, 0, 0, 0, 0, 64, protocol, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1];
  const length = protocol === 17 ? [0, 20] : [0, 0];
  return Uint8Array.of(
    ...header,
    8,
    0,
    0,
    0,
    ...length,
    0,
    0,
    ...[0, 0, 0, 0, 0x50, 0, 0, 0, 0, 0, 0, 0],
  );
}
const NO_LINK = { link: "none" } as const;

const addresses = (api: Api) => [
  api.Sockaddr.inet6("::1", 7, { scopeId: 1, flowinfo: 2 }),
  api.Sockaddr.unix("/nowhere"),
  api.Sockaddr.packet({ ifindex: 1, protocol: 0x800, address: "02:fc:00:00:00:01" }),
  api.Sockaddr.netlink({ pid: 0, groups: 1 }),
  api.Sockaddr.vsock({ cid: 2, port: 3 }),
  api.Sockaddr.can({ ifindex: 1, rxId: 2 }),
  api.Sockaddr.alg({ type: "hash", name: "sha256" }),
  api.Sockaddr.tipc({ type: 4711, instance: 1 }),
];
/** A field of an address of every family. */
const field =
  (name: string): Call =>
  (api) =>
    addresses(api).map((address) => (address as unknown as Record<string, unknown>)[name]);

/** What `use` does with a Socket that has a peer, which is closed at last. */
const withSocket =
  (use: (socket: rawsock.Socket, peer: number, api: Api) => unknown, stream = false): Call =>
  async (api, given) => {
    const [own, peer] = stream ? given.streams() : given.datagrams();
    const socket = api.Socket.adopt(own);
    try {
      return await use(socket, peer, api);
    } finally {
      socket.close();
    }
  };

const withUdp =
  (use: (socket: rawsock.Socket, api: Api) => unknown): Call =>
  async (api, given) => {
    const socket = api.Socket.adopt(given.udp());
    try {
      return await use(socket, api);
    } finally {
      socket.close();
    }
  };

/** Has a call of the Socket's wait before there is anything to receive. */
const withMail =
  (use: (socket: rawsock.Socket, api: Api) => unknown): Call =>
  (api, given) =>
    withSocket((socket, peer) => {
      setTimeout(() => {
        // The call may have failed.
        if (!socket.closed) given.send(peer, DATA);
      }, 5);
      return use(socket, api);
    })(api, given);

/** A listening socket with a connection in its queue. */
function listening(api: Api, given: Given): { listener: number; client: number } {
  const [listener, client] = [given.tcp(), given.tcp()];
  api.bind(listener, LOOPBACK);
  api.listen(listener);
  api.connect(client, api.getsockname(listener));
  return { listener, client };
}

/** A bound UDP socket that has sent itself a datagram. */
function sent(api: Api, given: Given): number {
  const fd = given.udp();
  api.bind(fd, LOOPBACK);
  api.sendto(fd, DATA, api.getsockname(fd));
  return fd;
}

/** Does it to each, and then throws what the last threw. */
export function each<T>(all: readonly T[], use: (one: T) => unknown): void {
  const errors: unknown[] = [];
  for (const one of all) {
    try {
      use(one);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors.at(-1);
}

const message = (api: Api, address: true | null = null) =>
  new api.Message({ iovec: [new Uint8Array(4)], ...(address === null ? {} : { address }) });

export const calls: Readonly<Record<string, Call>> = {
  socket: ({ socket, close }) => close(socket("inet", "dgram", "udp")),
  socketpair: ({ socketpair, close }) => each(socketpair("unix", "stream"), close),
  close: ({ close }, given) => close(given.udp()),
  bind: ({ bind }, given) => bind(given.udp(), LOOPBACK),
  connect: ({ connect }, given) => connect(given.udp(), { ...LOOPBACK, port: 9 }),
  listen: ({ listen }, given) => listen(given.tcp()),
  accept: (api, given) => api.close(api.accept(listening(api, given).listener).fd),
  getsockname: ({ getsockname }, given) => getsockname(given.udp()),
  getpeername: ({ getpeername }, given) => getpeername(given.datagrams()[0]),
  shutdown: ({ shutdown }, given) => shutdown(given.streams()[0], "rdwr"),
  sockatmark: (api, given) => api.sockatmark(listening(api, given).client),
  setNonblocking: ({ setNonblocking }, given) => setNonblocking(given.udp(), true),
  disconnect: ({ disconnect }, given) => disconnect(given.udp()),
  ioctl: ({ ioctl, FIO }, given) => ioctl(given.udp(), FIO.NREAD, new Uint8Array(4)),
  unread: ({ unread }, given) => unread(given.streams()[0]),
  unsent: ({ unsent }, given) => unsent(given.streams()[0]),
  hardwareTimestamps: ({ hardwareTimestamps }, given) => hardwareTimestamps(given.udp(), "lo"),
  setHardwareTimestamps: (api, given) => {
    try {
      api.setHardwareTimestamps(given.udp(), "lo", {});
    } catch (error) {
      // Without the privilege another one than with it.
      if (strict || !(error instanceof api.SocketError)) throw error;
    }
  },
  openIn: ({ openIn, close }) => close(openIn("/proc/self/ns/net", "inet", "dgram")),
  poll: ({ poll }, given) => poll([{ fd: given.datagrams()[0], events: ["in", "out"] }], 0),
  send: ({ send }, given) => send(given.datagrams()[0], DATA),
  sendto: sent,
  sendmsg: ({ Message, sendmsg }, given) =>
    sendmsg(given.datagrams()[0], new Message({ iovec: [DATA], control: [] })),
  sendmmsg: ({ Message, sendmmsg }, given) =>
    sendmmsg(given.datagrams()[0], [new Message({ iovec: [DATA] })]),
  recv: (api, given) => api.recv(sent(api, given), new Uint8Array(4)),
  recvfrom: (api, given) => api.recvfrom(sent(api, given), new Uint8Array(4)),
  recvmsg: (api, given) => api.recvmsg(sent(api, given), message(api, true)),
  recvmmsg: (api, given) => api.recvmmsg(sent(api, given), [message(api)]),
  read: (api, given) => api.read(sent(api, given), [new Uint8Array(4)]),
  write: ({ write }, given) => write(given.datagrams()[0], [DATA, DATA]),
  openUnixSocket: ({ openUnixSocket }) => openUnixSocket("/nowhere"),
  openUnixSocketStream: ({ openUnixSocketStream }) => openUnixSocketStream("/nowhere").destroy(),
  htonl: ({ htonl }) => htonl(1),
  htons: ({ htons }) => htons(1),
  ntohl: ({ ntohl }) => ntohl(1),
  ntohs: ({ ntohs }) => ntohs(1),

  convertAddress: ({ convertAddress }) => [
    convertAddress("inet6", "::1"),
    convertAddress("inet", "127.0.0.1", { as: "integer" }),
    convertAddress("inet6", new Uint8Array(16)),
  ],
  "new Sockaddr": ({ Sockaddr }) => new Sockaddr("inet", 14),
  "Sockaddr.inet": ({ Sockaddr }) => Sockaddr.inet("127.0.0.1", 9),
  "Sockaddr.inet6": ({ Sockaddr }) => Sockaddr.inet6("fe80::1%1", 9),
  "Sockaddr.unix": ({ Sockaddr }) => Sockaddr.unix("\0abstract"),
  "Sockaddr.packet": ({ Sockaddr }) => Sockaddr.packet({ interface: "lo" }),
  "Sockaddr.netlink": ({ Sockaddr }) => Sockaddr.netlink({ pid: 1, groups: 2 }),
  "Sockaddr.vsock": ({ Sockaddr }) => Sockaddr.vsock({ cid: 2, port: 3 }),
  "Sockaddr.can": ({ Sockaddr }) => Sockaddr.can({ interface: "lo" }),
  "Sockaddr.alg": ({ Sockaddr }) => Sockaddr.alg({ type: "hash", name: "sha256" }),
  "Sockaddr.tipc": ({ Sockaddr }) => Sockaddr.tipc({ type: 4711, lower: 1, upper: 2 }),
  "Sockaddr.from": ({ Sockaddr }) => Sockaddr.from(Sockaddr.inet("127.0.0.1").bytes),
  "Sockaddr#toString": (api) => addresses(api).map((address) => address.toString()),
  "Sockaddr#toJSON": (api) => addresses(api).map((address) => address.toJSON()),
  "Sockaddr#is": (api) => addresses(api).map((address) => address.is("inet6")),
  "Sockaddr#with": (api) => addresses(api).map((address) => address.with({})),
  "Sockaddr#equals": (api) => addresses(api).map((address) => address.equals(address)),
  [`Sockaddr#${INSPECT}`]: (api) => Bun.inspect(addresses(api)),
  ...Object.fromEntries(
    [
      ...["family", "data", "address", "port", "scopeId", "flowinfo", "path", "ifindex"],
      ...["protocol", "hatype", "pkttype", "pid", "groups", "cid", "rxId", "txId", "type", "name"],
      ...["features", "mask", "addrtype", "scope", "lower", "upper", "instance", "domain", "ref"],
      "node",
    ].map((name) => [`Sockaddr#${name}`, field(name)]),
  ),

  "new Message": ({ Message }) => new Message({ address: LOOPBACK, iovec: [DATA] }),
  ...Object.fromEntries(
    ["address", "iovec", "control", "controlLength", "flags", "length"].map((name) => [
      `Message#${name}`,
      (api: Api) => (message(api) as unknown as Record<string, unknown>)[name],
    ]),
  ),
  [`Message#${INSPECT}`]: (api) => Bun.inspect(message(api)),
  encodeControl: ({ encodeControl }) => encodeControl([{ kind: "ttl", value: 9 }]),
  decodeControl: ({ decodeControl, encodeControl }) =>
    decodeControl(
      encodeControl([
        { kind: "ttl", value: 9 },
        { kind: "pktinfo", ifindex: 1, address: "127.0.0.1" },
        { kind: "unknown", level: 99, type: 99, data: DATA },
      ]),
    ),

  socketOption: ({ socketOption }, given) => socketOption(given.udp(), "SO_TYPE"),
  setSocketOption: ({ setSocketOption }, given) => setSocketOption(given.udp(), "IP_TTL", 9),
  socketOptions: ({ socketOptions }, given) => socketOptions(given.udp(), { level: "all" }),
  setSocketOptions: ({ setSocketOptions }, given) =>
    setSocketOptions(given.udp(), { SO_REUSEADDR: true, IP_TOS: 4 }),
  getsockopt: ({ SO, SOL, getsockopt }, given) =>
    getsockopt(given.udp(), SOL.SOCKET as number, SO.TYPE as number),
  setsockopt: ({ SO, SOL, setsockopt }, given) =>
    setsockopt(given.udp(), SOL.SOCKET as number, SO.REUSEADDR as number, 1),

  getaddrinfo: ({ getaddrinfo }) => getaddrinfo({ node: "127.0.0.1", numerichost: true }),
  getnameinfo: ({ getnameinfo }) => getnameinfo(LOOPBACK, { numerichost: true, numericserv: true }),
  resolve: ({ resolve }) => resolve({ node: "127.0.0.1", numerichost: true }),
  protocol: ({ protocol }) => [protocol("icmp"), protocol()],
  network: ({ network }) => [network("loopback"), network()],
  service: ({ service }) => [service("http", "tcp"), service()],
  ifNameIndex: ({ ifNameIndex }) => [ifNameIndex("lo"), ifNameIndex(1), ifNameIndex()],
  ifaddrs: ({ ifaddrs }) =>
    ifaddrs().map(({ destination, statistics }) => [destination, statistics]),
  configdev: ({ configdev }, given) => configdev(given.udp(), "lo", null, {}),

  "checksum.internet": ({ checksum }) => checksum.internet(DATA),
  "checksum.partial": ({ checksum }) => checksum.partial(DATA),
  "checksum.fold": ({ checksum }) => checksum.fold(0x12345),
  "checksum.combine": ({ checksum }) => checksum.combine(1, 2, 3),
  "checksum.pseudoHeader": ({ checksum }) => checksum.pseudoHeader("::1", "::2", "udp", 8),
  "checksum.update": ({ checksum }) => checksum.update(1, DATA, DATA),
  "checksum.ip": ({ checksum }) => checksum.ip(packet(1), NO_LINK),
  "checksum.icmp": ({ checksum }) => checksum.icmp(packet(1), NO_LINK),
  "checksum.tcp": ({ checksum }) => checksum.tcp(packet(6), NO_LINK),
  "checksum.udp": ({ checksum }) => checksum.udp(packet(17), NO_LINK),
  "checksum.igmp": ({ checksum }) => checksum.igmp(packet(2), NO_LINK),
  "checksum.sctp": ({ checksum }) => checksum.sctp(packet(132), NO_LINK),
  "checksum.verify": ({ checksum }) => checksum.verify(packet(17), NO_LINK),

  "new SocketError": ({ SocketError }) => String(new SocketError(1, "call")),
  "new AddrInfoError": ({ AddrInfoError }) => String(new AddrInfoError(-2, 0, "getaddrinfo", "")),

  "new Socket": ({ Socket }) => Reflect.construct(Socket as never, []),
  "Socket.open": ({ Socket }) => Socket.open("inet", "dgram").close(),
  "Socket.pair": ({ Socket }) => each(Socket.pair("unix", "dgram"), (socket) => socket.close()),
  "Socket.adopt": withSocket((socket) => socket.fd),
  "Socket#detach": withSocket((socket) => socket.detach()),
  "Socket#fd": withSocket((socket) => socket.fd),
  "Socket#closed": withSocket((socket) => socket.closed),
  "Socket#family": withSocket((socket) => socket.family),
  "Socket#type": withSocket((socket) => socket.type),
  "Socket#protocol": withSocket((socket) => socket.protocol),
  "Socket#bytesSent": withSocket((socket) => socket.bytesSent),
  "Socket#localAddress": withSocket((socket) => socket.localAddress),
  "Socket#peerAddress": withSocket((socket) => socket.peerAddress),
  "Socket#bind": withUdp((socket) => socket.bind(LOOPBACK)),
  "Socket#listen": (api, given) => {
    using socket = api.Socket.adopt(given.tcp());
    socket.listen();
  },
  "Socket#shutdown": withSocket((socket) => socket.shutdown("wr"), true),
  "Socket#close": withSocket((socket) => socket.close()),
  "Socket#ref": withSocket((socket) => socket.ref()),
  "Socket#unref": withSocket((socket) => socket.unref()),
  "Socket#connect": withUdp((socket) => socket.connect({ ...LOOPBACK, port: 9 }, LIMITS)),
  "Socket#accept": async (api, given) => {
    using socket = api.Socket.adopt(listening(api, given).listener);
    (await socket.accept(LIMITS)).close();
  },
  "Socket#send": withSocket((socket) => socket.send(DATA, LIMITS)),
  "Socket#sendto": withUdp((socket) => socket.sendto(DATA, { ...LOOPBACK, port: 9 }, LIMITS)),
  "Socket#sendmsg": withSocket((socket, _, { Message }) =>
    socket.sendmsg(new Message({ iovec: [DATA] }), LIMITS),
  ),
  "Socket#sendmmsg": withSocket((socket, _, { Message }) =>
    socket.sendmmsg([new Message({ iovec: [DATA] })], LIMITS),
  ),
  "Socket#recv": withMail((socket) => socket.recv(new Uint8Array(4), LIMITS)),
  "Socket#recvfrom": withMail((socket) => socket.recvfrom(new Uint8Array(4), LIMITS)),
  "Socket#recvmsg": withMail((socket, api) => socket.recvmsg(message(api), LIMITS)),
  "Socket#recvmmsg": withMail((socket, api) => socket.recvmmsg([message(api)], LIMITS)),
  "Socket#readable": withMail((socket) => socket.readable(LIMITS)),
  "Socket#writable": withSocket((socket) => socket.writable(LIMITS)),
  "Socket#messages": withMail(async (socket) => {
    const signal = AbortSignal.timeout(LIMITS.timeout);
    for await (const { data, control } of socket.messages({ signal })) return [data, control];
    return null;
  }),
  "Socket#connections": async (api, given) => {
    using socket = api.Socket.adopt(listening(api, given).listener);
    for await (const connection of socket.connections(LIMITS)) return connection.close();
  },
  "Socket#option": withSocket((socket) => socket.option("SO_TYPE")),
  "Socket#setOption": withSocket((socket) => socket.setOption("SO_REUSEADDR", true)),
  "Socket#options": withSocket((socket) => socket.options()),
  "Socket#setOptions": withSocket((socket) => socket.setOptions({ SO_REUSEADDR: true })),
  "Socket#joinGroup": withUdp((socket) => socket.joinGroup(GROUP)),
  "Socket#leaveGroup": withUdp((socket) => socket.joinGroup(GROUP).leaveGroup(GROUP)),
  "Socket#attachFilter": withUdp((socket) => socket.attachFilter(FILTER)),
  "Socket#detachFilter": withUdp((socket) => socket.attachFilter(FILTER).detachFilter()),
  "Socket#lockFilter": withUdp((socket) => socket.lockFilter()),
  "Socket#Symbol(Symbol.dispose)": withSocket((socket) => socket[Symbol.dispose]()),
  "Socket#Symbol(Symbol.asyncDispose)": withSocket((socket) => socket[Symbol.asyncDispose]()),
  [`Socket#${INSPECT}`]: withSocket((socket) => Bun.inspect(socket)),
};

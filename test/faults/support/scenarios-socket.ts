// Further calls of rawsock for faults: those of test/support/calls.ts need not wait. A thread does
// what another program would.

import type * as rawsock from "../../../src/index.ts";
import { type Api, each } from "../../support/calls.ts";
import { again, LIMITS, OWN_NAMESPACE } from "./again.ts";
import type { Provider } from "./provider.ts";

type Plain = (api: Api, given: Provider) => unknown;

const LOOPBACK = { family: "inet", address: "127.0.0.1" } as const;
const DATA = Uint8Array.of(1, 2, 3, 4);
const ROOM = 8192;

const message = (api: Api, count = 1) =>
  new api.Message({ iovec: Array.from({ length: count }, () => new Uint8Array(4)) });

/** Two connected sockets; 4 bytes come to the first a while later. */
function expecting(given: Provider, stream = false): number {
  const [own, peer] = stream ? given.streams() : given.datagrams();
  given.injector.later("send", peer);
  return own;
}

/** A stream that takes no more until a thread has read what is there. */
function full(api: Api, given: Provider, drained = true): number {
  const [own, peer] = given.streams();
  const data = new Uint8Array(1 << 16);
  try {
    for (;;) api.send(own, data, { dontwait: true });
  } catch (error) {
    if ((error as { code?: string }).code !== "EAGAIN") throw error;
  }
  if (drained) given.injector.later("drain", peer);
  return own;
}

const socketOf =
  (
    fd: (api: Api, given: Provider) => number,
    use: (socket: rawsock.Socket, api: Api) => unknown,
  ): Plain =>
  async (api, given) => {
    using socket = api.Socket.adopt(fd(api, given));
    return await use(socket, api);
  };

function listener(api: Api, given: Provider): number {
  const fd = given.tcp();
  api.bind(fd, LOOPBACK);
  api.listen(fd);
  return fd;
}

/** A Unix socket that listens and whose backlog is full. */
async function crowded(api: Api, use: (name: string) => Promise<unknown>): Promise<unknown> {
  const own: number[] = [];
  const name = `\0rawsock-faults-${process.pid}`;
  const make = () => {
    const fd = api.socket("unix", "stream");
    own.push(fd);
    return fd;
  };
  try {
    const listening = make();
    api.bind(listening, { family: "unix", path: name });
    api.listen(listening, 0);
    api.connect(make(), { family: "unix", path: name });
    return await use(name);
  } finally {
    each(own, api.close);
  }
}

/** A message with two descriptors, sent to the socket that is returned. */
function parcel(api: Api, given: Provider): number {
  const [own, peer] = given.datagrams();
  const fds = [given.udp(), given.udp()];
  const control = [{ kind: "rights", fds }] as const;
  api.sendmsg(peer, new api.Message({ iovec: [DATA], control }));
  return own;
}

function closeAll(api: Api, { control }: { control: readonly rawsock.ControlMessage[] }): number {
  const fds = control.flatMap((one) => (one.kind === "rights" ? one.fds : []));
  each(fds, api.close);
  return fds.length;
}

export const plain: Readonly<Record<string, Plain>> = {
  "recv, waiting": (api, given) => api.recv(expecting(given), new Uint8Array(4)),
  "recvfrom, waiting": (api, given) => api.recvfrom(expecting(given), new Uint8Array(4)),
  "recvmsg, waiting": (api, given) => api.recvmsg(expecting(given), message(api)),
  "recvmmsg, waiting": (api, given) => api.recvmmsg(expecting(given), [message(api)]),
  "read, waiting": (api, given) =>
    api.read(expecting(given), [new Uint8Array(2), new Uint8Array(2)]),
  "recv, all of a stream": (api, given) => {
    const [own, peer] = given.streams();
    given.injector.later("send", peer, { ms: 2 });
    given.injector.later("send", peer, { ms: 4 });
    return api.recv(own, new Uint8Array(8), { waitall: true });
  },
  "recvmsg, all of a stream": (api, given) => {
    const [own, peer] = given.streams();
    given.injector.later("send", peer, { ms: 2 });
    given.injector.later("send", peer, { ms: 4 });
    return api.recvmsg(own, message(api, 2), { waitall: true });
  },
  "recv, late": (api, given) => {
    const [own] = given.datagrams();
    api.setSocketOption(own, "SO_RCVTIMEO", 20);
    return api.recv(own, new Uint8Array(4));
  },
  "accept, waiting": (api, given) => {
    const fd = listener(api, given);
    given.injector.later("connect", fd, { other: given.tcp() });
    api.close(api.accept(fd).fd);
  },
  "poll, waiting": (api, given) =>
    api.poll([{ fd: expecting(given), events: ["in"] }], 1000).length,
  "send, waiting": (api, given) => api.send(full(api, given), new Uint8Array(ROOM)),
  "sendmsg, waiting": (api, given) =>
    api.sendmsg(full(api, given), new api.Message({ iovec: [new Uint8Array(ROOM)] })),
  "sendmmsg, waiting": (api, given) =>
    api.sendmmsg(full(api, given), [new api.Message({ iovec: [new Uint8Array(ROOM)] })]),
  "write, waiting": (api, given) => api.write(full(api, given), [new Uint8Array(ROOM)]),
  "connect of TCP": (api, given) => api.connect(given.tcp(), api.getsockname(listener(api, given))),
  "connect, refused": (api, given) => {
    const address = api.Sockaddr.inet("127.0.0.1", 1);
    try {
      api.connect(given.tcp(), address);
    } catch (error) {
      if ((error as { code?: string }).code !== "ECONNREFUSED") throw error;
      return "refused";
    }
    return "connected";
  },
  "recvmsg of descriptors": (api, given) => {
    const received = message(api);
    api.recvmsg(parcel(api, given), received);
    return closeAll(api, received);
  },
  "recvmmsg of descriptors": (api, given) => {
    const received = [message(api)];
    const count = api.recvmmsg(parcel(api, given), received);
    return received.slice(0, count).map((one) => closeAll(api, one));
  },
  "close that lingers": (api, given) => {
    const fd = given.release(full(api, given, false));
    try {
      api.setSocketOption(fd, "SO_LINGER", 1);
    } finally {
      api.close(fd);
    }
  },
  "getaddrinfo of a name": (api) => api.getaddrinfo({ node: "localhost", service: "http" }).length,
  "getnameinfo of a name": (api) =>
    api.getnameinfo({ family: "inet", address: "127.0.0.1", port: 80 }).service,
  "resolve of a name": async (api) =>
    (await api.resolve({ node: "localhost", service: "http" }, LIMITS)).length,
  "resolve, twenty at once": async (api) => {
    const all = Array.from({ length: 20 }, () => api.resolve({ node: "localhost" }, LIMITS));
    const outcomes = await Promise.allSettled(all);
    for (const one of outcomes) if (one.status === "rejected") throw one.reason;
    return outcomes.length;
  },
  "openIn of a descriptor": (api, given) => {
    void given;
    return api.close(api.openIn(OWN_NAMESPACE, "inet", "stream"));
  },
  "Socket.open in a namespace": (api) =>
    api.Socket.open("inet", "dgram", "udp", { namespace: OWN_NAMESPACE }).close(),
  "Socket#recv, waiting": socketOf(
    (_, given) => expecting(given),
    (socket) => socket.recv(new Uint8Array(4), LIMITS),
  ),
  "Socket#recv, all of a stream": (api, given) => {
    const [own, peer] = given.streams();
    given.injector.later("send", peer, { ms: 2 });
    given.injector.later("send", peer, { ms: 4 });
    return socketOf(
      () => own,
      (socket) => socket.recv(new Uint8Array(8), { waitall: true, ...LIMITS }),
    )(api, given);
  },
  "Socket#recv, three at once": (api, given) => {
    const [own, peer] = given.datagrams();
    for (const ms of [1, 2, 3]) given.injector.later("send", peer, { ms });
    return socketOf(
      () => own,
      async (socket) => {
        const all = [1, 2, 3].map(() => socket.recv(new Uint8Array(4), LIMITS));
        for (const one of await Promise.allSettled(all)) {
          if (one.status === "rejected") throw one.reason;
        }
        return all.length;
      },
    )(api, given);
  },
  "Socket#send, waiting": socketOf(full, (socket) => socket.send(new Uint8Array(ROOM), LIMITS)),
  "Socket#sendmsg, waiting": socketOf(full, (socket, api) =>
    socket.sendmsg(new api.Message({ iovec: [new Uint8Array(ROOM)] }), LIMITS),
  ),
  "Socket#sendmmsg, waiting": socketOf(full, (socket, api) =>
    socket.sendmmsg([new api.Message({ iovec: [new Uint8Array(ROOM)] })], LIMITS),
  ),
  "Socket#writable, waiting": socketOf(full, (socket) => socket.writable(LIMITS)),
  "Socket#accept, waiting": socketOf(
    (api, given) => {
      const fd = listener(api, given);
      given.injector.later("connect", fd, { other: given.tcp() });
      return fd;
    },
    async (socket) => (await socket.accept(LIMITS)).close(),
  ),
  "Socket#connections, two": socketOf(
    (api, given) => {
      const fd = listener(api, given);
      for (const ms of [1, 3]) given.injector.later("connect", fd, { ms, other: given.tcp() });
      return fd;
    },
    async (socket) => {
      let count = 0;
      for await (const one of socket.connections(LIMITS)) {
        one.close();
        if (++count === 2) break;
      }
      return count;
    },
  ),
  "Socket#connect of TCP": async (api, given) => {
    const address = api.getsockname(listener(api, given));
    using socket = api.Socket.adopt(given.tcp());
    await socket.connect(address, LIMITS);
  },
  "Socket#connect to a full backlog": (api) =>
    crowded(api, async (path) => {
      using socket = api.Socket.open("unix", "stream");
      const limits = { timeout: 20 };
      return await socket.connect({ family: "unix", path }, limits).catch((error) => {
        if (error.timeout === limits.timeout) return error.code;
        throw error;
      });
    }),
  "Socket#messages in batches": (api, given) => {
    const [own, peer] = given.datagrams();
    for (const ms of [1, 1, 3, 3]) given.injector.later("send", peer, { ms });
    return socketOf(
      () => own,
      async (socket) => {
        let count = 0;
        for await (const batch of socket.messages({ batch: 8, ...LIMITS })) {
          count += batch.length;
          if (count >= 4) break;
        }
        return count;
      },
    )(api, given);
  },
  "Socket#messages of descriptors": socketOf(parcel, async (socket, api) => {
    for await (const one of socket.messages(LIMITS)) return closeAll(api, one);
    return 0;
  }),
  "Socket#messages of descriptors, unread": socketOf(parcel, async (socket) => {
    for await (const one of socket.messages(LIMITS)) return one.data.length;
    return 0;
  }),
  "Socket#messages of a seqpacket": async (api) => {
    const [a, b] = api.Socket.pair("unix", "seqpacket");
    try {
      await a.send(DATA);
      await a.send(new Uint8Array(0));
      a.close();
      let count = 0;
      for await (const _ of b.messages(LIMITS)) count++;
      return count;
    } finally {
      a.close();
      b.close();
    }
  },
  "Socket#recvmsg of descriptors": socketOf(parcel, async (socket, api) => {
    const received = message(api);
    await socket.recvmsg(received, LIMITS);
    return closeAll(api, received);
  }),
  "Socket#close that lingers": (api, given) => {
    const fd = full(api, given, false);
    using socket = api.Socket.adopt(fd);
    given.release(fd);
    socket.setOption("SO_LINGER", 1);
  },
  "Socket#attachFilter, drained": (api, given) => {
    using socket = api.Socket.adopt(given.udp());
    socket.bind(LOOPBACK);
    api.sendto(socket, DATA, socket.localAddress);
    socket.attachFilter([{ code: 6, jt: 0, jf: 0, k: 0xffff }], { drain: true });
  },
  "sendto with fast open": async (api, given) => {
    const address = api.getsockname(listener(api, given));
    return api.sendto(given.tcp(), DATA, address, { fastopen: true } as never);
  },
};

export const furtherSocket: Readonly<Record<string, Plain>> = {
  "Socket#recv, again": (api, given) => {
    const [own, peer] = given.datagrams();
    return socketOf(
      () => own,
      (socket) =>
        again(given, () => {
          setTimeout(() => given.send(peer, DATA), 2);
          return socket.recv(new Uint8Array(4), LIMITS);
        }),
    )(api, given);
  },
  "Socket#send, again": (api, given) =>
    socketOf(
      () => given.datagrams()[0],
      (socket) => again(given, () => socket.send(DATA, LIMITS)),
    )(api, given),
  "Socket#accept, again": (api, given) => {
    const fd = listener(api, given);
    return socketOf(
      () => fd,
      (socket) =>
        again(given, async () => {
          given.injector.later("connect", fd, { other: given.tcp() });
          (await socket.accept(LIMITS)).close();
        }),
    )(api, given);
  },
  "Socket#messages, again": (api, given) => {
    const [own, peer] = given.datagrams();
    return socketOf(
      () => own,
      (socket) =>
        again(given, async () => {
          setTimeout(() => given.send(peer, DATA), 2);
          for await (const { data } of socket.messages(LIMITS)) return data.length;
          return 0;
        }),
    )(api, given);
  },
};

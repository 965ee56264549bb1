// Options that can only be set, by what they do, and those that can only be read.

import { expect, test } from "bun:test";
import {
  bind,
  close,
  connect,
  getsockopt,
  listen,
  NETLINK,
  setSocketOption,
  socket,
  socketOption,
} from "../../src/index.ts";
import { withConnection } from "../support/connection.ts";
import { Namespace, VethPair } from "../support/namespace.ts";
import {
  capability,
  kernel,
  namespaces,
  nobody,
  python,
  testWith,
} from "../support/requirements.ts";
import { withSocket } from "../support/sockets.ts";

const words = (...numbers: number[]) => new Uint8Array(new Uint32Array(numbers).buffer);

testWith(capability("net_admin"))(
  "SO_RCVBUFFORCE and SO_SNDBUFFORCE go beyond the system's limit",
  () => {
    withSocket("udp", (fd) => {
      for (const [force, plain] of [
        ["SO_RCVBUFFORCE", "SO_RCVBUF"],
        ["SO_SNDBUFFORCE", "SO_SNDBUF"],
      ] as const) {
        setSocketOption(fd, force, 2 ** 24);
        expect(socketOption(fd, plain)).toBe(2 ** 25);
        expect(() => socketOption(fd, force)).toThrow(`${force} can only be set`);
      }
    });
  },
);

testWith(capability("net_admin"))("SO_BUSY_POLL_BUDGET is taken", () => {
  withSocket("udp", (fd) => {
    setSocketOption(fd, "SO_BUSY_POLL_BUDGET", 100);
    expect(() => setSocketOption(fd, "SO_BUSY_POLL_BUDGET", 65_536)).toThrow(RangeError);
  });
});

test("SO_CNX_ADVICE is taken on a connection", () => {
  withConnection((client) => {
    setSocketOption(client, "SO_CNX_ADVICE", 1);
    expect(() => socketOption(client, "SO_CNX_ADVICE")).toThrow("can only be set");
  });
});

test("SO_DETACH_BPF detaches a filter of either kind", () => {
  withSocket("udp", (fd) => {
    setSocketOption(fd, "SO_ATTACH_FILTER", words(6, 0));
    expect(socketOption(fd, "SO_GET_FILTER")).toHaveLength(1);
    setSocketOption(fd, "SO_DETACH_BPF", true);
    expect(socketOption(fd, "SO_GET_FILTER")).toEqual([]);
  });
});

test.each(["SO_ATTACH_BPF", "SO_ATTACH_REUSEPORT_EBPF"] as const)(
  "%s wants the descriptor of a program",
  (name) => {
    withSocket("udp", (fd) => {
      setSocketOption(fd, "SO_REUSEPORT", true);
      expect(() => setSocketOption(fd, name, fd)).toThrow(new RegExp(`EINVAL ${name}`));
      expect(() => setSocketOption(fd, name, 999_999)).toThrow(new RegExp(`EBADF ${name}`));
      expect(() => setSocketOption(fd, name, -1)).toThrow(RangeError);
    });
  },
);

testWith(namespaces)("IPV6_JOIN_ANYCAST adds an address to the interface until it is left", () => {
  using pair = new VethPair();
  pair.a.enter(() => {
    const fd = socket("inet6", "dgram");
    const anycast = { address: "fd77::77", interface: pair.interface };
    const listed = () =>
      Bun.spawnSync(pair.a.command("cat", "/proc/net/anycast6"))
        .stdout.toString()
        .includes("0077 ");
    expect(listed()).toBe(false);
    setSocketOption(fd, "IPV6_JOIN_ANYCAST", anycast);
    expect(listed()).toBe(true);
    setSocketOption(fd, "IPV6_LEAVE_ANYCAST", anycast);
    expect(listed()).toBe(false);
    close(fd);
  });
});

testWith(namespaces)("IPV6_FLOWLABEL_MGR takes a struct in6_flowlabel_req", () => {
  // Labels belong to the whole namespace: in the machine's own somebody may have this one.
  using namespace = new Namespace();
  namespace.enter(() => {
    withSocket("udp6", (fd) => {
      const request = new Uint8Array(32);
      // ::1, a label of one's own: IPV6_FL_A_GET, IPV6_FL_S_EXCL, IPV6_FL_F_CREATE.
      request[15] = 1;
      request.set([0, 0, 0x12, 0x34], 16);
      request.set([0, 1, 1, 0], 20);
      setSocketOption(fd, "IPV6_FLOWLABEL_MGR", request);
      expect(() => setSocketOption(fd, "IPV6_FLOWLABEL_MGR", request)).toThrow(/EEXIST|EPERM/);
    });
  });
});

testWith(namespaces)("PACKET_RX_RING and PACKET_TX_RING take a struct tpacket_req", () => {
  using namespace = new Namespace();
  const fd = namespace.enter(() => socket("packet", "raw", "all"));
  for (const name of ["PACKET_RX_RING", "PACKET_TX_RING"] as const) {
    expect(() => setSocketOption(fd, name, words(4095, 2, 2048, 4))).toThrow(/EINVAL/);
    setSocketOption(fd, name, words(4096, 2, 2048, 4));
    setSocketOption(fd, name, words(0, 0, 0, 0));
  }
  close(fd);
});

test("SO_ACCEPTCONN is true of a listening socket", () => {
  withSocket("tcp", (fd) => {
    bind(fd, { family: "inet", address: "127.0.0.1" });
    expect(socketOption(fd, "SO_ACCEPTCONN")).toBe(false);
    listen(fd);
    expect(socketOption(fd, "SO_ACCEPTCONN")).toBe(true);
  });
});

test("IP_MTU is the connection's", () => {
  withSocket("udp", (fd) => {
    expect(() => socketOption(fd, "IP_MTU")).toThrow(/ENOTCONN IP_MTU/);
    connect(fd, { family: "inet", address: "127.0.0.1", port: 9 });
    // An IPv4 packet is no longer, though the loopback interface would take one byte more.
    expect(socketOption(fd, "IP_MTU")).toBe(65_535);
  });
});

testWith(capability("net_raw"))("IP_PROTOCOL and SO_PROTOCOL are those of the raw socket", () => {
  withSocket("rawOther", (fd) => {
    expect(socketOption(fd, "IP_PROTOCOL")).toBe(253);
    expect(socketOption(fd, "SO_PROTOCOL")).toBe(253);
  });
});

testWith(namespaces)("SO_NETNS_COOKIE tells namespaces apart", () => {
  using namespace = new Namespace();
  const cookie = () => withSocket("udp", (fd) => socketOption(fd, "SO_NETNS_COOKIE"));
  expect(cookie()).toBe(cookie());
  expect(namespace.enter(cookie)).not.toBe(cookie());
});

test("TCP_SAVED_SYN is given once: IP and TCP headers of the first packet", () => {
  withConnection(
    (_, server) => {
      const syn = socketOption(server, "TCP_SAVED_SYN");
      expect(syn.length).toBeGreaterThanOrEqual(40);
      expect(syn[0]).toBe(0x45);
      expect((syn[33] ?? 0) & 0x3f).toBe(2);
      expect(socketOption(server, "TCP_SAVED_SYN")).toEqual(new Uint8Array());
    },
    (listener) => setSocketOption(listener, "TCP_SAVE_SYN", 1),
  );
});

test("TCP_CC_INFO tells about the connection", () => {
  withConnection((client) => {
    expect(socketOption(client, "TCP_CC_INFO")).toBeInstanceOf(Uint8Array);
  });
});

// Seen under 6.12, and not under 6.1.
testWith(kernel("6.12"))("TCP_IS_MPTCP tells about the connection", () => {
  withConnection((client) => {
    expect(socketOption(client, "TCP_IS_MPTCP")).toBe(false);
  });
});

test("getsockopt tells the length needed where the kernel does", () => {
  withSocket("netlink", (fd) => {
    setSocketOption(fd, "NETLINK_ADD_MEMBERSHIP", 33);
    expect(getsockopt(fd, "netlink", NETLINK.LIST_MEMBERSHIPS ?? 0, 8)).toEqual(words(0, 1));
    expect(() => getsockopt(fd, "netlink", NETLINK.LIST_MEMBERSHIPS ?? 0, 4)).toThrow(
      new RangeError("length must be 8 for this option, not 4"),
    );
  });
});

testWith(nobody, python)("a list longer than foreseen is read whole", () => {
  const script = `
    import { socketOption, socketpair } from "${import.meta.dir}/../../src/index.ts";
    const groups = socketOption(socketpair("unix", "stream")[0], "SO_PEERGROUPS");
    console.log(groups.length, groups[299]);`;
  // Bun itself sets 64 groups at most.
  const launcher =
    "import os, sys; os.setgroups(range(5000, 5300)); os.execv(sys.argv[1], sys.argv[1:])";
  const command = ["python3", "-c", launcher, process.execPath, "-e", script];
  const { stdout, stderr } = Bun.spawnSync(command);
  expect(`${stderr}${stdout}`).toBe("300 5299\n");
});

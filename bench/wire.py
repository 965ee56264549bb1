# The python3 side of bench/wire.ts, scapy or dpkt: reads "work calls", answers with nanoseconds per
# packet. The frames come as hexadecimal lines in a file.
import socket, sys, time

library, path = sys.argv[1:3]
frames = {}
with open(path) as file:
    for line in file:
        name, hexadecimal = line.split()
        frames.setdefault(name, []).append(bytes.fromhex(hexadecimal))

MACS = (bytes.fromhex("020000000002"), bytes.fromhex("020000000001"))
V4 = [socket.inet_pton(socket.AF_INET, text) for text in ("192.0.2.1", "198.51.100.7")]
V6 = [socket.inet_pton(socket.AF_INET6, text) for text in ("2001:db8::1", "2001:db8:1:2:3:4:5:6")]
data = bytes(100)

if library == "dpkt":
    import dpkt
    from dpkt.ethernet import Ethernet, VLANtag8021Q
    from dpkt.ip import IP
    from dpkt.ip6 import IP6
    from dpkt.tcp import TCP
    from dpkt.udp import UDP

    # dpkt leaves addresses as bytes, and TCP's options to a function of their own.
    def dissect(frame):
        ethernet = Ethernet(frame)
        ip = ethernet.data
        upper = getattr(ip, "data", None)
        if isinstance(upper, TCP):
            dpkt.tcp.parse_opts(upper.opts)
        return upper

    def syn():
        tcp = TCP(sport=1234, dport=80, seq=1000000000, flags=2, win=65535, opts=b"\x02\x04\x05\xb4")
        tcp.off = 6
        ip = IP(src=V4[0], dst=V4[1], id=7, ttl=64, p=6, data=tcp)
        ip.len = len(ip)
        return bytes(Ethernet(dst=MACS[0], src=MACS[1], type=0x0800, data=ip))

    def datagram():
        udp = UDP(sport=1234, dport=53, data=data)
        udp.ulen = len(udp)
        ip = IP6(src=V6[0], dst=V6[1], hlim=64, nxt=17, plen=len(udp), data=udp)
        return bytes(Ethernet(dst=MACS[0], src=MACS[1], type=0x86dd, data=ip))
else:
    from scapy.all import Dot1Q, Ether, IP, IPv6, TCP, UDP, conf, raw

    conf.verb = 0
    conf.checkIPaddr = False

    def dissect(frame):
        packet = Ether(frame)
        return packet.lastlayer()

    def syn():
        return raw(
            Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")
            / IP(src="192.0.2.1", dst="198.51.100.7", id=7, ttl=64)
            / TCP(sport=1234, dport=80, seq=1000000000, flags="S", window=65535, options=[("MSS", 1460)])
        )

    def datagram():
        return raw(
            Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")
            / Dot1Q(vlan=7)
            / IPv6(src="2001:db8::1", dst="2001:db8:1:2:3:4:5:6", hlim=64)
            / UDP(sport=1234, dport=53)
            / data
        )

for line in sys.stdin:
    name, calls = line.split()
    calls = int(calls)
    begin = time.perf_counter_ns()
    if name in frames:
        own = frames[name]
        for call in range(calls):
            dissect(own[call % len(own)])
    else:
        work = {"syn": syn, "datagram": datagram}[name]
        for call in range(calls):
            work()
    print((time.perf_counter_ns() - begin) / calls, flush=True)

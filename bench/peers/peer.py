# The works of peers/run.ts by CPython's socket module and, where it is installed, scapy.
import json, os, socket, sys, time

bursts = int(sys.argv[1])


def timed(count, body):
    begin = time.perf_counter_ns()
    for _ in range(count):
        body()
    return (time.perf_counter_ns() - begin) / count


def transfer(a, b):
    data, room = bytes(64), bytearray(64)

    def burst():
        for _ in range(64):
            a.send(data)
        for _ in range(64):
            b.recv_into(room)

    return timed(bursts, burst) / 64


def udp():
    a, b = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in "ab"]
    for one in (a, b):
        one.bind(("127.0.0.1", 0))
    a.connect(b.getsockname())
    b.connect(a.getsockname())
    return a, b


def raw():
    one = socket.socket(socket.AF_INET, socket.SOCK_RAW, 253)
    data, room = bytes(64), bytearray(128)

    def trip():
        one.sendto(data, ("127.0.0.1", 0))
        one.recv_into(room)

    return timed(bursts * 8, trip)


times = {
    "unix": transfer(*socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)),
    "udp": transfer(*udp()),
    "interfaces": timed(bursts, socket.if_nameindex),
}
if os.getuid() == 0:
    times["raw"] = raw()
try:
    from scapy.utils import checksum
except ImportError:
    pass
else:
    packet = bytes(1500)
    times["checksum"] = timed(bursts * 8, lambda: checksum(packet))
print(json.dumps(times))

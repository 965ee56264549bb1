# The python3 side of bench/peers.ts: reads "work calls", answers with nanoseconds per unit of work.
import socket, sys, time

BURST = 64

def udp():
    pair = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    for one in pair:
        one.bind(("127.0.0.1", 0))
    pair[0].connect(pair[1].getsockname())
    pair[1].connect(pair[0].getsockname())
    return pair

def bursts(pair):
    a, b = pair
    data, room = bytes(64), bytearray(64)
    def work():
        for _ in range(BURST):
            a.send(data)
        for _ in range(BURST):
            b.recv_into(room)
    return work, BURST

works = {
    "unix": lambda: bursts(socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)),
    "udp": lambda: bursts(udp()),
    "interfaces": lambda: (socket.if_nameindex, 1),
}
made = {}
for line in sys.stdin:
    name, calls = line.split()
    if name not in made:
        made[name] = works[name]()
    work, units = made[name]
    begin = time.perf_counter_ns()
    for _ in range(int(calls)):
        work()
    print((time.perf_counter_ns() - begin) / int(calls) / units, flush=True)

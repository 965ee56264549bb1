# Round trips of asyncio: datagrams.py echo prints its port and answers; datagrams.py trips port
# trips pause prints the nanoseconds that each took.

import asyncio
import json
import sys
import time


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.transport.sendto(data, address)


class Trips(asyncio.DatagramProtocol):
    def __init__(self, count, pause, done):
        self.count, self.pause, self.done = count, pause, done
        self.data, self.times = bytes(64), []

    def connection_made(self, transport):
        self.transport = transport
        self.send()

    def send(self):
        self.begin = time.perf_counter_ns()
        self.transport.sendto(self.data)

    def datagram_received(self, data, address):
        self.times.append(time.perf_counter_ns() - self.begin)
        if len(self.times) == self.count:
            self.done.set_result(None)
        elif self.pause > 0:
            asyncio.get_running_loop().call_later(self.pause / 1000, self.send)
        else:
            self.send()


async def echo():
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
    print(transport.get_extra_info("sockname")[1], flush=True)
    await asyncio.Event().wait()


async def measure(port, count, pause):
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    trips = Trips(count, pause, done)
    await loop.create_datagram_endpoint(lambda: trips, remote_addr=("127.0.0.1", port))
    await done
    print(json.dumps(trips.times))


if sys.argv[1] == "echo":
    asyncio.run(echo())
else:
    asyncio.run(measure(*(int(word) for word in sys.argv[2:5])))

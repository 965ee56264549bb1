// The works of peers/run.ts by Bun's own UDP socket, which sends many at once.

const bursts = Number(process.argv[2]);
const total = bursts * 64;
const data = new Uint8Array(64);
const packets = Array.from({ length: 64 }, () => data);
let seen = 0;
const { promise, resolve } = Promise.withResolvers<void>();

const receiver = await Bun.udpSocket({
  hostname: "127.0.0.1",
  socket: {
    data() {
      if (++seen === total) resolve();
      else if (seen % 64 === 0) sender.sendMany(packets);
    },
  },
});
const sender = await Bun.udpSocket({ connect: { hostname: "127.0.0.1", port: receiver.port } });
const begin = Bun.nanoseconds();
sender.sendMany(packets);
await promise;
console.log(JSON.stringify({ udp: (Bun.nanoseconds() - begin) / total }));
sender.close();
receiver.close();

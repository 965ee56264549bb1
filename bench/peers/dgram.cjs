// Round trips of node:dgram: node dgram.cjs echo prints its port and answers; node dgram.cjs trips
// port trips pause prints the nanoseconds that each took.

const { createSocket } = require("node:dgram");

const [how, port, trips, pause] = process.argv.slice(2);
const [count, milliseconds] = [Number(trips), Number(pause)];
const data = Buffer.alloc(64);
/** Without a pause, for the compiler. */
const WARM_UP = 5000;

function echo() {
  const socket = createSocket("udp4", (message, from) => {
    socket.send(message, from.port, from.address);
  });
  socket.bind(0, "127.0.0.1", () => console.log(socket.address().port));
}

function measure() {
  const times = [];
  let begin = 0n;
  let left = WARM_UP;
  const next = () => {
    begin = process.hrtime.bigint();
    socket.send(data);
  };
  const socket = createSocket("udp4", () => {
    if (--left >= 0) return next();
    times.push(Number(process.hrtime.bigint() - begin));
    if (times.length === count) {
      socket.close();
      console.log(JSON.stringify(times));
    } else if (milliseconds > 0) setTimeout(next, milliseconds);
    else next();
  });
  socket.connect(Number(port), "127.0.0.1", next);
}

if (how === "echo") echo();
else measure();

// How long single round trips between two processes take, each side by the same means: the median
// and the slowest of a hundred and of a thousand, one after the other at once and a thousand a
// second, when each side has gone to sleep before.

import { join } from "node:path";
import { type Case, compile, type Goal, type Suite, type Timer } from "./harness.ts";
import { withUs } from "./peer.ts";
import { interpreter } from "./startup.ts";

const ROUNDS = 5;
/** Paced trips before those that count. */
const WARM_UP = 200;

type Pace = { readonly name: string; readonly trips: number; readonly pause: number };
const paces: readonly Pace[] = [
  { name: "flat out", trips: 20_000, pause: 0 },
  { name: "1 kHz", trips: 3000, pause: 1 },
];

const shares = [
  ["p50", 0.5],
  ["p99", 0.99],
  ["p99.9", 0.999],
] as const;

/** The words that start one side: an echo, or the one who measures. */
type Means = { readonly name: string; echo(): string[]; trips(port: string): string[] };

const peer = (file: string): string => join(import.meta.dir, "peers", file);

function meansInBun(name: string, how: string, library = ""): Means {
  return {
    name,
    echo: () => [process.execPath, peer("echo.ts"), how, library],
    trips: (port) => [process.execPath, peer("trips.ts"), how, port],
  };
}

/** Another interpreter's, where it is installed. */
function meansOf(name: string, program: string, file: string): Means[] {
  const executable = interpreter(program);
  if (executable === undefined) return [];
  const command = [executable, peer(file)];
  const trips = (port: string) => [...command, "trips", port];
  return [{ name, echo: () => [...command, "echo"], trips }];
}

/** One run: the nanoseconds of each trip, sorted. */
async function run(means: Means, { trips, pause }: Pace, library: string): Promise<number[]> {
  const echo = Bun.spawn(withUs(means.echo()), { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const { value } = await echo.stdout.getReader().read();
    const port = new TextDecoder().decode(value).trim();
    const command = [...means.trips(port), String(trips + WARM_UP), String(pause), library];
    const measuring = Bun.spawn(command, { stdio: ["ignore", "pipe", "inherit"], timeout: 60_000 });
    const times = JSON.parse(await measuring.stdout.text()) as number[];
    return times.slice(WARM_UP).sort((a, b) => a - b);
  } finally {
    echo.kill("SIGKILL");
  }
}

/** The percentiles of the same runs: those of the first share are run, the others' are kept. */
function timersOf(means: Means, pace: Pace, library: string): readonly Timer[] {
  const runs: number[][] = [];
  return shares.map(([, share], row) => {
    let next = 0;
    return async () => {
      if (row === 0) runs.push(await run(means, pace, library));
      const times = runs[next++] ?? [];
      return times[Math.floor(times.length * share)] ?? Number.NaN;
    };
  });
}

export const latency: Suite = {
  title: "Round trips between two processes, one by one",
  cases() {
    const library = compile("socket.c");
    const ours = meansInBun("Socket", "socket");
    const others: readonly Means[] = [
      meansInBun("C epoll", "c", library),
      meansInBun("Bun.udpSocket", "bun"),
      ...meansOf("node:dgram", "node", "dgram.cjs"),
      ...meansOf("python asyncio", "python3", "datagrams.py"),
    ];
    return paces.flatMap((pace) =>
      others.flatMap((theirs): Case[] => {
        const [mine, natives] = [timersOf(ours, pace, ""), timersOf(theirs, pace, library)];
        return shares.map(([share], row) => {
          const name = `${pace.name}, 64 B: ${share}`;
          const against = theirs.name;
          const pair = { ours: mine[row] as Timer, native: natives[row] as Timer };
          const goal = goalOf(against, share);
          return { name, against, ...pair, rounds: ROUNDS, ...(goal && { goal }) };
        });
      }),
    );
  },
};

/** C's median is to be near, the others at no percentile before us. */
function goalOf(against: string, share: string): Goal | undefined {
  if (against !== "C epoll") return { ratio: 1 };
  return share === "p50" ? { ratio: 1.3 } : undefined;
}

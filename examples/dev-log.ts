// What programs tell syslog, and who they are: sudo bun examples/dev-log.ts /dev/log
import { chmodSync, unlinkSync } from "node:fs";
import { Socket } from "rawsock";

const FACILITIES =
  "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp 12 13 14 15 " +
  "local0 local1 local2 local3 local4 local5 local6 local7";
const SEVERITIES = "emerg alert crit err warning notice info debug";
/** Eight times the facility, and the severity: RFC 3164. */
const PRIORITY = /^<(\d{1,3})>/;
const USER_NOTICE = 13;

/**
 * Listens where syslog(3) writes, and yields each message with its sender, as the kernel knows it:
 * only the superuser may claim to be somebody else.
 */
export async function* log(path: string, until: AbortSignal) {
  using socket = Socket.open("unix", "dgram");
  // unix(7): before the first message, for those that come sooner have no credentials.
  socket.setOptions({ SO_PASSCRED: true, SO_TIMESTAMPNS: true });
  socket.bind({ family: "unix", path });
  chmodSync(path, 0o666);
  try {
    for await (const { data, control } of socket.messages({ until })) {
      const text = new TextDecoder().decode(data);
      const priority = Number(PRIORITY.exec(text)?.[1] ?? USER_NOTICE);
      const sender = control.find((it) => it.kind === "credentials");
      const stamp = control.find((it) => it.kind === "timestamp");
      yield {
        facility: FACILITIES.split(" ")[priority >> 3] ?? `${priority >> 3}`,
        severity: SEVERITIES.split(" ")[priority & 7],
        text: text.replace(PRIORITY, "").replace(/[\0\n]+$/, ""),
        sender,
        time: stamp && new Date(Number(stamp.time / 1_000_000n)),
      };
    }
  } finally {
    unlinkSync(path);
  }
}

if (import.meta.main) {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());
  const messages = log(process.argv[2] ?? "/dev/log", stop.signal);
  for await (const { time, facility, severity, sender, text } of messages) {
    const who = `pid ${sender?.pid} uid ${sender?.uid}`;
    // Nobody is to write to the terminal but this program.
    const shown = text.replaceAll(/\p{Cc}/gu, "?");
    console.log(`${time?.toISOString()} ${facility}.${severity} ${who}: ${shown}`);
  }
}

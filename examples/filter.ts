// A filter in tcpdump's language, as the program that the kernel runs, and what it lets through:
// bun examples/filter.ts lo icmp or arp
import { bind, close, setSocketOption, socket } from "rawsock";
import { BpfError, compile, disassemble, type Program } from "rawsock/bpf";
import { describe, packets } from "./sniff.ts";

/** Opens a packet socket that never sees a packet which the program refuses. */
export function openFiltered(name: string, program: Program): number {
  // Without a protocol nothing comes, until bind() names one.
  const fd = socket("packet", "raw");
  setSocketOption(fd, "SO_ATTACH_FILTER", program);
  bind(fd, { family: "packet", interface: name, protocol: "all" });
  return fd;
}

/** The expression with a mark under the place of its mistake. */
export function complaint(expression: string, { message, position }: BpfError): string {
  return `${expression}\n${" ".repeat(position)}^ ${message}`;
}

function compiled(expression: string): Program | undefined {
  try {
    return compile(expression, { live: true });
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    console.error(complaint(expression, error));
    return undefined;
  }
}

if (import.meta.main) {
  const [name = "lo", ...words] = process.argv.slice(2);
  const program = compiled(words.join(" "));
  if (program === undefined) process.exit(1);
  console.log(disassemble(program));
  const fd = openFiltered(name, program);
  try {
    for (const { frame, protocol } of packets(fd, 2000)) console.log(describe(frame, protocol));
  } finally {
    close(fd);
  }
}

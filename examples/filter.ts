// A filter in tcpdump's language, as the program that the kernel runs, and what it lets through:
// bun examples/filter.ts lo icmp or arp
import { BpfError, compile, disassemble, type Program } from "rawsock/bpf";
import { describe, openSniffer, packets } from "./sniff.ts";

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
  using sniffer = openSniffer(name, program);
  for await (const { data } of packets(sniffer, 2000)) console.log(describe(data));
}

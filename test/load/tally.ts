// What became of the traffic of one kind.

import { Latencies } from "./latencies.ts";

/** Faults that are kept of each kind: the first ones tell. */
const FAULTS_MAX = 10;

export class Tally {
  readonly kind: string;
  /** Sockets that are open at the same time. */
  sockets = 0;
  sent = 0;
  received = 0;
  /** What did not arrive, as the kernel has it: the program's own difference is beside it. */
  lost = 0;
  /** What connections that were torn on purpose took along: of those sent, less than received. */
  torn = 0;
  /** Counted by the kernel besides: "RcvbufErrors of snmp" and the like, which must be the same. */
  readonly judges: string[] = [];
  /** Calls that an AbortSignal ended, and a timeout. */
  aborted = 0;
  late = 0;
  /** Times that a socket was closed, or its connection, and another came in its place. */
  reopened = 0;
  /** Descriptors that were passed. */
  passed = 0;
  readonly latencies = new Latencies();
  faultCount = 0;
  readonly faults: string[] = [];

  constructor(kind: string) {
    this.kind = kind;
  }

  fault(text: string): void {
    this.faultCount++;
    if (this.faults.length < FAULTS_MAX) this.faults.push(text);
  }

  /** The numbers of a line of the report. */
  line(): string {
    const { kind, sockets, sent, received, lost, torn, aborted, late, reopened, passed } = this;
    const words = [
      `${kind}: ${sockets} sockets`,
      `sent ${sent}`,
      `received ${received}`,
      `lost ${lost}`,
      ...(torn !== 0 ? [`torn ${torn}`] : []),
      ...(this.judges.length > 0 ? [`kernel: ${this.judges.join(" ")}`] : []),
      `aborted ${aborted}`,
      `late ${late}`,
      `reopened ${reopened}`,
      ...(passed > 0 ? [`descriptors passed ${passed}`] : []),
      ...(this.latencies.count > 0 ? [`p50/p99/p99.9 us ${this.latencies}`] : []),
      this.faultCount === 0 ? "ok" : `${this.faultCount} FAULTS`,
    ];
    return words.join(", ");
  }
}

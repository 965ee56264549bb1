// Names in expressions of pcap-filter(7): the system's own. What it does not know the compiler
// looks for in its lists.

import type { Names } from "../bpf/compiler/link.ts";
import { protocol, service } from "./database.ts";

export const filterNames: Names = {
  port: (name, transport) => service(name, transport)?.port,
  protocol: (name) => protocol(name)?.protocol,
};

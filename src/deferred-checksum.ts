// checksum.ts, loaded when one of its functions is first called: see index.ts.

import { further } from "./deferred.ts";
import { lazy, stub } from "./lazy.ts";

export type * from "./checksum.ts";

const checksum = lazy(
  (): typeof import("./checksum.ts") =>
    ({ combine, fold, icmp, internet, ip, partial, pseudoHeader, tcp, udp, update, verify } =
      further().checksum),
);
export let combine = stub(() => checksum().combine);
export let fold = stub(() => checksum().fold);
export let icmp = stub(() => checksum().icmp);
export let internet = stub(() => checksum().internet);
export let ip = stub(() => checksum().ip);
export let partial = stub(() => checksum().partial);
export let pseudoHeader = stub(() => checksum().pseudoHeader);
export let tcp = stub(() => checksum().tcp);
export let udp = stub(() => checksum().udp);
export let update = stub(() => checksum().update);
export let verify = stub(() => checksum().verify);

// IPv6's options for every node on the way: RFC 8200 section 4.3.

import { type Ipv6Option, optionsHeader } from "./ipv6-options.ts";

/** IPv6's options for every node on the way: RFC 8200, section 4.3. */
export type HopByHop = {
  kind: "hop-by-hop";
  nextHeader: number;
  options: Ipv6Option[];
};

export const hopByHop = optionsHeader<HopByHop>("hop-by-hop");

// IPv6's options for the destination: RFC 8200 section 4.6.

import { type Ipv6Option, optionsHeader } from "./ipv6-options.ts";

/** IPv6's options for the destination: RFC 8200, section 4.6. */
export type DestinationOptions = {
  kind: "destination-options";
  /** The protocol of what follows. */
  nextHeader: number;
  /** In order, padding included. */
  options: Ipv6Option[];
};

export const destinationOptions = optionsHeader<DestinationOptions>("destination-options");

// The version of Linux that brought an option, where it is later than 5.10: what OPTIONS.md says,
// and what the tests go by.

import type { OptionName } from "../src/option/table.ts";

/** An older kernel has none of them, or lets them not be read. */
export const since: Partial<Readonly<Record<OptionName, string>>> = {
  SO_BUF_LOCK: "5.14",
  SO_PASSPIDFD: "6.5",
  SO_PASSRIGHTS: "6.16",
  SO_PREFER_BUSY_POLL: "5.11",
  SO_RCVMARK: "5.19",
  SO_RCVPRIORITY: "6.14",
  SO_TXREHASH: "5.18",
  IP_LOCAL_PORT_RANGE: "6.3",
  IPV6_ROUTER_ALERT_ISOLATE: "5.12",
  TCP_DELACK_MAX_US: "6.16",
  TCP_RTO_MAX_MS: "6.15",
  TCP_RTO_MIN_US: "6.16",
  PACKET_VNET_HDR_SZ: "6.4",
  CAN_RAW_XL_FRAMES: "6.2",
  CAN_RAW_XL_VCID_OPTS: "6.9",
  SMC_LIMIT_HS: "5.16",
  // Read under 6.12, and not under 6.1, where they can only be set.
  IP_ROUTER_ALERT: "6.12",
  NETLINK_LISTEN_ALL_NSID: "6.12",
  PACKET_COPY_THRESH: "6.12",
};

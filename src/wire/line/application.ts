// Lines of IGMP, VRRP, DHCP and LLDP.

import type { Layers } from "../layers.ts";
import type { Place } from "./line.ts";

const QUERY = 0x11;
const REPORT_1 = 0x12;
const REPORT_2 = 0x16;
const LEAVE = 0x17;
const REPORT_3 = 0x22;

export function igmp(layer: Layers["igmp"], place: Place): string {
  const { type, maxResponse, group = "0.0.0.0", sources, records = [] } = layer;
  const about = place.address(group);
  switch (type) {
    case QUERY: {
      if (sources !== undefined)
        return `igmp query v3 [gaddr ${about}, ${sources.length} source(s)]`;
      const of = group === "0.0.0.0" ? "" : ` [gaddr ${about}]`;
      return `igmp query v${maxResponse === 0 ? 1 : 2}${of}`;
    }
    case REPORT_1:
      return `igmp v1 report ${about}`;
    case REPORT_2:
      return `igmp v2 report ${about}`;
    case LEAVE:
      return `igmp leave ${about}`;
    case REPORT_3:
      return `igmp v3 report, ${records.length} group record(s)`;
    default:
      return `igmp-${type.toString(16)}`;
  }
}

export function vrrp(layer: Layers["vrrp"], place: Place): string {
  const { version, virtualRouter, priority, interval } = layer;
  const unit = version === 2 ? "s" : "cs";
  const words = `vrid ${virtualRouter}, prio ${priority}, intvl ${interval}${unit}`;
  return `VRRPv${version}, Advertisement, ${words}, length ${place.limit - place.start}`;
}

export function dhcp(layer: Layers["dhcp"], place: Place): string {
  const { operation, hardware, messageType, your } = layer;
  const words = operation === "request" ? [`Request from ${place.address(hardware)}`] : ["Reply"];
  if (typeof messageType === "string") words.push(capital(messageType));
  else if (messageType !== undefined) words.push(`type ${messageType}`);
  if (your !== "0.0.0.0") words.push(`your ${place.address(your)}`);
  return `BOOTP/DHCP, ${words.join(", ")}, length ${place.limit - place.start}`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

export function lldp({ tlvs }: Layers["lldp"], place: Place): string {
  const name = tlvs.find((tlv) => tlv.type === "system-name");
  const length = place.end - place.start;
  return `LLDP, length ${length}${name?.type === "system-name" ? `: ${name.text}` : ""}`;
}

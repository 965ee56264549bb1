// Control messages of packet sockets: PACKET_AUXDATA in packet(7). Linux.

import { PACKET, SOL, TP_STATUS } from "../base/constants.ts";
import { boolean, integer, oneOf, U16_MAX, U32_MAX } from "../base/validate.ts";
import { Structure } from "../native/record.ts";
import { at, type ControlCodec, type Shape } from "./codec.ts";

const STATES = ["valid", "partial", "unknown"] as const;

export type PacketControl = {
  kind: "auxdata";
  /** TP_STATUS_* bits. */
  status: number;
  /** Bytes on the wire, and of those that were captured. */
  length: number;
  snaplen: number;
  /** The tag that the network card took out of the frame. */
  vlan?: { tci: number; tpid: number };
  /**
   * "partial": it was captured where it was sent, before the network card computes its checksum;
   * "valid": the card has verified it.
   */
  checksum?: (typeof STATES)[number];
  /** Packets are being lost. */
  losing?: boolean;
};

/** A bit that every kernel has which has packet sockets. */
const statusBit = (name: string): number => TP_STATUS[name] ?? 0;

const ETH_P_8021Q = 0x8100;

function auxiliaryData(): Shape<PacketControl> {
  const structure = new Structure("tpacket_auxdata");
  const statusAt = structure.offset("tp_status");
  const lengthAt = structure.offset("tp_len");
  const snaplenAt = structure.offset("tp_snaplen");
  const tciAt = structure.offset("tp_vlan_tci");
  const tpidAt = structure.offset("tp_vlan_tpid");
  const { size } = structure;
  const VLAN = statusBit("VLAN_VALID");
  const VLAN_TPID = statusBit("VLAN_TPID_VALID");
  const LOSING = statusBit("LOSING");
  const bits = {
    valid: statusBit("CSUM_VALID"),
    partial: statusBit("CSUMNOTREADY"),
    unknown: 0,
  };
  return {
    size: () => size,
    encode({ status, length, snaplen, vlan, checksum = "unknown", losing = false }, view, at) {
      const flags =
        integer(status, "status", 0, U32_MAX) |
        (vlan === undefined ? 0 : VLAN | VLAN_TPID) |
        bits[oneOf(checksum, "checksum", STATES)] |
        (boolean(losing, "losing") ? LOSING : 0);
      view.setUint32(at + statusAt, flags >>> 0, true);
      view.setUint32(at + lengthAt, integer(length, "length", 0, U32_MAX), true);
      view.setUint32(at + snaplenAt, integer(snaplen, "snaplen", 0, U32_MAX), true);
      if (vlan === undefined) return;
      view.setUint16(at + tciAt, integer(vlan.tci, "tci", 0, U16_MAX), true);
      view.setUint16(at + tpidAt, integer(vlan.tpid, "tpid", 0, U16_MAX), true);
    },
    decode(view, at, bytes) {
      if (bytes !== size) return null;
      const status = view.getUint32(at + statusAt, true);
      const message: PacketControl = {
        kind: "auxdata",
        status,
        length: view.getUint32(at + lengthAt, true),
        snaplen: view.getUint32(at + snaplenAt, true),
        checksum: STATES.find((state) => (status & bits[state]) !== 0) ?? "unknown",
        losing: (status & LOSING) !== 0,
      };
      if ((status & VLAN) !== 0) {
        const tpid = (status & VLAN_TPID) !== 0 ? view.getUint16(at + tpidAt, true) : ETH_P_8021Q;
        message.vlan = { tci: view.getUint16(at + tciAt, true), tpid };
      }
      return message;
    },
  };
}

export const packetCodecs = (): readonly ControlCodec[] =>
  at<PacketControl>([SOL.PACKET, PACKET.AUXDATA], "auxdata", auxiliaryData);

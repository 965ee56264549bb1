// Families that few kernels have: CAN, TIPC, SCTP, DCCP, SMC, TLS in the kernel, and the kernel's
// cryptography. linux/can/raw.h, linux/can/isotp.h, linux/can/j1939.h, linux/tipc.h, linux/sctp.h
// (RFC 6458), linux/dccp.h, linux/smc.h, linux/tls.h, linux/if_alg.h.

import { action, count, flag, raw, signed, u16, unsigned } from "../codec.ts";
import {
  associations,
  byteList,
  canErrors,
  canFilters,
  dccpService,
  integers,
  lengthItself,
  sctpEvent,
  sctpEvents,
  tlsKeys,
} from "../further.ts";
import type { Table } from "./line.ts";

export const algTable = () =>
  ({
    ALG_SET_AEAD_AUTHSIZE: [lengthItself, "write"],
    ALG_SET_DRBG_ENTROPY: [raw, "write"],
    ALG_SET_KEY: [raw, "write"],
    ALG_SET_KEY_BY_KEY_SERIAL: [signed, "write"],
  }) as const satisfies Table;

/** All are of before the first bind. */
export const canIsotpTable = () =>
  ({
    CAN_ISOTP_LL_OPTS: [
      integers("can_isotp_ll_options", { mtu: "mtu", txDl: "tx_dl", txFlags: "tx_flags" }),
    ],
    CAN_ISOTP_OPTS: [
      integers("can_isotp_options", {
        flags: "flags",
        frameTxtime: "frame_txtime",
        extAddress: "ext_address",
        txpadContent: "txpad_content",
        rxpadContent: "rxpad_content",
        rxExtAddress: "rx_ext_address",
      }),
    ],
    CAN_ISOTP_RECV_FC: [
      integers("can_isotp_fc_options", { bs: "bs", stmin: "stmin", wftmax: "wftmax" }),
    ],
    CAN_ISOTP_RX_STMIN: [unsigned],
    CAN_ISOTP_TX_STMIN: [unsigned],
  }) as const satisfies Table;

export const canRawTable = () =>
  ({
    CAN_RAW_ERR_FILTER: [canErrors],
    CAN_RAW_FD_FRAMES: [flag],
    CAN_RAW_FILTER: [canFilters],
    CAN_RAW_JOIN_FILTERS: [flag],
    CAN_RAW_LOOPBACK: [flag],
    CAN_RAW_RECV_OWN_MSGS: [flag],
    CAN_RAW_XL_FRAMES: [flag],
    CAN_RAW_XL_VCID_OPTS: [raw],
  }) as const satisfies Table;

export const j1939Table = () =>
  ({
    SO_J1939_ERRQUEUE: [flag],
    SO_J1939_FILTER: [raw, "write"],
    SO_J1939_PROMISC: [flag],
    SO_J1939_SEND_PRIO: [count],
  }) as const satisfies Table;

/** The numbers of congestion controls are of RFC 4340, section 10. */
export const dccpTable = () =>
  ({
    DCCP_SOCKOPT_AVAILABLE_CCIDS: [byteList, "read"],
    DCCP_SOCKOPT_CCID: [byteList, "write"],
    DCCP_SOCKOPT_CCID_RX_INFO: [raw, "read"],
    DCCP_SOCKOPT_CCID_TX_INFO: [raw, "read"],
    DCCP_SOCKOPT_GET_CUR_MPS: [count, "read"],
    DCCP_SOCKOPT_QPOLICY_ID: [count],
    DCCP_SOCKOPT_QPOLICY_TXQLEN: [count],
    DCCP_SOCKOPT_RECV_CSCOV: [count],
    DCCP_SOCKOPT_RX_CCID: [count, "read"],
    DCCP_SOCKOPT_SEND_CSCOV: [count],
    DCCP_SOCKOPT_SERVER_TIMEWAIT: [flag],
    DCCP_SOCKOPT_SERVICE: [dccpService],
    DCCP_SOCKOPT_TX_CCID: [count, "read"],
  }) as const satisfies Table;

export const smcTable = () => ({ SMC_LIMIT_HS: [flag] }) as const satisfies Table;

const associationValue = () =>
  integers("sctp_assoc_value", { association: "assoc_id", value: "assoc_value" });

/** An association is 0 where a socket has one alone, or for those to come. */
export const sctpTable = () =>
  ({
    SCTP_ADAPTATION_LAYER: [unsigned],
    SCTP_ASCONF_SUPPORTED: [associationValue()],
    SCTP_ASSOCINFO: [
      integers("sctp_assocparams", {
        association: "sasoc_assoc_id",
        maxRetransmissions: "sasoc_asocmaxrxt",
        peerDestinations: "sasoc_number_peer_destinations",
        peerWindow: "sasoc_peer_rwnd",
        localWindow: "sasoc_local_rwnd",
        cookieLife: "sasoc_cookie_life",
      }),
    ],
    SCTP_AUTH_ACTIVE_KEY: [raw],
    SCTP_AUTH_CHUNK: [raw, "write"],
    SCTP_AUTH_DELETE_KEY: [raw, "write"],
    SCTP_AUTH_KEY: [raw, "write"],
    SCTP_AUTH_SUPPORTED: [associationValue()],
    SCTP_AUTOCLOSE: [count],
    SCTP_AUTO_ASCONF: [flag],
    SCTP_CONTEXT: [associationValue()],
    SCTP_DEFAULT_SEND_PARAM: [raw],
    SCTP_DEFAULT_SNDINFO: [
      integers("sctp_sndinfo", {
        stream: "snd_sid",
        flags: "snd_flags",
        ppid: ["snd_ppid", "network"],
        context: "snd_context",
        association: "snd_assoc_id",
      }),
    ],
    SCTP_DELAYED_SACK: [
      integers("sctp_sack_info", {
        association: "sack_assoc_id",
        delay: "sack_delay",
        frequency: "sack_freq",
      }),
    ],
    SCTP_DISABLE_FRAGMENTS: [flag],
    SCTP_ECN_SUPPORTED: [associationValue()],
    SCTP_EVENT: [sctpEvent, "write"],
    SCTP_EVENTS: [sctpEvents],
    SCTP_FRAGMENT_INTERLEAVE: [count],
    SCTP_GET_ASSOC_ID_LIST: [associations, "read"],
    SCTP_GET_ASSOC_NUMBER: [count, "read"],
    SCTP_GET_PEER_ADDR_INFO: [raw, "take"],
    SCTP_HMAC_IDENT: [raw],
    SCTP_INITMSG: [
      integers("sctp_initmsg", {
        outStreams: "sinit_num_ostreams",
        maxInStreams: "sinit_max_instreams",
        maxAttempts: "sinit_max_attempts",
        maxInitTimeout: "sinit_max_init_timeo",
      }),
    ],
    SCTP_INTERLEAVING_SUPPORTED: [associationValue()],
    SCTP_I_WANT_MAPPED_V4_ADDR: [flag],
    SCTP_LOCAL_AUTH_CHUNKS: [raw, "take"],
    SCTP_MAXSEG: [associationValue()],
    SCTP_MAX_BURST: [associationValue()],
    SCTP_NODELAY: [flag],
    SCTP_PARTIAL_DELIVERY_POINT: [count],
    SCTP_PEER_ADDR_PARAMS: [raw],
    SCTP_PEER_AUTH_CHUNKS: [raw, "take"],
    SCTP_PRIMARY_ADDR: [raw, "take"],
    SCTP_PR_SUPPORTED: [associationValue()],
    SCTP_RECONFIG_SUPPORTED: [associationValue()],
    SCTP_RECVNXTINFO: [flag],
    SCTP_RECVRCVINFO: [flag],
    SCTP_REUSE_PORT: [flag],
    SCTP_RTOINFO: [
      integers("sctp_rtoinfo", {
        association: "srto_assoc_id",
        initial: "srto_initial",
        max: "srto_max",
        min: "srto_min",
      }),
    ],
    SCTP_SET_PEER_PRIMARY_ADDR: [raw, "write"],
    SCTP_STATUS: [
      integers("sctp_status", {
        association: "sstat_assoc_id",
        state: "sstat_state",
        window: "sstat_rwnd",
        unacknowledged: "sstat_unackdata",
        pending: "sstat_penddata",
        inStreams: "sstat_instrms",
        outStreams: "sstat_outstrms",
        fragmentationPoint: "sstat_fragmentation_point",
      }),
      "read",
    ],
    SCTP_STREAM_SCHEDULER: [associationValue()],
  }) as const satisfies Table;

export const tipcTable = () =>
  ({
    TIPC_CONN_TIMEOUT: [count],
    TIPC_DEST_DROPPABLE: [flag],
    TIPC_GROUP_JOIN: [
      integers("tipc_group_req", {
        type: "type",
        instance: "instance",
        scope: "scope",
        flags: "flags",
      }),
      "write",
    ],
    TIPC_GROUP_LEAVE: [action, "write"],
    TIPC_IMPORTANCE: [count],
    TIPC_MCAST_BROADCAST: [action, "write"],
    TIPC_MCAST_REPLICAST: [action, "write"],
    TIPC_NODELAY: [flag, "write"],
    TIPC_NODE_RECVQ_DEPTH: [count, "read"],
    TIPC_SOCK_RECVQ_DEPTH: [count, "read"],
    TIPC_SOCK_RECVQ_USED: [count, "read"],
    TIPC_SRC_DROPPABLE: [flag],
  }) as const satisfies Table;

/** After TCP_ULP "tls". */
export const tlsTable = () =>
  ({
    TLS_RX: [tlsKeys, "write"],
    TLS_RX_EXPECT_NO_PAD: [flag],
    TLS_TX: [tlsKeys, "write"],
    TLS_TX_MAX_PAYLOAD_LEN: [u16],
    TLS_TX_ZEROCOPY_RO: [flag],
  }) as const satisfies Table;

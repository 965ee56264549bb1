// IPPROTO_TCP and IPPROTO_UDP. tcp(7), udp(7); linux/tcp.h, linux/udp.h.

import { count, countOrDefault, flag, raw, signed, text, u16, unsigned } from "../codec.ts";
import { exactBytes, md5Key } from "../structure.ts";
import { tcpInfo } from "../tcp_info.ts";
import type { Table } from "./line.ts";

/** TCP_CA_NAME_MAX - 1, TCP_ULP_NAME_MAX - 1. */
const moduleName = text(15);

/** TCP_AO_GET_KEYS and TCP_ZEROCOPY_RECEIVE take input: getsockopt gives it. */
export const tcpTable = () =>
  ({
    TCP_AO_ADD_KEY: [raw, "write"],
    TCP_AO_DEL_KEY: [raw, "write"],
    TCP_AO_GET_KEYS: [raw, "take"],
    TCP_AO_INFO: [raw],
    TCP_AO_REPAIR: [raw],
    TCP_CC_INFO: [raw, "read"],
    TCP_CONGESTION: [moduleName],
    TCP_CONNECTIONTIMEOUT: [count],
    TCP_CONNECTION_INFO: [raw, "read"],
    TCP_CORK: [flag],
    TCP_DEFER_ACCEPT: [count],
    TCP_DELACK_MAX_US: [count],
    TCP_DELAY_FIN_ACK: [flag],
    TCP_ENABLE_ECN: [flag],
    TCP_EXPEDITED_1122: [flag],
    TCP_FAIL_CONNECT_ON_ICMP_ERROR: [flag],
    TCP_FASTOPEN: [count],
    TCP_FASTOPEN_CONNECT: [flag],
    TCP_FASTOPEN_KEY: [raw],
    TCP_FASTOPEN_NO_COOKIE: [flag],
    TCP_ICMP_ERROR_INFO: [raw, "read"],
    TCP_INFO: [tcpInfo, "read"],
    TCP_INQ: [flag],
    TCP_IS_MPTCP: [flag, "read"],
    TCP_KEEPALIVE: [count],
    TCP_KEEPCNT: [count],
    TCP_KEEPIDLE: [count],
    TCP_KEEPINTVL: [count],
    TCP_LINGER2: [countOrDefault],
    TCP_MAXRT: [countOrDefault],
    TCP_MAXRTMS: [unsigned],
    TCP_MAXSEG: [count],
    TCP_MD5SIG: [md5Key, "write"],
    TCP_MD5SIG_EXT: [raw, "write"],
    TCP_NODELAY: [flag],
    TCP_NOOPT: [flag],
    TCP_NOPUSH: [flag],
    TCP_NOSYNRETRIES: [flag],
    TCP_NOTSENT_LOWAT: [unsigned],
    TCP_NOURG: [flag],
    TCP_QUEUE_SEQ: [unsigned],
    TCP_QUICKACK: [flag],
    TCP_REPAIR: [signed],
    TCP_REPAIR_OPTIONS: [raw, "write"],
    TCP_REPAIR_QUEUE: [signed],
    TCP_REPAIR_WINDOW: [exactBytes("tcp_repair_window")],
    TCP_RTO_MAX_MS: [count],
    TCP_RTO_MIN_US: [count],
    TCP_RXT_CONNDROPTIME: [count],
    TCP_RXT_FINDROP: [flag],
    TCP_SAVED_SYN: [raw, "take"],
    TCP_SAVE_SYN: [count],
    TCP_SENDMOREACKS: [flag],
    TCP_STDURG: [flag],
    TCP_SYNCNT: [count],
    TCP_THIN_DUPACK: [flag],
    TCP_THIN_LINEAR_TIMEOUTS: [flag],
    TCP_TIMESTAMP: [unsigned],
    TCP_TIMESTAMPS: [flag],
    TCP_TX_DELAY: [count],
    TCP_ULP: [moduleName],
    TCP_USER_TIMEOUT: [count],
    TCP_WINDOW_CLAMP: [count],
    TCP_ZEROCOPY_RECEIVE: [raw, "take"],
  }) as const satisfies Table;

export const udpTable = () =>
  ({
    UDP_CHECKSUM_COVERAGE: [count],
    UDP_CORK: [flag],
    UDP_ENCAP: [count],
    UDP_GRO: [flag],
    UDP_NOCHECKSUM: [flag],
    UDP_NO_CHECK6_RX: [flag],
    UDP_NO_CHECK6_TX: [flag],
    UDP_RECV_MAX_COALESCED_SIZE: [unsigned],
    UDP_SEGMENT: [u16],
    UDP_SEND_MSG_SIZE: [unsigned],
  }) as const satisfies Table;

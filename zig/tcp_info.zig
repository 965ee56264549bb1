//! struct tcp_info of linux/tcp.h, 6.19: translate-c cannot show it, because it has bit-fields.
//! An older kernel returns the beginning of it only.
const std = @import("std");

pub const TcpInfo = extern struct {
    tcpi_state: u8,
    tcpi_ca_state: u8,
    tcpi_retransmits: u8,
    tcpi_probes: u8,
    tcpi_backoff: u8,
    tcpi_options: u8,
    /// Low four bits: tcpi_snd_wscale; high four: tcpi_rcv_wscale.
    tcpi_wscale: u8,
    /// Bit 0: tcpi_delivery_rate_app_limited; bits 1 and 2: tcpi_fastopen_client_fail.
    tcpi_flags: u8,
    tcpi_rto: u32,
    tcpi_ato: u32,
    tcpi_snd_mss: u32,
    tcpi_rcv_mss: u32,
    tcpi_unacked: u32,
    tcpi_sacked: u32,
    tcpi_lost: u32,
    tcpi_retrans: u32,
    tcpi_fackets: u32,
    tcpi_last_data_sent: u32,
    tcpi_last_ack_sent: u32,
    tcpi_last_data_recv: u32,
    tcpi_last_ack_recv: u32,
    tcpi_pmtu: u32,
    tcpi_rcv_ssthresh: u32,
    tcpi_rtt: u32,
    tcpi_rttvar: u32,
    tcpi_snd_ssthresh: u32,
    tcpi_snd_cwnd: u32,
    tcpi_advmss: u32,
    tcpi_reordering: u32,
    tcpi_rcv_rtt: u32,
    tcpi_rcv_space: u32,
    tcpi_total_retrans: u32,
    tcpi_pacing_rate: u64,
    tcpi_max_pacing_rate: u64,
    tcpi_bytes_acked: u64,
    tcpi_bytes_received: u64,
    tcpi_segs_out: u32,
    tcpi_segs_in: u32,
    tcpi_notsent_bytes: u32,
    tcpi_min_rtt: u32,
    tcpi_data_segs_in: u32,
    tcpi_data_segs_out: u32,
    tcpi_delivery_rate: u64,
    tcpi_busy_time: u64,
    tcpi_rwnd_limited: u64,
    tcpi_sndbuf_limited: u64,
    tcpi_delivered: u32,
    tcpi_delivered_ce: u32,
    tcpi_bytes_sent: u64,
    tcpi_bytes_retrans: u64,
    tcpi_dsack_dups: u32,
    tcpi_reord_seen: u32,
    tcpi_rcv_ooopack: u32,
    tcpi_snd_wnd: u32,
    tcpi_rcv_wnd: u32,
    tcpi_rehash: u32,
    tcpi_total_rto: u16,
    tcpi_total_rto_recoveries: u16,
    tcpi_total_rto_time: u32,
    tcpi_received_ce: u32,
    tcpi_delivered_e1_bytes: u32,
    tcpi_delivered_e0_bytes: u32,
    tcpi_delivered_ce_bytes: u32,
    tcpi_received_e1_bytes: u32,
    tcpi_received_e0_bytes: u32,
    tcpi_received_ce_bytes: u32,
    tcpi_accecn_fail_mode: u16,
    tcpi_accecn_opt_seen: u16,
};

comptime {
    // No padding: the fields cover the structure.
    var size: usize = 0;
    for (@typeInfo(TcpInfo).@"struct".fields) |field| size += @sizeOf(field.type);
    std.debug.assert(size == @sizeOf(TcpInfo));
    std.debug.assert(@offsetOf(TcpInfo, "tcpi_pacing_rate") == 104);
    std.debug.assert(@offsetOf(TcpInfo, "tcpi_delivered") == 192);
}

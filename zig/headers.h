/* The system headers whose constants and structures the manifest reports. */
#define _GNU_SOURCE
#define __APPLE_USE_RFC_3542
#ifdef _WIN32
#include "headers_windows.h"
#else
#ifdef __FreeBSD__
/* Hides what this one header defines for __BSD_VISIBLE alone: the inline bintime functions, which
   translate-c cannot translate. */
#include <sys/types.h>
#include <sys/select.h>
#undef __BSD_VISIBLE
#define __BSD_VISIBLE 0
#include <sys/time.h>
#undef __BSD_VISIBLE
#define __BSD_VISIBLE 1
#endif
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/uio.h>
#include <sys/ioctl.h>
#include <netinet/in.h>
#include <netdb.h>
#include <net/if.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>
#ifdef __linux__
#include <net/if_arp.h>
#include <linux/bpf.h>
#include <linux/can.h>
#include <linux/can/bcm.h>
#include <linux/can/error.h>
#include <linux/can/isotp.h>
#include <linux/can/j1939.h>
#include <linux/can/raw.h>
#include <linux/dccp.h>
#include <linux/errqueue.h>
#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <linux/fib_rules.h>
#include <linux/filter.h>
#include <linux/genetlink.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_alg.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/if_tunnel.h>
#include <linux/if_vlan.h>
#include <linux/in6.h>
#include <linux/ip6_tunnel.h>
#include <linux/lwtunnel.h>
#include <linux/neighbour.h>
#include <linux/net_namespace.h>
#include <linux/net_tstamp.h>
#include <linux/netlink.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <linux/sctp.h>
#include <linux/smc.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <linux/tipc.h>
#include <linux/tls.h>
#include <linux/udp.h>
#include <linux/veth.h>
#include <linux/virtio_net.h>
#include <linux/vm_sockets.h>
/* -1U, which translate-c takes for a negative number. */
#undef VMADDR_CID_ANY
#define VMADDR_CID_ANY 0xffffffffU
#undef VMADDR_PORT_ANY
#define VMADDR_PORT_ANY 0xffffffffU
/* Of <linux/if_arp.h>, which defines the structures of <net/if_arp.h> again. */
#define ARPHRD_IEEE802154_MONITOR 805
#define ARPHRD_PHONET 820
#define ARPHRD_PHONET_PIPE 821
#define ARPHRD_CAIF 822
#define ARPHRD_IP6GRE 823
#define ARPHRD_NETLINK 824
#define ARPHRD_6LOWPAN 825
#define ARPHRD_VSOCKMON 826
/* Made by macros that translate-c cannot read. */
#undef CANXL_HDR_SIZE
#define CANXL_HDR_SIZE 12
#undef TLS_1_2_VERSION
#define TLS_1_2_VERSION 0x0303
#undef TLS_1_3_VERSION
#define TLS_1_3_VERSION 0x0304
/* <linux/netfilter_ipv4.h> and <linux/netfilter_ipv6/ip6_tables.h>, which bring the whole of
   netfilter along. */
#define SO_ORIGINAL_DST 80
#define IP6T_SO_ORIGINAL_DST 80
/* Types without a name in <linux/icmpv6.h>: RFC 2710, RFC 2894, RFC 4861, RFC 3122, RFC 6550. */
#define ICMPV6_MLD_QUERY 130
#define ICMPV6_MLD_REPORT 131
#define ICMPV6_MLD_DONE 132
#define ICMPV6_ROUTER_SOLICIT 133
#define ICMPV6_ROUTER_ADVERT 134
#define ICMPV6_NEIGHBOR_SOLICIT 135
#define ICMPV6_NEIGHBOR_ADVERT 136
#define ICMPV6_REDIRECT 137
#define ICMPV6_ROUTER_RENUMBERING 138
#define ICMPV6_INVERSE_SOLICIT 141
#define ICMPV6_INVERSE_ADVERT 142
#define ICMPV6_RPL_CONTROL 155
#else
#include <ifaddrs.h>
#include <net/if_dl.h>
#if __has_include(<net/bpf.h>)
#include <net/bpf.h>
#else
/* Apple's <net/bpf.h>, which the compiler does not bring along: bsd/net/bpf.h of xnu. */
#define BPF_ALIGNMENT 4
struct bpf_insn {
  unsigned short code;
  unsigned char jt;
  unsigned char jf;
  unsigned int k;
};
struct bpf_program {
  unsigned int bf_len;
  struct bpf_insn *bf_insns;
};
struct bpf_stat {
  unsigned int bs_recv;
  unsigned int bs_drop;
};
struct bpf_timeval {
  int tv_sec;
  int tv_usec;
};
struct bpf_hdr {
  struct bpf_timeval bh_tstamp;
  unsigned int bh_caplen;
  unsigned int bh_datalen;
  unsigned short bh_hdrlen;
};
#define BIOCGBLEN _IOR('B', 102, unsigned int)
#define BIOCSBLEN _IOWR('B', 102, unsigned int)
#define BIOCSETF _IOW('B', 103, struct bpf_program)
#define BIOCPROMISC _IO('B', 105)
#define BIOCGDLT _IOR('B', 106, unsigned int)
#define BIOCSETIF _IOW('B', 108, struct ifreq)
#define BIOCSRTIMEOUT _IOW('B', 109, struct timeval)
#define BIOCGSTATS _IOR('B', 111, struct bpf_stat)
#define BIOCIMMEDIATE _IOW('B', 112, unsigned int)
#define BIOCSSEESENT _IOW('B', 119, unsigned int)
#endif
#if __has_include(<netinet/icmp6.h>)
#include <netinet/icmp6.h>
#endif
#include <netinet/tcp.h>
#include <sys/sockio.h>
#ifdef __APPLE__
#include <sys/kern_control.h>
/* <sys/sys_domain.h> and <net/if_utun.h>, which come with Xcode alone. */
#ifndef SYSPROTO_CONTROL
#define SYSPROTO_CONTROL 2
#endif
#ifndef AF_SYS_CONTROL
#define AF_SYS_CONTROL 2
#endif
#define UTUN_OPT_IFNAME 2
#else
#include <net/if_tun.h>
#endif
#endif
#endif

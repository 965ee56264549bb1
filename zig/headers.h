/* The system headers whose constants and structures the manifest reports. */
#define _GNU_SOURCE
#define __APPLE_USE_RFC_3542
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
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/in6.h>
#include <linux/net_tstamp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/vm_sockets.h>
#else
#include <ifaddrs.h>
#if __has_include(<netinet/icmp6.h>)
#include <netinet/icmp6.h>
#endif
#include <netinet/tcp.h>
#include <sys/sockio.h>
#endif

/* Windows: what headers.h is elsewhere. Windows 10 and later. <iphlpapi.h>, whose constants look as
   if they were options of sockets, is left out: interface_windows.zig has what it needs of it. */
#define WIN32_LEAN_AND_MEAN
#define NOGDI
#define NOUSER
#define NOSERVICE
#define NOMCX
#define NOIME
#define NONLS
#define _WIN32_WINNT 0x0A00
#define NTDDI_VERSION 0x0A00000C
/* There are structures of these names, which translate-c cannot translate, or whose descriptor has
   64 bits: see below. */
#define pollfd winsock_pollfd
#define sockaddr_in6 winsock_sockaddr_in6
#include <winsock2.h>
#undef pollfd
#include <ws2tcpip.h>
#undef sockaddr_in6
#include <mswsock.h>
#include <mstcpip.h>
#include <afunix.h>
#include <errno.h>
#include <time.h>

#define AF_LOCAL AF_UNIX
#define SHUT_RD SD_RECEIVE
#define SHUT_WR SD_SEND
#define SHUT_RDWR SD_BOTH
#define IFNAMSIZ 257

/* An interface's flags, by the names and with the numbers that they have elsewhere. */
#undef IFF_POINTTOPOINT
#define IFF_POINTOPOINT 0x8
#define IFF_RUNNING 0x40
#define IFF_PROMISC 0x100

/* <ws2ipdef.h> of Microsoft's own, and <ws2tcpip.h>. */
#define IP_RECVECN 50
#define IPV6_RECVECN 50
#define UDP_SEND_MSG_SIZE 2
#define UDP_RECV_MAX_COALESCED_SIZE 3
#define UDP_COALESCED_INFO 3
#define SO_RANDOMIZE_PORT 0x3005
#define SO_PORT_SCALABILITY 0x3006
#define SO_REUSE_UNICASTPORT 0x3007
#define SO_REUSE_MULTICASTPORT 0x3008

/* RFC 3542: what Windows calls by the name of what it then tells. */
#define IPV6_RECVPKTINFO IPV6_PKTINFO
#define IPV6_RECVHOPLIMIT IPV6_HOPLIMIT

/* Times of packets, which are had by another way and in another form than by these names elsewhere.
 */
#undef SO_TIMESTAMP
#undef SO_TIMESTAMP_ID

/* Errors of Winsock that <errno.h> has no number for: their code of Winsock is the number. */
#define ESOCKTNOSUPPORT WSAESOCKTNOSUPPORT
#define EPFNOSUPPORT WSAEPFNOSUPPORT
#define ESHUTDOWN WSAESHUTDOWN
#define ETOOMANYREFS WSAETOOMANYREFS
#define EHOSTDOWN WSAEHOSTDOWN
#define EUSERS WSAEUSERS
#define EDQUOT WSAEDQUOT
#define ESTALE WSAESTALE
#define EREMOTE WSAEREMOTE

/* A limit, and what only a driver says. */
#undef MSG_MAXIOVLEN
#undef MSG_INTERRUPT

/* Bits of the package's own, which no call of Winsock sees: see system_windows.zig. */
#define MSG_DONTWAIT 0x40
#define O_NONBLOCK 0x800

/* Made by macros that translate-c cannot read. */
#undef FIONREAD
#define FIONREAD 0x4004667f
#undef FIONBIO
#define FIONBIO 0x8004667e
#undef FIOASYNC
#define FIOASYNC 0x8004667d
#undef SIOCATMARK
#define SIOCATMARK 0x40047307

struct sockaddr_in6 {
  unsigned short sin6_family;
  unsigned short sin6_port;
  unsigned int sin6_flowinfo;
  struct in6_addr sin6_addr;
  unsigned int sin6_scope_id;
};

/* An interface with its hardware address, as BSD has it; ifaddrs makes them. */
#define AF_LINK 33
struct sockaddr_dl {
  unsigned short sdl_family;
  unsigned short sdl_index;
  unsigned char sdl_type;
  unsigned char sdl_nlen;
  unsigned char sdl_alen;
  unsigned char sdl_slen;
  char sdl_data[12];
};

/* WSABUF, whose length has 32 bits: on a little-endian machine a greater number of which the upper
   half is 0 lies in its place. */
struct iovec {
  size_t iov_len;
  void *iov_base;
};

/* What POSIX has; system_windows.zig makes a WSAMSG of it. */
struct msghdr {
  void *msg_name;
  unsigned int msg_namelen;
  struct iovec *msg_iov;
  int msg_iovlen;
  void *msg_control;
  size_t msg_controllen;
  int msg_flags;
};

/* WSACMSGHDR. */
struct cmsghdr {
  size_t cmsg_len;
  int cmsg_level;
  int cmsg_type;
};

/* WSAPOLLFD, whose SOCKET has 64 bits, of which this package uses 32. */
struct pollfd {
  int fd;
  int upper;
  short events;
  short revents;
};

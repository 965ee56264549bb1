// The native loops beside message.ts: sendmsg(2), recvmsg(2) and their batches, with the same
// buffers and the same room for addresses and control data.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BURST = 64, ROOM = 256 };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

static struct sockaddr_storage names[BURST];
static _Alignas(8) uint8_t controls[BURST][ROOM];
static uint8_t buffers[BURST][2048];

static void receiving(struct msghdr *header, struct iovec *vector, int index, size_t length) {
  vector->iov_base = buffers[index];
  vector->iov_len = length;
  header->msg_name = &names[index];
  header->msg_namelen = sizeof names[index];
  header->msg_iov = vector;
  header->msg_iovlen = 1;
  header->msg_control = controls[index];
  header->msg_controllen = ROOM;
  header->msg_flags = 0;
}

double time_message(int from, int to, uint32_t length, uint32_t bursts) {
  double begin = now();
  for (uint32_t burst = 0; burst < bursts; burst++) {
    for (int index = 0; index < BURST; index++) {
      struct iovec vector = {buffers[0], length};
      struct msghdr header = {.msg_iov = &vector, .msg_iovlen = 1};
      sendmsg(from, &header, MSG_NOSIGNAL);
    }
    for (int index = 0; index < BURST; index++) {
      struct iovec vector;
      struct msghdr header;
      receiving(&header, &vector, 0, length);
      recvmsg(to, &header, MSG_CMSG_CLOEXEC);
    }
  }
  return (now() - begin) / bursts / BURST;
}

double time_batch(int from, int to, uint32_t length, uint32_t bursts) {
  struct mmsghdr sent[BURST], received[BURST];
  struct iovec out[BURST], in[BURST];
  memset(sent, 0, sizeof sent);
  for (int index = 0; index < BURST; index++) {
    out[index] = (struct iovec){buffers[index], length};
    sent[index].msg_hdr.msg_iov = &out[index];
    sent[index].msg_hdr.msg_iovlen = 1;
  }
  double begin = now();
  for (uint32_t burst = 0; burst < bursts; burst++) {
    sendmmsg(from, sent, BURST, MSG_NOSIGNAL);
    for (int index = 0; index < BURST; index++)
      receiving(&received[index].msg_hdr, &in[index], index, length);
    recvmmsg(to, received, BURST, MSG_CMSG_CLOEXEC, NULL);
  }
  return (now() - begin) / bursts / BURST;
}

void send_burst(int from, uint32_t length) {
  for (int index = 0; index < BURST; index++) send(from, buffers[0], length, MSG_NOSIGNAL);
}

static volatile uint64_t sink;

// Nanoseconds per recvmsg of a datagram with its TTL, addresses and time stamp, which are read.
double time_control(int from, int to, uint32_t length, uint32_t bursts) {
  double spent = 0;
  for (uint32_t burst = 0; burst < bursts; burst++) {
    send_burst(from, length);
    double begin = now();
    for (int index = 0; index < BURST; index++) {
      struct iovec vector;
      struct msghdr header;
      receiving(&header, &vector, 0, length);
      recvmsg(to, &header, MSG_CMSG_CLOEXEC);
      uint64_t sum = 0;
      for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) {
          sum += *(int *)CMSG_DATA(c);
        } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
          struct in_pktinfo *info = (struct in_pktinfo *)CMSG_DATA(c);
          char text[INET_ADDRSTRLEN];
          inet_ntop(AF_INET, &info->ipi_addr, text, sizeof text);
          sum += info->ipi_ifindex + text[0];
          inet_ntop(AF_INET, &info->ipi_spec_dst, text, sizeof text);
          sum += text[0];
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
          struct timespec *stamp = (struct timespec *)CMSG_DATA(c);
          sum += stamp->tv_sec * 1000000000ull + stamp->tv_nsec;
        }
      }
      sink += sum;
    }
    spent += now() - begin;
  }
  return spent / bursts / BURST;
}

// Nanoseconds per sendmsg of the segments in `data` and the recvmsg that gets them as one, from and
// into the same memory as ours: where it lies changes what the kernel's copying takes.
double time_segments(int from, int to, uint32_t segment, uint8_t *data, uint32_t length,
                     uint8_t *target, uint32_t room_length, uint32_t calls) {
  double begin = now();
  for (uint32_t call = 0; call < calls; call++) {
    _Alignas(8) uint8_t control[CMSG_SPACE(2)] = {0};
    struct iovec vector = {data, length};
    struct msghdr header = {.msg_iov = &vector, .msg_iovlen = 1};
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    struct cmsghdr *c = CMSG_FIRSTHDR(&header);
    c->cmsg_len = CMSG_LEN(2);
    c->cmsg_level = IPPROTO_UDP;
    c->cmsg_type = 103; // UDP_SEGMENT
    *(uint16_t *)CMSG_DATA(c) = segment;
    sendmsg(from, &header, MSG_NOSIGNAL);
    struct iovec room = {target, room_length};
    receiving(&header, &vector, 0, 0);
    header.msg_iov = &room;
    recvmsg(to, &header, MSG_CMSG_CLOEXEC);
    sink += *(int *)CMSG_DATA(CMSG_FIRSTHDR(&header));
  }
  return (now() - begin) / calls;
}

// The native loops beside bulk.ts: much data by UDP, cut by the kernel and put together again, with
// and without MSG_ZEROCOPY, whose completions come by the error queue.
#define _GNU_SOURCE
#include <time.h>
// Needs the one above.
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { SEGMENT_OPTION = 103, ROOM = 256, WINDOW = 16 };

static double cpu_time(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3;
}

static volatile uint64_t sink;

// A message's memory.
struct message {
  struct iovec vector;
  struct sockaddr_storage name;
  _Alignas(8) uint8_t control[ROOM];
};

static struct msghdr sending(struct message *m, uint8_t *data, uint32_t length, uint32_t segment) {
  m->vector = (struct iovec){data, length};
  struct msghdr header = {.msg_iov = &m->vector, .msg_iovlen = 1, .msg_control = m->control};
  header.msg_controllen = CMSG_SPACE(2);
  struct cmsghdr *c = CMSG_FIRSTHDR(&header);
  c->cmsg_len = CMSG_LEN(2);
  c->cmsg_level = IPPROTO_UDP;
  c->cmsg_type = SEGMENT_OPTION;
  *(uint16_t *)CMSG_DATA(c) = segment;
  return header;
}

static struct msghdr receiving(struct message *m, uint8_t *room, uint32_t length) {
  m->vector = (struct iovec){room, length};
  return (struct msghdr){&m->name, sizeof m->name, &m->vector, 1, m->control, ROOM, 0};
}

// The size of the segments that came together is read.
static void read_size(struct msghdr *header) {
  struct cmsghdr *c = CMSG_FIRSTHDR(header);
  sink += c == NULL ? 0 : *(int *)CMSG_DATA(c);
}

// Takes completions until that of send number `last` has come.
static void complete(int fd, uint32_t last) {
  for (;;) {
    _Alignas(8) uint8_t control[ROOM];
    struct msghdr header = {.msg_control = control, .msg_controllen = ROOM};
    if (recvmsg(fd, &header, MSG_ERRQUEUE) < 0) {
      struct pollfd watched = {.fd = fd};
      poll(&watched, 1, 1000);
      continue;
    }
    struct cmsghdr *c = CMSG_FIRSTHDR(&header);
    struct sock_extended_err *error = (struct sock_extended_err *)CMSG_DATA(c);
    if (error->ee_origin == SO_EE_ORIGIN_ZEROCOPY && error->ee_data == last) return;
  }
}

// Nanoseconds of the processor for a gigabyte, a window of messages after the other, each by a call
// of its own or, `batch`, all by one; `to` < 0: nobody receives them; `sent`, with `flags`
// MSG_ZEROCOPY: how many were sent so far.
double time_bulk(int from, int to, uint8_t *data, uint32_t length, uint32_t segment, uint8_t *room,
                 uint32_t room_length, uint32_t batch, uint32_t flags, uint32_t windows,
                 uint32_t *sent) {
  static struct message out[WINDOW], in[WINDOW];
  static struct mmsghdr many[WINDOW];
  double begin = cpu_time();
  for (uint32_t count = 0; count < windows; count++) {
    for (int index = 0; index < WINDOW; index++) {
      many[index].msg_hdr = sending(&out[index], data, length, segment);
      if (!batch) sendmsg(from, &many[index].msg_hdr, flags | MSG_NOSIGNAL);
    }
    if (batch) sendmmsg(from, many, WINDOW, flags | MSG_NOSIGNAL);
    *sent += WINDOW;
    for (int64_t left = to < 0 ? 0 : (int64_t)WINDOW * length; left > 0;) {
      if (batch) {
        for (int index = 0; index < WINDOW; index++)
          many[index].msg_hdr = receiving(&in[index], room, room_length);
        int came = recvmmsg(to, many, WINDOW, MSG_CMSG_CLOEXEC | MSG_WAITFORONE, NULL);
        for (int index = 0; index < came; index++) {
          left -= many[index].msg_len;
          read_size(&many[index].msg_hdr);
        }
      } else {
        struct msghdr header = receiving(&in[0], room, room_length);
        left -= recvmsg(to, &header, MSG_CMSG_CLOEXEC);
        read_size(&header);
      }
    }
    if (flags & MSG_ZEROCOPY) complete(from, *sent - 1);
  }
  return (cpu_time() - begin) / windows / WINDOW / length * 1e9;
}

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

enum { SEGMENT_OPTION = 103, ROOM = 256 };

static double cpu_time(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3;
}

static void send_segments(int fd, uint8_t *data, uint32_t length, uint32_t segment, int flags) {
  _Alignas(8) uint8_t control[CMSG_SPACE(2)] = {0};
  struct iovec vector = {data, length};
  struct msghdr header = {.msg_iov = &vector, .msg_iovlen = 1};
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  struct cmsghdr *c = CMSG_FIRSTHDR(&header);
  c->cmsg_len = CMSG_LEN(2);
  c->cmsg_level = IPPROTO_UDP;
  c->cmsg_type = SEGMENT_OPTION;
  *(uint16_t *)CMSG_DATA(c) = segment;
  sendmsg(fd, &header, flags | MSG_NOSIGNAL);
}

static volatile uint64_t sink;

// The bytes that came, of segments whose size is read.
static uint32_t receive(int fd, uint8_t *room, uint32_t length) {
  struct sockaddr_storage name;
  _Alignas(8) uint8_t control[ROOM];
  struct iovec vector = {room, length};
  struct msghdr header = {&name, sizeof name, &vector, 1, control, ROOM, 0};
  ssize_t came = recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
  struct cmsghdr *c = CMSG_FIRSTHDR(&header);
  sink += c == NULL ? came : *(int *)CMSG_DATA(c);
  return came < 0 ? 0 : came;
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

// Nanoseconds of the processor for a gigabyte, a window of messages after the other; `to` < 0:
// nobody receives them.
double time_bulk(int from, int to, uint8_t *data, uint32_t length, uint32_t segment, uint8_t *room,
                 uint32_t room_length, uint32_t window, uint32_t windows) {
  double begin = cpu_time();
  for (uint32_t count = 0; count < windows; count++) {
    for (uint32_t index = 0; index < window; index++)
      send_segments(from, data, length, segment, 0);
    for (uint32_t left = to < 0 ? 0 : window * length; left > 0;)
      left -= receive(to, room, room_length);
  }
  return (cpu_time() - begin) / windows / window / length * 1e9;
}

// The same with MSG_ZEROCOPY; `sent` is how many have been sent so far.
double time_zerocopy(int from, int to, uint8_t *data, uint32_t length, uint32_t segment,
                     uint8_t *room, uint32_t room_length, uint32_t window, uint32_t windows,
                     uint32_t *sent) {
  double begin = cpu_time();
  for (uint32_t count = 0; count < windows; count++) {
    for (uint32_t index = 0; index < window; index++)
      send_segments(from, data, length, segment, MSG_ZEROCOPY);
    *sent += window;
    for (uint32_t left = to < 0 ? 0 : window * length; left > 0;)
      left -= receive(to, room, room_length);
    complete(from, *sent - 1);
  }
  return (cpu_time() - begin) / windows / window / length * 1e9;
}

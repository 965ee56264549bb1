// The native side of messages.ts: a process that sends what it is asked for, and one that receives
// it with recvmmsg(2), keeping a copy of each message's bytes and of its sender, as messages() does.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, ROOM = 2048, CONTROL = 256 };

static double clock_of(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

// What this process has run, all of its threads together: in nanoseconds.
double cpu_time(void) { return clock_of(CLOCK_PROCESS_CPUTIME_ID); }

// Answers each datagram, a count, with so many of 64 bytes, for ever.
void serve(int fd) {
  static uint8_t data[64];
  struct mmsghdr messages[BATCH];
  struct iovec vector = {data, sizeof data};
  memset(messages, 0, sizeof messages);
  for (int index = 0; index < BATCH; index++) {
    messages[index].msg_hdr.msg_iov = &vector;
    messages[index].msg_hdr.msg_iovlen = 1;
  }
  for (;;) {
    uint32_t left;
    if (recv(fd, &left, sizeof left, 0) != sizeof left) continue;
    while (left > 0) {
      int sent = sendmmsg(fd, messages, left < BATCH ? left : BATCH, MSG_NOSIGNAL);
      if (sent > 0) left -= sent;
    }
  }
}

static _Alignas(8) uint8_t controls[BATCH][CONTROL];
static uint8_t rooms[BATCH][ROOM];
static struct sockaddr_storage names[BATCH];

// The processor time that each message takes of `windows` times `count`, which have `pause`
// microseconds to arrive before the first is received.
double time_messages(int fd, uint32_t count, uint32_t pause, uint32_t windows) {
  struct mmsghdr messages[BATCH];
  struct iovec vectors[BATCH];
  void *kept[BATCH][2] = {{0}};
  int set = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
  memset(messages, 0, sizeof messages);
  double spent = 0;
  for (uint32_t window = 0; window < windows; window++) {
    send(fd, &count, sizeof count, MSG_NOSIGNAL);
    usleep(pause);
    double begin = cpu_time();
    for (uint32_t left = count; left > 0;) {
      for (int index = 0; index < BATCH; index++) {
        struct msghdr *header = &messages[index].msg_hdr;
        vectors[index] = (struct iovec){rooms[index], ROOM};
        header->msg_iov = &vectors[index];
        header->msg_iovlen = 1;
        header->msg_name = &names[index];
        header->msg_namelen = sizeof names[index];
        header->msg_control = controls[index];
        header->msg_controllen = CONTROL;
      }
      int received = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT | MSG_CMSG_CLOEXEC, NULL);
      if (received < 1) {
        epoll_wait(set, &event, 1, -1);
        continue;
      }
      for (int index = 0; index < received; index++) {
        uint32_t length = messages[index].msg_len;
        uint32_t name_length = messages[index].msg_hdr.msg_namelen;
        free(kept[index][0]);
        free(kept[index][1]);
        kept[index][0] = memcpy(malloc(length), rooms[index], length);
        kept[index][1] = memcpy(malloc(name_length), &names[index], name_length);
      }
      left -= received;
    }
    spent += cpu_time() - begin;
  }
  for (int index = 0; index < BATCH; index++) {
    free(kept[index][0]);
    free(kept[index][1]);
  }
  close(set);
  return spent / windows / count;
}

// The native loops beside socket.ts and processes.ts: epoll loops that answer on two sockets
// connected to each other, in one process or in two.
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

// Nanoseconds per round trip.
double time_ping_pong(int a, int b, uint8_t *data, uint32_t length, uint32_t trips) {
  int set = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN};
  event.data.fd = a;
  epoll_ctl(set, EPOLL_CTL_ADD, a, &event);
  event.data.fd = b;
  epoll_ctl(set, EPOLL_CTL_ADD, b, &event);
  double begin = now();
  send(a, data, length, MSG_NOSIGNAL);
  for (uint32_t done = 0; done < trips;) {
    struct epoll_event events[64];
    int count = epoll_wait(set, events, 64, -1);
    for (int index = 0; index < count; index++) {
      int fd = events[index].data.fd;
      recv(fd, data, length, MSG_DONTWAIT);
      if (fd == a && ++done == trips) break;
      send(fd, data, length, MSG_NOSIGNAL);
    }
  }
  double nanoseconds = (now() - begin) / trips;
  close(set);
  return nanoseconds;
}

static int set_of(int fd) {
  int set = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
  return set;
}

// Answers for ever.
void echo(int fd, uint8_t *data, uint32_t length) {
  int set = set_of(fd);
  for (;;) {
    struct epoll_event event;
    if (epoll_wait(set, &event, 1, -1) < 1) continue;
    if (recv(fd, data, length, MSG_DONTWAIT) >= 0) send(fd, data, length, MSG_NOSIGNAL);
  }
}

// Nanoseconds per round trip to somebody who echoes.
double time_trips(int fd, uint8_t *data, uint32_t length, uint32_t trips) {
  int set = set_of(fd);
  double begin = now();
  for (uint32_t done = 0; done < trips; done++) {
    struct epoll_event event;
    send(fd, data, length, MSG_NOSIGNAL);
    while (epoll_wait(set, &event, 1, -1) < 1);
    recv(fd, data, length, MSG_DONTWAIT);
  }
  double nanoseconds = (now() - begin) / trips;
  close(set);
  return nanoseconds;
}

// The nanoseconds of each round trip to somebody who echoes, with pauses between them.
void each_trip(int fd, uint8_t *data, uint32_t length, uint32_t trips, uint32_t pause_us,
               double *times) {
  int set = set_of(fd);
  for (uint32_t done = 0; done < trips; done++) {
    if (pause_us > 0) usleep(pause_us);
    struct epoll_event event;
    double begin = now();
    send(fd, data, length, MSG_NOSIGNAL);
    while (epoll_wait(set, &event, 1, -1) < 1);
    recv(fd, data, length, MSG_DONTWAIT);
    times[done] = now() - begin;
  }
  close(set);
}

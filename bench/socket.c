// The native loop beside socket.ts: an epoll loop that answers on two sockets connected to each
// other.
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

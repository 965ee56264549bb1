// The native loops beside many.ts: epoll over many sockets of which few are busy, and over many
// connections; and the traffic of both sides, which is not measured.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 64, ROOM = 64 };

static double cpu_time(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3;
}

static void watch(int set, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
}

int open_set(int32_t *fds, uint32_t count) {
  int set = epoll_create1(EPOLL_CLOEXEC);
  for (uint32_t index = 0; index < count; index++) watch(set, fds[index]);
  return set;
}

// A datagram to each of the addresses.
void send_to_all(int fd, struct sockaddr_in *addresses, uint32_t count) {
  static uint8_t data[ROOM];
  for (uint32_t index = 0; index < count; index++) {
    struct sockaddr *to = (struct sockaddr *)&addresses[index];
    sendto(fd, data, sizeof data, MSG_NOSIGNAL, to, sizeof *addresses);
  }
}

// Nanoseconds of the processor for each datagram, all of which are there.
double time_events(int set, uint32_t count) {
  static uint8_t data[ROOM];
  double begin = cpu_time();
  for (uint32_t done = 0; done < count;) {
    struct epoll_event events[EVENTS];
    int ready = epoll_wait(set, events, EVENTS, -1);
    for (int index = 0; index < ready; index++) {
      while (recv(events[index].data.fd, data, sizeof data, MSG_DONTWAIT) >= 0) done++;
    }
  }
  return (cpu_time() - begin) / count;
}

// Connects `count` sockets to an address, each of which sends a little; stores them in `fds`.
int connect_all(struct sockaddr_in *to, int32_t *fds, uint32_t count) {
  static uint8_t data[ROOM];
  for (uint32_t index = 0; index < count; index++) {
    fds[index] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fds[index], (struct sockaddr *)to, sizeof *to) != 0) return -errno;
    send(fds[index], data, sizeof data, MSG_NOSIGNAL);
  }
  return 0;
}

// Ends them so that nothing of them stays.
void reset_all(int32_t *fds, uint32_t count) {
  struct linger linger = {.l_onoff = 1};
  for (uint32_t index = 0; index < count; index++) {
    setsockopt(fds[index], SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(fds[index]);
  }
}

// Accepts `count` connections and answers what each sends: nanoseconds of the processor for one.
// They are stored in `fds`.
double time_connections(int listener, int32_t *fds, uint32_t count) {
  static uint8_t data[ROOM];
  double begin = cpu_time();
  int set = open_set(&listener, 1);
  uint32_t accepted = 0;
  for (uint32_t answered = 0; answered < count;) {
    struct epoll_event events[EVENTS];
    int ready = epoll_wait(set, events, EVENTS, -1);
    for (int index = 0; index < ready; index++) {
      int fd = events[index].data.fd;
      if (fd == listener) {
        struct sockaddr_storage peer;
        socklen_t length = sizeof peer;
        int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
        int made = accept4(listener, (struct sockaddr *)&peer, &length, flags);
        if (made < 0) continue;
        fds[accepted++] = made;
        watch(set, made);
      } else if (recv(fd, data, sizeof data, 0) > 0) {
        send(fd, data, sizeof data, MSG_NOSIGNAL);
        answered++;
      }
    }
  }
  close(set);
  return (cpu_time() - begin) / count;
}

double time_closing(int32_t *fds, uint32_t count) {
  double begin = cpu_time();
  for (uint32_t index = 0; index < count; index++) close(fds[index]);
  return (cpu_time() - begin) / count;
}

// The native loop beside tun.ts: packets out of one device and into another.
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <unistd.h>

// Passes `count` packets on, waiting for them with poll(2); how many were.
uint32_t forward(int from, int to, uint8_t *buffer, uint32_t size, uint32_t count) {
  uint32_t done = 0;
  while (done < count) {
    ssize_t length = read(from, buffer, size);
    if (length < 0 && errno == EAGAIN) {
      struct pollfd one = {.fd = from, .events = POLLIN};
      if (poll(&one, 1, 1000) < 1) break;
      continue;
    }
    if (length < 0 || write(to, buffer, length) != length) break;
    done++;
  }
  return done;
}

// Passes packets both ways between a device and a socket, for ever.
void tunnel(int device, int other, uint8_t *buffer, uint32_t size) {
  struct pollfd both[2] = {{.fd = device, .events = POLLIN}, {.fd = other, .events = POLLIN}};
  for (;;) {
    poll(both, 2, -1);
    for (int side = 0; side < 2; side++) {
      if (both[side].revents == 0) continue;
      ssize_t length;
      // As many at a time as the other loop takes.
      for (int count = 0; count < 64; count++) {
        if ((length = read(both[side].fd, buffer, size)) < 0) break;
        if (write(both[1 - side].fd, buffer, length) < 0) continue;
      }
    }
  }
}

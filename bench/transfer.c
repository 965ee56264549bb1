// The native loops beside transfer.ts: send(2) and recv(2) in bursts of 64.
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

// Nanoseconds per pair of send and recv; the descriptors are a pair, or connected to each other.
double time_transfer(int from, int to, uint8_t *data, uint32_t length, uint32_t bursts) {
  double begin = now();
  for (uint32_t burst = 0; burst < bursts; burst++) {
    for (int index = 0; index < 64; index++) send(from, data, length, MSG_NOSIGNAL);
    for (int index = 0; index < 64; index++) recv(to, data, length, 0);
  }
  return (now() - begin) / bursts / 64;
}

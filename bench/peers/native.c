// The works of peers/run.ts in C, with the loops of the other benchmarks.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

double time_transfer(int from, int to, uint8_t *data, uint32_t length, uint32_t bursts);
double time_tcp(uint8_t *frame, uint32_t length, uint32_t rounds);

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

static double raw(uint32_t rounds) {
  struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_RAW, 253);
  if (fd < 0) return 0;
  uint8_t data[64] = {0}, room[128];
  double begin = now();
  for (uint32_t round = 0; round < rounds; round++) {
    sendto(fd, data, sizeof data, 0, (void *)&loopback, sizeof loopback);
    recv(fd, room, sizeof room, 0);
  }
  return (now() - begin) / rounds;
}

static double interfaces(uint32_t rounds) {
  double begin = now();
  for (uint32_t round = 0; round < rounds; round++) {
    struct ifaddrs *list;
    getifaddrs(&list);
    freeifaddrs(list);
  }
  return (now() - begin) / rounds;
}

int main(int count, char **words) {
  uint32_t bursts = atoi(words[1]);
  uint8_t data[64] = {0}, frame[1500] = {0};
  frame[12] = 8, frame[14] = 0x45, frame[16] = 1486 >> 8, frame[17] = 1486 & 255, frame[23] = 6;
  frame[46] = 0x50;
  int pair[2], udp[2];
  socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
  struct sockaddr_in names[2];
  for (int i = 0; i < 2; i++) {
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof any;
    udp[i] = socket(AF_INET, SOCK_DGRAM, 0);
    bind(udp[i], (void *)&any, length);
    getsockname(udp[i], (void *)&names[i], &length);
  }
  for (int i = 0; i < 2; i++) connect(udp[i], (void *)&names[1 - i], sizeof names[0]);
  printf("{\"unix\":%f,", time_transfer(pair[0], pair[1], data, 64, bursts));
  printf("\"udp\":%f,", time_transfer(udp[0], udp[1], data, 64, bursts));
  double time = raw(bursts * 8);
  if (time > 0) printf("\"raw\":%f,", time);
  printf("\"checksum\":%f,", time_tcp(frame, sizeof frame, bursts * 64));
  printf("\"interfaces\":%f}\n", interfaces(bursts));
  return count != 2;
}

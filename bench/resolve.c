// The native loop beside resolve.ts: getaddrinfo(3), one name after the other, by the thread that
// asks.
#include <netdb.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

static double cpu_time(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3;
}

static volatile uint64_t sink;

// Nanoseconds of the processor for each of `count` lookups of the names, NUL after NUL; < 0: one
// was not found.
double time_lookups(const char *names, uint32_t count) {
  struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
  double begin = cpu_time();
  for (uint32_t index = 0; index < count; index++, names += strlen(names) + 1) {
    struct addrinfo *list;
    if (getaddrinfo(names, NULL, &hints, &list) != 0) return -1;
    sink += list->ai_addrlen;
    freeaddrinfo(list);
  }
  return (cpu_time() - begin) / count;
}

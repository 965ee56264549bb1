// Debian's CLISP lacks a function that its rawsock module calls: preloaded, this takes its place.
#include <stdarg.h>
#include <sys/ioctl.h>

int rpl_ioctl(int fd, int request, ...) {
  va_list list;
  va_start(list, request);
  void *argument = va_arg(list, void *);
  va_end(list);
  return ioctl(fd, request, argument);
}

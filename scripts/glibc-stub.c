/* What Debian's libstdc++ and libgcc want of glibc and musl lacks. */
typedef unsigned long size_t;
extern long getrandom(void *, size_t, unsigned);
extern size_t strftime_l(char *, size_t, const char *, const void *, void *);

char __libc_single_threaded = 0;
struct { unsigned words[4]; } __cpu_model;
int __cpu_indicator_init(void) { return 0; }
int __cxa_thread_atexit_impl(void (*f)(void *), void *object, void *dso) { return 0; }
int _dl_find_object(void *address, void *result) { return -1; }

unsigned arc4random(void) {
  unsigned value = 0;
  getrandom(&value, sizeof value, 0);
  return value;
}

size_t __strftime_l(char *text, size_t room, const char *format, const void *time, void *locale) {
  return strftime_l(text, room, format, time, locale);
}

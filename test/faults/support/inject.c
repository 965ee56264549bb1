// Fails the native library's own system calls, and those that it makes of the C library, one by
// one. A filter of seccomp(2) traps by the address of the instruction what librawsock.so calls; the
// handler makes the call, or fails it. What the runtime calls itself is not touched.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

// Functions of the C library are numbered from here on.
enum { FUNCTIONS = 10000, MALLOC = FUNCTIONS, CALLOC, PTHREAD_CREATE, GETADDRINFO, GETNAMEINFO };
enum { LOG_ROOM = 1 << 16, EAI_SYSTEM_ = -11 };

static struct { const char *name; int number; } calls[] = {
#define CALL(name) { #name, SYS_##name },
  CALL(accept4) CALL(bind) CALL(clock_gettime) CALL(close) CALL(connect) CALL(epoll_create1)
  CALL(epoll_ctl) CALL(epoll_pwait) CALL(eventfd2) CALL(fcntl) CALL(getpeername) CALL(getsockname)
  CALL(getsockopt) CALL(ioctl) CALL(listen) CALL(mmap) CALL(munmap) CALL(openat) CALL(ppoll)
  CALL(preadv2) CALL(pwritev2) CALL(readlinkat) CALL(readv) CALL(recvfrom) CALL(recvmmsg)
  CALL(recvmsg) CALL(rt_sigprocmask) CALL(sendmmsg) CALL(sendmsg) CALL(sendto) CALL(setns)
  CALL(setsockopt) CALL(shutdown) CALL(socket) CALL(socketpair) CALL(statx) CALL(writev)
  CALL(getpid) CALL(kill) CALL(write)
#ifdef SYS_open
  CALL(open) CALL(readlink)
#endif
  { "malloc", MALLOC }, { "calloc", CALLOC }, { "pthread_create", PTHREAD_CREATE },
  { "getaddrinfo", GETADDRINFO }, { "getnameinfo", GETNAMEINFO },
};

// The name by its index; its number is stored. Null behind the last.
const char *faults_name(int index, int32_t *number) {
  if (index < 0 || index >= (int)(sizeof calls / sizeof *calls)) return NULL;
  *number = calls[index].number;
  return calls[index].name;
}

static volatile int armed, wanted, from, count, error, seen, fired;
static volatile int32_t logged[LOG_ROOM];
static volatile int log_length, mappings, allocations, threads;

// Does this call fail?
static int hit(int number) {
  int at = __sync_fetch_and_add(&log_length, 1);
  if (at < LOG_ROOM) logged[at] = number;
  if (!armed || number != wanted) return 0;
  int index = __sync_fetch_and_add(&seen, 1);
  if (index < from || index - from >= count) return 0;
  __sync_fetch_and_add(&fired, 1);
  return 1;
}

// `how_many` calls of that number fail with `errno_`, after `first` that do not. Number -1: none.
int faults_arm(int number, int first, int how_many, int errno_) {
  armed = 0;
  seen = fired = log_length = 0;
  wanted = number, from = first, count = how_many, error = errno_;
  armed = number >= 0;
  return 0;
}

// How many calls have failed since.
int faults_disarm(void) { armed = 0; return fired; }

// The numbers of the calls since faults_arm, in order: how many there were.
int faults_log(int32_t *out, int room) {
  int length = log_length < LOG_ROOM ? log_length : LOG_ROOM;
  for (int i = 0; i < length && i < room; i++) out[i] = logged[i];
  return length;
}

// What the library holds: mappings, memory of malloc(3), threads.
int faults_held(int32_t *out) { out[0] = mappings; out[1] = allocations; out[2] = threads; return 0; }

#ifdef __x86_64__
static long perform(long n, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall" : "=a"(result) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
                   "r"(r9) : "rcx", "r11", "memory");
  return result;
}
#define ARGUMENT(context, i) ((context)->uc_mcontext.gregs[(int[]){ REG_RDI, REG_RSI, REG_RDX,      \
                              REG_R10, REG_R8, REG_R9 }[i]])
#define RESULT(context) ((context)->uc_mcontext.gregs[REG_RAX])
#else
static long perform(long n, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = n;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
}
#define ARGUMENT(context, i) ((context)->uc_mcontext.regs[i])
#define RESULT(context) ((context)->uc_mcontext.regs[0])
#endif

static void trapped(int signal, siginfo_t *info, void *pointer) {
  (void)signal;
  ucontext_t *context = pointer;
  int saved = errno;
  long number = info->si_syscall, a[6], result;
  for (int i = 0; i < 6; i++) a[i] = (long)ARGUMENT(context, i);
  int fails = hit((int)number);
  // These do their work whatever they say: close(2), NOTES.
  if (!fails || number == SYS_close || number == SYS_munmap) {
    result = perform(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    int is_new = number == SYS_mmap && !(a[3] & MAP_FIXED);
    if (is_new && (unsigned long)result < -4095UL) __sync_fetch_and_add(&mappings, 1);
    if (number == SYS_munmap && result == 0) __sync_fetch_and_sub(&mappings, 1);
    // The end of this handler would undo it.
    if (number == SYS_rt_sigprocmask && result == 0 && a[0] == SIG_BLOCK)
      *(uint64_t *)&context->uc_sigmask |= *(uint64_t *)a[1];
  }
  if (fails) result = -error;
  RESULT(context) = result;
  errno = saved;
}

static void *(*real_malloc)(size_t), *(*real_calloc)(size_t, size_t);
static void (*real_free)(void *);
static int (*real_pthread_create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
static int (*real_getaddrinfo)(const char *, const char *, const struct addrinfo *,
                               struct addrinfo **);
static int (*real_getnameinfo)(const struct sockaddr *, socklen_t, char *, socklen_t, char *,
                               socklen_t, int);

static void *counted(void *memory) {
  if (memory != NULL) __sync_fetch_and_add(&allocations, 1);
  return memory;
}
static void *own_malloc(size_t size) {
  if (!hit(MALLOC)) return counted(real_malloc(size));
  errno = error;
  return NULL;
}
static void *own_calloc(size_t number, size_t size) {
  if (!hit(CALLOC)) return counted(real_calloc(number, size));
  errno = error;
  return NULL;
}
static void own_free(void *memory) {
  if (memory != NULL) __sync_fetch_and_sub(&allocations, 1);
  real_free(memory);
}
struct start { void *(*run)(void *); void *argument; };
static void *started(void *pointer) {
  struct start start = *(struct start *)pointer;
  free(pointer);
  void *result = start.run(start.argument);
  __sync_fetch_and_sub(&threads, 1);
  return result;
}
static int own_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                              void *(*run)(void *), void *argument) {
  if (hit(PTHREAD_CREATE)) return error;
  struct start *start = malloc(sizeof *start);
  *start = (struct start){ run, argument };
  __sync_fetch_and_add(&threads, 1);
  int status = real_pthread_create(thread, attributes, started, start);
  if (status != 0) { __sync_fetch_and_sub(&threads, 1); free(start); }
  return status;
}
// A positive number is an errno, beside EAI_SYSTEM.
static int lookup_error(void) {
  if (error < 0) return error;
  errno = error;
  return EAI_SYSTEM_;
}
static int own_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                           struct addrinfo **list) {
  return hit(GETADDRINFO) ? lookup_error() : real_getaddrinfo(node, service, hints, list);
}
static int own_getnameinfo(const struct sockaddr *address, socklen_t length, char *node,
                           socklen_t room, char *service, socklen_t service_room, int flags) {
  if (hit(GETNAMEINFO)) return lookup_error();
  return real_getnameinfo(address, length, node, room, service, service_room, flags);
}

static struct { const char *name; void *own; void **real; } functions[] = {
  { "malloc", own_malloc, (void **)&real_malloc },
  { "calloc", own_calloc, (void **)&real_calloc },
  { "free", own_free, (void **)&real_free },
  { "pthread_create", own_pthread_create, (void **)&real_pthread_create },
  { "getaddrinfo", own_getaddrinfo, (void **)&real_getaddrinfo },
  { "getnameinfo", own_getnameinfo, (void **)&real_getnameinfo },
};

struct library { ElfW(Addr) base, text, end; const ElfW(Dyn) *dynamic; };

static int find(struct dl_phdr_info *info, size_t size, void *pointer) {
  (void)size;
  struct library *library = pointer;
  if (strstr(info->dlpi_name, "librawsock.so") == NULL) return 0;
  library->base = info->dlpi_addr;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *header = &info->dlpi_phdr[i];
    ElfW(Addr) start = info->dlpi_addr + header->p_vaddr;
    if (header->p_type == PT_DYNAMIC) library->dynamic = (const ElfW(Dyn) *)start;
    if (header->p_type == PT_LOAD && header->p_flags & PF_X)
      library->text = start, library->end = start + header->p_memsz;
  }
  return 1;
}

// Has the library's calls of the C library come here.
static int replace(const struct library *library) {
  const ElfW(Rela) *table = NULL;
  const ElfW(Sym) *symbols = NULL;
  const char *names = NULL;
  size_t size = 0;
  for (const ElfW(Dyn) *entry = library->dynamic; entry->d_tag != DT_NULL; entry++) {
    ElfW(Addr) value = entry->d_un.d_ptr;
    // musl leaves the file's addresses there.
    ElfW(Addr) place = value < library->base ? library->base + value : value;
    if (entry->d_tag == DT_JMPREL) table = (const ElfW(Rela) *)place;
    if (entry->d_tag == DT_SYMTAB) symbols = (const ElfW(Sym) *)place;
    if (entry->d_tag == DT_STRTAB) names = (const char *)place;
    if (entry->d_tag == DT_PLTRELSZ) size = entry->d_un.d_val;
  }
  if (table == NULL || symbols == NULL || names == NULL) return -ENOENT;
  long page = sysconf(_SC_PAGESIZE);
  for (size_t i = 0; i < size / sizeof *table; i++) {
    const char *name = names + symbols[ELF64_R_SYM(table[i].r_info)].st_name;
    void **slot = (void **)(library->base + table[i].r_offset);
    for (size_t k = 0; k < sizeof functions / sizeof *functions; k++) {
      if (strcmp(name, functions[k].name) != 0) continue;
      void *start = (void *)((uintptr_t)slot & -(uintptr_t)page);
      if (mprotect(start, 2 * (size_t)page, PROT_READ | PROT_WRITE) != 0 &&
          mprotect(start, (size_t)page, PROT_READ | PROT_WRITE) != 0) return -errno;
      *functions[k].real = *slot;
      *slot = functions[k].own;
    }
  }
  return 0;
}

// Can system calls be trapped here? 0, or -errno.
int faults_available(void) {
  uint32_t action = SECCOMP_RET_TRAP;
  if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) != 0) return -errno;
  return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0 ? -errno : 0;
}

// From now on, for all threads: 0, or -errno.
int faults_install(void) {
  struct library library = { 0 };
  if (!dl_iterate_phdr(find, &library) || library.text == 0) return -ENOENT;
  int status = replace(&library);
  if (status < 0) return status;
  struct sigaction action = { 0 };
  action.sa_sigaction = trapped;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART;
  if (sigaction(SIGSYS, &action, NULL) != 0) return -errno;
  // The address is that behind the instruction; both halves are compared.
  uint64_t low = library.text, high = library.end;
  uint32_t halves[] = { low >> 32, (uint32_t)low, high >> 32, (uint32_t)high };
  int at = offsetof(struct seccomp_data, instruction_pointer);
  struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at + 4),
    BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, halves[0], 3, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, halves[0], 0, 7),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at),
    BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, halves[1], 0, 5),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at + 4),
    BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, halves[2], 3, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, halves[2], 0, 3),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at),
    BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, halves[3], 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
  };
  struct sock_fprog program = { sizeof filter / sizeof *filter, filter };
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -errno;
  long done = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
  return done == 0 ? 0 : done > 0 ? -EBUSY : -errno;
}

// The open descriptors, each with its device's and its file's number: how many.
int faults_descriptors(int32_t *out, int room) {
  DIR *directory = opendir("/proc/self/fd");
  if (directory == NULL) return -errno;
  int found = 0;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    int fd = atoi(entry->d_name);
    struct stat status;
    if (entry->d_name[0] == '.' || fd == dirfd(directory) || fstat(fd, &status) != 0) continue;
    if (found < room) {
      out[2 * found] = fd;
      out[2 * found + 1] = (int32_t)status.st_ino;
    }
    found++;
  }
  closedir(directory);
  return found;
}

static char current[256];
static volatile int64_t begun_ms;
static int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}
static void *watch(void *limit_ms) {
  for (;;) {
    usleep(20000);
    int64_t begun = begun_ms;
    if (begun == 0 || now_ms() - begun < (int64_t)(intptr_t)limit_ms) continue;
    char line[400];
    int length = snprintf(line, sizeof line, "HANGS %s\n", current);
    if (write(1, line, (size_t)length) < 0) {}
    _exit(97);
  }
}

// Ends the process where a case is not over after that time, and says which.
int faults_watch(int limit_ms) {
  pthread_t thread;
  int status = pthread_create(&thread, NULL, watch, (void *)(intptr_t)limit_ms);
  return -status;
}
int faults_case(const char *name) {
  begun_ms = 0;
  if (name == NULL) return 0;
  snprintf(current, sizeof current, "%s", name);
  begun_ms = now_ms();
  return 0;
}

// What another program would do, a while later and in a thread: for calls that wait.
struct deed { int fd, ms, kind, other; };
static void *act(void *pointer) {
  struct deed deed = *(struct deed *)pointer;
  free(pointer);
  usleep((useconds_t)deed.ms * 1000);
  char bytes[8192] = { 7 };
  if (deed.kind == 0) send(deed.fd, bytes, 4, MSG_NOSIGNAL);
  if (deed.kind == 1)
    for (int i = 0; i < 5000 && recv(deed.fd, bytes, sizeof bytes, MSG_DONTWAIT) != 0; i++)
      usleep(200);
  if (deed.kind == 2) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getsockname(deed.fd, (struct sockaddr *)&address, &length) == 0)
      connect(deed.other, (struct sockaddr *)&address, length);
  }
  close(deed.fd);
  if (deed.other >= 0) close(deed.other);
  return NULL;
}
static int copy(int fd) { return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 500); }
// kind 0: 4 bytes are sent on `fd`; 1: what comes there is read; 2: `other` connects to it.
int faults_later(int fd, int ms, int kind, int other) {
  struct deed *deed = malloc(sizeof *deed);
  *deed = (struct deed){ copy(fd), ms, kind, copy(other) };
  pthread_t thread;
  int status = pthread_create(&thread, NULL, act, deed);
  if (status == 0) pthread_detach(thread);
  return -status;
}

static volatile int storming, storm_us, storm_signal;
static pthread_t storm_thread, storm_target;
static volatile int signals;
static void *storm(void *unused) {
  (void)unused;
  while (storming) {
    pthread_kill(storm_target, storm_signal);
    signals++;
    usleep((useconds_t)storm_us);
  }
  return NULL;
}
// Sends the calling thread a signal over and over: 0 microseconds end that. How many were sent.
int faults_storm(int signal, int us) {
  if (us == 0) {
    if (storming) { storming = 0; pthread_join(storm_thread, NULL); }
    return signals;
  }
  storming = 1, storm_us = us, storm_signal = signal, signals = 0;
  storm_target = pthread_self();
  return -pthread_create(&storm_thread, NULL, storm, NULL);
}

// setrlimit(2) of the soft limit to that many units; UINT32_MAX: the hard one. 0, or -errno.
int faults_limit(int resource, uint32_t value, uint32_t unit) {
  struct rlimit limit;
  if (getrlimit(resource, &limit) != 0) return -errno;
  limit.rlim_cur = value == UINT32_MAX ? limit.rlim_max : (rlim_t)value * unit;
  return setrlimit(resource, &limit) == 0 ? 0 : -errno;
}

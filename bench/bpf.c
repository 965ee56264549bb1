// libpcap's own filter machine and compiler, found when the benchmark runs: what bench/bpf.ts
// compares with.
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>

// pcap/bpf.h and pcap/pcap.h, so that no header need be installed.
struct program {
    unsigned count;
    void *instructions;
};
struct header {
    struct timeval time;
    uint32_t captured;
    uint32_t length;
};

static void *(*open_dead)(int link, int snapshot);
static int (*compile)(void *, struct program *, const char *, int optimize, uint32_t netmask);
static void (*free_code)(struct program *);
static int (*offline_filter)(const struct program *, const struct header *, const uint8_t *);
static void *pcap;

static int sink;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

// 1, or 0 where there is no libpcap.
int open_libpcap(void) {
    void *library = dlopen("libpcap.so.0.8", RTLD_NOW);
    if (library == NULL) library = dlopen("libpcap.so.1", RTLD_NOW);
    if (library == NULL) library = dlopen("libpcap.so", RTLD_NOW);
    if (library == NULL) return 0;
    open_dead = (void *(*)(int, int))dlsym(library, "pcap_open_dead");
    compile = (int (*)(void *, struct program *, const char *, int, uint32_t))dlsym(library, "pcap_compile");
    free_code = (void (*)(struct program *))dlsym(library, "pcap_freecode");
    offline_filter = (int (*)(const struct program *, const struct header *, const uint8_t *))dlsym(
        library, "pcap_offline_filter");
    if (!open_dead || !compile || !free_code || !offline_filter) return 0;
    pcap = open_dead(1, 262144);
    return pcap != NULL;
}

// The verdict on one packet; -1 where the expression means nothing.
int native_filter(const char *expression, const uint8_t *packet, uint32_t length) {
    struct program program;
    if (compile(pcap, &program, expression, 1, 0xffffffff) != 0) return -1;
    struct header header = {{0, 0}, length, length};
    int verdict = offline_filter(&program, &header, packet);
    free_code(&program);
    return verdict;
}

// Nanoseconds for each run of the filter, over packets of one length behind each other.
double time_filter(const char *expression, const uint8_t *packets, uint32_t length, uint32_t count,
                   uint32_t calls) {
    struct program program;
    if (compile(pcap, &program, expression, 1, 0xffffffff) != 0) return -1;
    struct header header = {{0, 0}, length, length};
    double begin = now();
    const uint8_t *packet = packets;
    const uint8_t *end = packets + (size_t)length * count;
    for (uint32_t call = 0; call < calls; call++) {
        sink += offline_filter(&program, &header, packet);
        packet += length;
        if (packet == end) packet = packets;
    }
    double time = (now() - begin) / calls;
    free_code(&program);
    return time;
}

// Nanoseconds for each time that the expression is compiled.
double time_compile(const char *expression, uint32_t calls) {
    double begin = now();
    for (uint32_t call = 0; call < calls; call++) {
        struct program program;
        if (compile(pcap, &program, expression, 1, 0xffffffff) != 0) return -1;
        free_code(&program);
    }
    return (now() - begin) / calls;
}

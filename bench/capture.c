// What the capture benchmark compares with, and its sender: `capture send IFACE COUNT [PER_SECOND]`
// sends 64-byte frames as fast as it can; `capture walk IFACE COUNT` reads a TPACKET_V3 ring as
// rawsock/capture does, and prints how many were dropped.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 64, BURST = 64, BLOCK_SIZE = 1 << 20, BLOCKS = 32, TIMEOUT_MS = 10 };

static void must(int holds, const char *what) {
    if (holds) return;
    perror(what);
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

static void bind_to(int fd, const char *interface, int protocol) {
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(protocol),
        .sll_ifindex = if_nametoindex(interface),
    };
    must(bind(fd, (struct sockaddr *)&address, sizeof address) == 0, "bind");
}

// IPv4 and UDP to port 9, from and to nobody.
static const uint8_t HEADERS[] = {
    2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 50, 0, 0, 0, 0,
    64, 17, 0, 0, 10, 77, 0, 1, 10, 77, 0, 2, 0x30, 0x39, 0, 9, 0, 30, 0, 0,
};

static void send_frames(const char *interface, long count, double per_second) {
    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    must(fd >= 0, "socket");
    bind_to(fd, interface, 0);
    static uint8_t frames[BURST][SIZE];
    struct iovec vectors[BURST];
    struct mmsghdr headers[BURST];
    memset(headers, 0, sizeof headers);
    for (int index = 0; index < BURST; index++) {
        memcpy(frames[index], HEADERS, sizeof HEADERS);
        vectors[index] = (struct iovec){frames[index], SIZE};
        headers[index].msg_hdr.msg_iov = &vectors[index];
        headers[index].msg_hdr.msg_iovlen = 1;
    }
    double begin = now();
    for (long sent = 0; sent < count;) {
        int burst = count - sent < BURST ? count - sent : BURST;
        for (int index = 0; index < burst; index++) {
            uint64_t number = sent + index;
            memcpy(frames[index] + 42, &number, sizeof number);
        }
        int done = sendmmsg(fd, headers, burst, 0);
        if (done > 0) sent += done;
        while (per_second > 0 && (now() - begin) * per_second / 1e9 < sent) usleep(200);
    }
    printf("%.0f\n", (now() - begin) / count);
}

static void walk(const char *interface, long count) {
    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    must(fd >= 0, "socket");
    int version = TPACKET_V3;
    must(setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) == 0, "version");
    struct tpacket_req3 request = {
        .tp_block_size = BLOCK_SIZE,
        .tp_block_nr = BLOCKS,
        .tp_frame_size = BLOCK_SIZE,
        .tp_frame_nr = BLOCKS,
        .tp_retire_blk_tov = TIMEOUT_MS,
    };
    must(setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) == 0, "ring");
    int protection = PROT_READ | PROT_WRITE;
    uint8_t *ring = mmap(NULL, (size_t)BLOCK_SIZE * BLOCKS, protection, MAP_SHARED, fd, 0);
    must(ring != MAP_FAILED, "mmap");
    bind_to(fd, interface, ETH_P_ALL);
    puts("ready");
    fflush(stdout);
    uint64_t sum = 0;
    long seen = 0;
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    for (int next = 0; seen < count;) {
        struct tpacket_block_desc *block = (void *)(ring + (size_t)next * BLOCK_SIZE);
        uint32_t *status = &block->hdr.bh1.block_status;
        if ((__atomic_load_n(status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) == 0) {
            if (poll(&watched, 1, 5000) == 0) break;
            continue;
        }
        uint8_t *at = (uint8_t *)block + block->hdr.bh1.offset_to_first_pkt;
        for (uint32_t left = block->hdr.bh1.num_pkts; left > 0; left--, seen++) {
            struct tpacket3_hdr *packet = (void *)at;
            sum += packet->tp_len + at[packet->tp_mac];
            at += packet->tp_next_offset;
        }
        __atomic_store_n(status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
        next = (next + 1) % BLOCKS;
    }
    struct tpacket_stats_v3 statistics;
    socklen_t length = sizeof statistics;
    getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &length);
    printf("%u %lu\n", statistics.tp_drops, sum);
}

int main(int count, char **words) {
    if (count < 4) return 2;
    if (strcmp(words[1], "send") == 0) {
        send_frames(words[2], atol(words[3]), count > 4 ? atof(words[4]) : 0);
    } else {
        walk(words[2], atol(words[3]));
    }
    return 0;
}

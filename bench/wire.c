// The same headers decoded to the same fields by a plain loop in C, addresses as text by inet_ntop,
// and the same frames built, addresses from text by inet_pton. What bench/wire.ts compares with.
#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

typedef struct {
    char destination[18], source[18];
    uint16_t type;
} Ethernet;

typedef struct {
    uint8_t priority, drop_eligible;
    uint16_t id, type;
} Vlan;

typedef struct {
    uint8_t dscp, ecn, ttl, protocol, dont_fragment, more_fragments, options[40], options_length;
    uint16_t total_length, identification, fragment_offset, checksum;
    char source[INET_ADDRSTRLEN], destination[INET_ADDRSTRLEN];
} Ipv4;

typedef struct {
    uint8_t dscp, ecn, next_header, hop_limit;
    uint32_t flow_label;
    uint16_t payload_length;
    char source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN];
} Ipv6;

typedef struct {
    uint8_t kind, shift, block_count;
    uint16_t mss;
    uint32_t value, echo, blocks[4][2];
} TcpOption;

typedef struct {
    uint16_t source_port, destination_port, flags, window, checksum, urgent;
    uint32_t sequence, acknowledgment;
    TcpOption options[40];
    uint8_t option_count;
} Tcp;

typedef struct {
    uint16_t source_port, destination_port, length, checksum;
} Udp;

typedef struct {
    Ethernet ethernet;
    Vlan vlan;
    Ipv4 ipv4;
    Ipv6 ipv6;
    Tcp tcp;
    Udp udp;
    const uint8_t *payload;
    uint32_t payload_length;
    int layers;
} Packet;

static inline uint16_t u16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }
static inline uint32_t u32(const uint8_t *at) { return (uint32_t)u16(at) << 16 | u16(at + 2); }

static void mac_text(char *text, const uint8_t *bytes) {
    static const char digits[] = "0123456789abcdef";
    for (int index = 0; index < 6; index++) {
        text[3 * index] = digits[bytes[index] >> 4];
        text[3 * index + 1] = digits[bytes[index] & 15];
        text[3 * index + 2] = index < 5 ? ':' : 0;
    }
}

static void decode_options(Tcp *tcp, const uint8_t *at, const uint8_t *end) {
    while (at < end && tcp->option_count < 40) {
        TcpOption *option = &tcp->options[tcp->option_count++];
        option->kind = at[0];
        if (at[0] == 0) return;
        if (at[0] == 1) {
            at++;
            continue;
        }
        if (at + 1 >= end || at[1] < 2 || at + at[1] > end) return;
        if (at[0] == 2 && at[1] == 4) option->mss = u16(at + 2);
        if (at[0] == 3 && at[1] == 3) option->shift = at[2];
        if (at[0] == 5) {
            option->block_count = 0;
            for (int block = 2; block + 8 <= at[1] && option->block_count < 4; block += 8) {
                option->blocks[option->block_count][0] = u32(at + block);
                option->blocks[option->block_count++][1] = u32(at + block + 4);
            }
        }
        if (at[0] == 8 && at[1] == 10) option->value = u32(at + 2), option->echo = u32(at + 6);
        at += at[1];
    }
}

static int decode_transport(Packet *packet, int protocol, const uint8_t *at, uint32_t left) {
    if (protocol == 6 && left >= 20) {
        Tcp *tcp = &packet->tcp;
        uint32_t header = (uint32_t)(at[12] >> 4) * 4;
        if (header < 20 || header > left) return -1;
        tcp->source_port = u16(at), tcp->destination_port = u16(at + 2);
        tcp->sequence = u32(at + 4), tcp->acknowledgment = u32(at + 8);
        tcp->flags = u16(at + 12) & 0x1ff, tcp->window = u16(at + 14);
        tcp->checksum = u16(at + 16), tcp->urgent = u16(at + 18), tcp->option_count = 0;
        decode_options(tcp, at + 20, at + header);
        packet->payload = at + header, packet->payload_length = left - header;
        return 1;
    }
    if (protocol == 17 && left >= 8) {
        Udp *udp = &packet->udp;
        udp->source_port = u16(at), udp->destination_port = u16(at + 2);
        udp->length = u16(at + 4), udp->checksum = u16(at + 6);
        packet->payload = at + 8, packet->payload_length = left - 8;
        return 1;
    }
    packet->payload = at, packet->payload_length = left;
    return 0;
}

static int decode(Packet *packet, const uint8_t *frame, uint32_t size, int text) {
    if (size < 14) return -1;
    const uint8_t *at = frame + 12, *end = frame + size;
    if (text) {
        mac_text(packet->ethernet.destination, frame);
        mac_text(packet->ethernet.source, frame + 6);
    }
    uint16_t type = packet->ethernet.type = u16(at);
    packet->layers = 1;
    at += 2;
    if (type == 0x8100) {
        if (end - at < 4) return -1;
        uint16_t control = u16(at);
        Vlan *vlan = &packet->vlan;
        vlan->priority = control >> 13, vlan->drop_eligible = control >> 12 & 1;
        vlan->id = control & 0xfff, type = vlan->type = u16(at + 2);
        packet->layers++;
        at += 4;
    }
    if (type == 0x0800) {
        if (end - at < 20 || at[0] >> 4 != 4) return -1;
        Ipv4 *ip = &packet->ipv4;
        uint32_t header = (at[0] & 15u) * 4, total = u16(at + 2);
        if (header < 20 || total < header || at + total > end) return -1;
        ip->dscp = at[1] >> 2, ip->ecn = at[1] & 3, ip->total_length = (uint16_t)total;
        ip->identification = u16(at + 4), ip->dont_fragment = at[6] >> 6 & 1;
        ip->more_fragments = at[6] >> 5 & 1, ip->fragment_offset = (u16(at + 6) & 0x1fff) * 8;
        ip->ttl = at[8], ip->protocol = at[9], ip->checksum = u16(at + 10);
        ip->options_length = (uint8_t)(header - 20);
        memcpy(ip->options, at + 20, header - 20);
        if (text) {
            inet_ntop(AF_INET, at + 12, ip->source, sizeof ip->source);
            inet_ntop(AF_INET, at + 16, ip->destination, sizeof ip->destination);
        }
        packet->layers++;
        int more = decode_transport(packet, at[9], at + header, total - header);
        packet->layers += more;
        return more;
    }
    if (type == 0x86dd) {
        if (end - at < 40 || at[0] >> 4 != 6) return -1;
        Ipv6 *ip = &packet->ipv6;
        uint32_t first = u32(at), length = u16(at + 4);
        if (at + 40 + length > end) return -1;
        ip->dscp = first >> 22 & 63, ip->ecn = first >> 20 & 3, ip->flow_label = first & 0xfffff;
        ip->payload_length = (uint16_t)length, ip->next_header = at[6], ip->hop_limit = at[7];
        if (text) {
            inet_ntop(AF_INET6, at + 8, ip->source, sizeof ip->source);
            inet_ntop(AF_INET6, at + 24, ip->destination, sizeof ip->destination);
        }
        packet->layers++;
        int more = decode_transport(packet, at[6], at + 40, length);
        packet->layers += more;
        return more;
    }
    packet->payload = at, packet->payload_length = (uint32_t)(end - at);
    return 0;
}

static double nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

// Frames lie one behind the other, their ends in `ends`; each call takes the next one.
double time_decode(const uint8_t *frames, const uint32_t *ends, uint32_t count, uint32_t calls,
                   uint32_t text) {
    static __thread Packet packet;
    double begin = nanoseconds();
    for (uint32_t call = 0; call < calls; call++) {
        uint32_t index = call % count, start = index == 0 ? 0 : ends[index - 1];
        decode(&packet, frames + start, ends[index] - start, (int)text);
        // What was decoded is used by somebody.
        __asm__ volatile("" : : "r"(&packet) : "memory");
    }
    return (nanoseconds() - begin) / calls;
}

uint32_t decoded_ports(const uint8_t *frame, uint32_t size) {
    Packet packet;
    memset(&packet, 0, sizeof packet);
    if (decode(&packet, frame, size, 1) < 0) return 0;
    return packet.tcp.destination_port | (uint32_t)packet.udp.destination_port << 16;
}

static uint32_t sum(uint32_t total, const uint8_t *data, uint32_t length) {
    for (; length > 1; length -= 2, data += 2) total += u16(data);
    return length > 0 ? total + ((uint32_t)data[0] << 8) : total;
}

static uint16_t fold(uint32_t total) {
    total = (total >> 16) + (total & 0xffff);
    return (uint16_t)~((total >> 16) + total);
}

static void put16(uint8_t *at, uint32_t value) { at[0] = (uint8_t)(value >> 8), at[1] = (uint8_t)value; }
static void put32(uint8_t *at, uint32_t value) { put16(at, value >> 16), put16(at + 2, value); }

static int digit(char letter) {
    return letter <= '9' ? letter - '0' : (letter | 32) - 'a' + 10;
}

static void put_mac(uint8_t *at, const char *text) {
    for (int index = 0; index < 6; index++, text += 3) {
        at[index] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
    }
}

// What a caller gives: the compiler must not know the texts, or it converts them itself.
typedef struct {
    const char *mac_destination, *mac_source, *source, *destination;
} Addresses;

static Addresses addresses4 = {"02:00:00:00:00:02", "02:00:00:00:00:01", "192.0.2.1",
                               "198.51.100.7"};
static Addresses addresses6 = {"02:00:00:00:00:02", "02:00:00:00:00:01", "2001:db8::1",
                               "2001:db8:1:2:3:4:5:6"};

static const Addresses *unknown(const Addresses *addresses) {
    __asm__ volatile("" : "+r"(addresses) : : "memory");
    return addresses;
}

// Ethernet, IPv4 and TCP with a maximum segment size; its length.
static uint32_t build_syn(uint8_t *frame, uint32_t identification) {
    const Addresses *from = unknown(&addresses4);
    memset(frame, 0, 58);
    put_mac(frame, from->mac_destination), put_mac(frame + 6, from->mac_source);
    put16(frame + 12, 0x0800);
    uint8_t *ip = frame + 14, *tcp = ip + 20;
    ip[0] = 0x45, put16(ip + 2, 44), put16(ip + 4, identification), ip[8] = 64, ip[9] = 6;
    inet_pton(AF_INET, from->source, ip + 12), inet_pton(AF_INET, from->destination, ip + 16);
    put16(ip + 10, fold(sum(0, ip, 20)));
    put16(tcp, 1234), put16(tcp + 2, 80), put32(tcp + 4, 1000000000);
    put16(tcp + 12, 0x6002), put16(tcp + 14, 65535);
    tcp[20] = 2, tcp[21] = 4, put16(tcp + 22, 1460);
    put16(tcp + 16, fold(sum(sum(6 + 24, ip + 12, 8), tcp, 24)));
    return 58;
}

// Ethernet, VLAN, IPv6 and UDP with a payload; its length.
static uint32_t build_datagram(uint8_t *frame, uint32_t port, const uint8_t *data, uint32_t size) {
    const Addresses *from = unknown(&addresses6);
    memset(frame, 0, 66);
    put_mac(frame, from->mac_destination), put_mac(frame + 6, from->mac_source);
    put16(frame + 12, 0x8100), put16(frame + 14, 7), put16(frame + 16, 0x86dd);
    uint8_t *ip = frame + 18, *udp = ip + 40;
    ip[0] = 0x60, put16(ip + 4, 8 + size), ip[6] = 17, ip[7] = 64;
    inet_pton(AF_INET6, from->source, ip + 8);
    inet_pton(AF_INET6, from->destination, ip + 24);
    put16(udp, port), put16(udp + 2, 53), put16(udp + 4, 8 + size);
    memcpy(udp + 8, data, size);
    uint16_t checksum = fold(sum(sum(17 + 8 + size, ip + 8, 32), udp, 8 + size));
    put16(udp + 6, checksum == 0 ? 0xffff : checksum);
    return 66 + size;
}

uint32_t built_syn(uint8_t *frame, uint32_t identification) {
    return build_syn(frame, identification);
}

uint32_t built_datagram(uint8_t *frame, uint32_t port, const uint8_t *data, uint32_t size) {
    return build_datagram(frame, port, data, size);
}

double time_syn(uint32_t calls) {
    uint8_t frame[64];
    double begin = nanoseconds();
    for (uint32_t call = 0; call < calls; call++) {
        build_syn(frame, call & 0xff);
        __asm__ volatile("" : : "r"(frame) : "memory");
    }
    return (nanoseconds() - begin) / calls;
}

double time_datagram(const uint8_t *data, uint32_t size, uint32_t calls) {
    uint8_t frame[2048];
    double begin = nanoseconds();
    for (uint32_t call = 0; call < calls; call++) {
        build_datagram(frame, call & 0xff, data, size);
        __asm__ volatile("" : : "r"(frame) : "memory");
    }
    return (nanoseconds() - begin) / calls;
}

/* Dumps of rtnetlink(7) as a C program makes them: attributes found by type, every field that ours
   have in a structure: numbers, addresses and prefixes as text (inet_ntop(3)), words as pointers to
   them, names of interfaces looked up. No memory but the list's is allocated. */
#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of IFLA_*, what this machine's header may be too old for; numbers are for ever. */
enum { GSO_IPV4_SIZE = 63, GRO_IPV4_SIZE, DPLL, PACING_HORIZON, IMMUTABLE, HEADROOM, TAILROOM };

struct route {
    int index, metric, tos, flag_count;
    const char *family, *table, *protocol, *scope, *type, *flags[8];
    char destination[INET6_ADDRSTRLEN + 4], gateway[INET6_ADDRSTRLEN], source[INET6_ADDRSTRLEN];
    char interface[IFNAMSIZ];
};

struct link {
    int index, flag_bits, mtu, min_mtu, max_mtu, master_index, link_index, queue_length, group;
    int promiscuity, allmulti, tx_queues, rx_queues, gso_segs, gso_size, gro_size, gso4_size;
    int gro4_size, tso_size, tso_segs, changes, ups, downs, carrier, proto_down, immutable;
    int headroom, tailroom, flag_count, inet6_flags;
    unsigned long long horizon;
    const char *type, *state, *mode, *flags[20], *inet6_mode;
    char name[IFNAMSIZ], link[IFNAMSIZ], master[IFNAMSIZ], kind[16], qdisc[16], alias[64];
    char address[24], broadcast[24], token[INET6_ADDRSTRLEN];
};

static const char *const families[] = {[AF_INET] = "inet", [AF_INET6] = "inet6"};
static const char *const route_types[] = {
    "unspec", "unicast", "local", "broadcast", "anycast", "multicast",
    "blackhole", "unreachable", "prohibit", "throw", "nat", "xresolve",
};
static const char *const protocols[] = {"unspec", "redirect", "kernel", "boot", "static"};
static const char *const states[] = {
    "unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up",
};
static const char *const modes[] = {"default", "dormant", "testing"};
static const char *const address_modes[] = {"eui64", "none", "stable_secret", "random"};
static const char *const link_flags[] = {
    "up", "broadcast", "debug", "loopback", "pointopoint", "notrailers", "running", "noarp",
    "promisc", "allmulti", "master", "slave", "multicast", "portsel", "automedia", "dynamic",
    "lower-up", "dormant", "echo",
};
static const char *const hop_flags[] = {"dead", "pervasive", "onlink", "offload", "linkdown"};

#define WORD(list, number) \
    ((number) < (int)(sizeof(list) / sizeof *(list)) ? (list)[number] : "other")

static const char *scope_word(int scope) {
    return scope == RT_SCOPE_LINK ? "link" : scope == RT_SCOPE_HOST ? "host" : "global";
}

static const char *table_word(int table) {
    return table == RT_TABLE_MAIN ? "main" : table == RT_TABLE_LOCAL ? "local" : "other";
}

static int words(const char **into, const char *const *list, int count, unsigned bits) {
    int found = 0;
    for (int bit = 0; bit < count; bit++)
        if (bits >> bit & 1) into[found++] = list[bit];
    return found;
}

int bench_netlink_open(void) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), on = 1;
    setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
    return fd;
}

static void find(struct rtattr **table, int most, struct rtattr *attribute, int length) {
    memset(table, 0, (most + 1) * sizeof *table);
    for (; RTA_OK(attribute, length); attribute = RTA_NEXT(attribute, length)) {
        int type = attribute->rta_type & NLA_TYPE_MASK;
        if (type <= most) table[type] = attribute;
    }
}

static unsigned number(struct rtattr *attribute) {
    return attribute ? *(unsigned *)RTA_DATA(attribute) : 0;
}

static void text(char *into, size_t size, struct rtattr *attribute) {
    into[0] = 0;
    if (attribute) strncpy(into, RTA_DATA(attribute), size - 1)[size - 1] = 0;
}

static int byte(struct rtattr *attribute) {
    return attribute ? *(unsigned char *)RTA_DATA(attribute) : 0;
}

static int half(struct rtattr *attribute) {
    return attribute ? *(unsigned short *)RTA_DATA(attribute) : 0;
}

static void hardware(char *into, struct rtattr *attribute) {
    static const char digits[] = "0123456789abcdef";
    into[0] = 0;
    if (!attribute) return;
    unsigned char *bytes = RTA_DATA(attribute);
    int length = RTA_PAYLOAD(attribute);
    for (int byte = 0; byte < length && byte < 7; byte++) {
        into[byte * 3] = digits[bytes[byte] >> 4];
        into[byte * 3 + 1] = digits[bytes[byte] & 15];
        into[byte * 3 + 2] = byte + 1 < length ? ':' : 0;
    }
}

static void address(char *into, int family, struct rtattr *attribute) {
    into[0] = 0;
    if (attribute) inet_ntop(family, RTA_DATA(attribute), into, INET6_ADDRSTRLEN);
}

static void route(struct route *into, struct nlmsghdr *message) {
    struct rtmsg *header = NLMSG_DATA(message);
    struct rtattr *table[RTA_MAX + 1];
    find(table, RTA_MAX, RTM_RTA(header), RTM_PAYLOAD(message));
    int family = header->rtm_family;
    into->family = WORD(families, family);
    into->tos = header->rtm_tos;
    into->protocol = WORD(protocols, header->rtm_protocol);
    into->scope = scope_word(header->rtm_scope);
    into->type = WORD(route_types, header->rtm_type);
    into->table = table_word(table[RTA_TABLE] ? number(table[RTA_TABLE]) : header->rtm_table);
    into->flag_count = words(into->flags, hop_flags, 5, header->rtm_flags);
    into->index = number(table[RTA_OIF]);
    into->metric = number(table[RTA_PRIORITY]);
    if (!table[RTA_DST]) strcpy(into->destination, "default");
    else address(into->destination, family, table[RTA_DST]);
    if (table[RTA_DST] && header->rtm_dst_len != (family == AF_INET ? 32 : 128)) {
        char *end = into->destination + strlen(into->destination);
        int length = header->rtm_dst_len;
        *end++ = '/';
        if (length > 99) *end++ = '1', length -= 100, *end++ = '0' + length / 10;
        else if (length > 9) *end++ = '0' + length / 10;
        *end++ = '0' + length % 10;
        *end = 0;
    }
    address(into->gateway, family, table[RTA_GATEWAY]);
    address(into->source, family, table[RTA_PREFSRC]);
}

static void link_(struct link *into, struct nlmsghdr *message) {
    struct ifinfomsg *header = NLMSG_DATA(message);
    struct rtattr *table[TAILROOM + 1], *inner[64];
    find(table, TAILROOM, IFLA_RTA(header), IFLA_PAYLOAD(message));
    into->index = header->ifi_index;
    into->type = header->ifi_type == 1 ? "ether" : header->ifi_type == 772 ? "loopback" : "other";
    into->flag_bits = header->ifi_flags;
    into->flag_count = words(into->flags, link_flags, 19, header->ifi_flags);
    into->mtu = number(table[IFLA_MTU]);
    into->min_mtu = number(table[IFLA_MIN_MTU]);
    into->max_mtu = number(table[IFLA_MAX_MTU]);
    into->master_index = number(table[IFLA_MASTER]);
    into->link_index = number(table[IFLA_LINK]);
    into->queue_length = number(table[IFLA_TXQLEN]);
    into->group = number(table[IFLA_GROUP]);
    into->promiscuity = number(table[IFLA_PROMISCUITY]);
    into->allmulti = number(table[IFLA_ALLMULTI]);
    into->tx_queues = number(table[IFLA_NUM_TX_QUEUES]);
    into->rx_queues = number(table[IFLA_NUM_RX_QUEUES]);
    into->gso_segs = number(table[IFLA_GSO_MAX_SEGS]);
    into->gso_size = number(table[IFLA_GSO_MAX_SIZE]);
    into->gro_size = number(table[IFLA_GRO_MAX_SIZE]);
    into->gso4_size = number(table[GSO_IPV4_SIZE]);
    into->gro4_size = number(table[GRO_IPV4_SIZE]);
    into->tso_size = number(table[IFLA_TSO_MAX_SIZE]);
    into->tso_segs = number(table[IFLA_TSO_MAX_SEGS]);
    into->horizon = number(table[PACING_HORIZON]);
    into->changes = number(table[IFLA_CARRIER_CHANGES]);
    into->ups = number(table[IFLA_CARRIER_UP_COUNT]);
    into->downs = number(table[IFLA_CARRIER_DOWN_COUNT]);
    into->carrier = byte(table[IFLA_CARRIER]);
    into->proto_down = byte(table[IFLA_PROTO_DOWN]);
    into->immutable = byte(table[IMMUTABLE]);
    into->headroom = half(table[HEADROOM]);
    into->tailroom = half(table[TAILROOM]);
    into->state = WORD(states, byte(table[IFLA_OPERSTATE]));
    into->mode = WORD(modes, byte(table[IFLA_LINKMODE]));
    text(into->name, sizeof into->name, table[IFLA_IFNAME]);
    text(into->qdisc, sizeof into->qdisc, table[IFLA_QDISC]);
    text(into->alias, sizeof into->alias, table[IFLA_IFALIAS]);
    hardware(into->address, table[IFLA_ADDRESS]);
    hardware(into->broadcast, table[IFLA_BROADCAST]);
    into->kind[0] = into->token[0] = into->link[0] = into->master[0] = 0;
    if (table[IFLA_LINKINFO]) {
        struct rtattr *info = table[IFLA_LINKINFO];
        find(inner, IFLA_INFO_MAX, RTA_DATA(info), RTA_PAYLOAD(info));
        text(into->kind, sizeof into->kind, inner[IFLA_INFO_KIND]);
    }
    if (!table[IFLA_AF_SPEC]) return;
    find(inner, AF_INET6, RTA_DATA(table[IFLA_AF_SPEC]), RTA_PAYLOAD(table[IFLA_AF_SPEC]));
    struct rtattr *inet6 = inner[AF_INET6];
    if (!inet6) return;
    find(inner, IFLA_INET6_MAX, RTA_DATA(inet6), RTA_PAYLOAD(inet6));
    into->inet6_flags = number(inner[IFLA_INET6_FLAGS]);
    into->inet6_mode = WORD(address_modes, byte(inner[IFLA_INET6_ADDR_GEN_MODE]));
    address(into->token, AF_INET6, inner[IFLA_INET6_TOKEN]);
}

/* Names of those that are in the list: by index, which is small. */
static void name_links(struct link *list, int count) {
    static struct link *by_index[65536];
    memset(by_index, 0, sizeof by_index);
    for (int place = 0; place < count; place++)
        if ((unsigned)list[place].index < 65536) by_index[list[place].index] = list + place;
    for (int place = 0; place < count; place++) {
        struct link *own = list + place;
        struct link *other = by_index[own->link_index & 65535];
        if (own->link_index && other) memcpy(own->link, other->name, IFNAMSIZ);
        other = by_index[own->master_index & 65535];
        if (own->master_index && other) memcpy(own->master, other->name, IFNAMSIZ);
    }
}

/* The name of an index, which the kernel is asked for: the socket may be in another namespace. */
static void ask(int fd, int index, char *into) {
    struct {
        struct nlmsghdr header;
        struct ifinfomsg link;
        struct rtattr attribute;
        unsigned mask;
    } request = {
        {sizeof request, RTM_GETLINK, NLM_F_REQUEST, 0, 0},
        {.ifi_index = index},
        {8, IFLA_EXT_MASK},
        RTEXT_FILTER_SKIP_STATS,
    };
    static char buffer[32 * 1024];
    struct link found;
    into[0] = 0;
    if (send(fd, &request, sizeof request, 0) < 0) return;
    if (recv(fd, buffer, sizeof buffer, 0) <= 0) return;
    if (((struct nlmsghdr *)buffer)->nlmsg_type != RTM_NEWLINK) return;
    link_(&found, (struct nlmsghdr *)buffer);
    memcpy(into, found.name, IFNAMSIZ);
}

static void name_routes(int fd, struct route *list, int count) {
    static char names[256][IFNAMSIZ];
    memset(names, 0, sizeof names);
    for (int place = 0; place < count; place++) {
        char *name = names[list[place].index & 255];
        if (list[place].index && !name[0]) ask(fd, list[place].index, name);
        memcpy(list[place].interface, name, IFNAMSIZ);
    }
}

/* How many objects a dump of routes (1) or of links (0) has. */
int bench_netlink_dump(int fd, int routes) {
    struct {
        struct nlmsghdr header;
        union {
            struct rtmsg route;
            struct {
                struct ifinfomsg link;
                struct rtattr attribute;
                unsigned mask;
            };
        };
    } request = {{0}};
    static char buffer[64 * 1024];
    static unsigned sequence;
    size_t room = 1024, count = 0, size = routes ? sizeof(struct route) : sizeof(struct link);
    char *list = malloc(room * size);
    request.header.nlmsg_len = routes ? NLMSG_LENGTH(sizeof(struct rtmsg)) : sizeof request;
    /* As ip(8) and we do, without the counters. */
    if (!routes) request.attribute = (struct rtattr){8, IFLA_EXT_MASK};
    if (!routes) request.mask = RTEXT_FILTER_SKIP_STATS;
    request.header.nlmsg_type = routes ? RTM_GETROUTE : RTM_GETLINK;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.header.nlmsg_seq = ++sequence;
    if (send(fd, &request, request.header.nlmsg_len, 0) < 0) return -1;
    for (;;) {
        int length = recv(fd, buffer, sizeof buffer, 0);
        if (length <= 0) return -1;
        struct nlmsghdr *message = (void *)buffer;
        for (; NLMSG_OK(message, length); message = NLMSG_NEXT(message, length)) {
            if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR) {
                if (routes) name_routes(fd, (struct route *)list, count);
                else name_links((struct link *)list, count);
                free(list);
                return message->nlmsg_type == NLMSG_DONE ? (int)count : -1;
            }
            if (count == room) list = realloc(list, (room *= 2) * size);
            if (routes) route((struct route *)list + count++, message);
            else link_((struct link *)list + count++, message);
        }
    }
}

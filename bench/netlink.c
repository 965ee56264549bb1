/* Dumps of rtnetlink(7) as a C program makes them: attributes found by type, addresses as text. */
#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct route {
    int family, table, protocol, scope, type, index, metric, prefix;
    char destination[INET6_ADDRSTRLEN], gateway[INET6_ADDRSTRLEN], source[INET6_ADDRSTRLEN];
};

struct link {
    int index, type, flags, mtu, master, lower, state, queue_length, group;
    char name[16], kind[16], qdisc[16], address[24], alias[64];
    struct rtnl_link_stats64 statistics;
};

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

static void address(char *into, int family, struct rtattr *attribute) {
    into[0] = 0;
    if (attribute) inet_ntop(family, RTA_DATA(attribute), into, INET6_ADDRSTRLEN);
}

static void route(struct route *into, struct nlmsghdr *message) {
    struct rtmsg *header = NLMSG_DATA(message);
    struct rtattr *table[RTA_MAX + 1];
    find(table, RTA_MAX, RTM_RTA(header), RTM_PAYLOAD(message));
    into->family = header->rtm_family;
    into->prefix = header->rtm_dst_len;
    into->protocol = header->rtm_protocol;
    into->scope = header->rtm_scope;
    into->type = header->rtm_type;
    into->table = table[RTA_TABLE] ? number(table[RTA_TABLE]) : header->rtm_table;
    into->index = number(table[RTA_OIF]);
    into->metric = number(table[RTA_PRIORITY]);
    address(into->destination, header->rtm_family, table[RTA_DST]);
    address(into->gateway, header->rtm_family, table[RTA_GATEWAY]);
    address(into->source, header->rtm_family, table[RTA_PREFSRC]);
}

static void link_(struct link *into, struct nlmsghdr *message) {
    struct ifinfomsg *header = NLMSG_DATA(message);
    struct rtattr *table[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
    find(table, IFLA_MAX, IFLA_RTA(header), IFLA_PAYLOAD(message));
    into->index = header->ifi_index;
    into->type = header->ifi_type;
    into->flags = header->ifi_flags;
    into->mtu = number(table[IFLA_MTU]);
    into->master = number(table[IFLA_MASTER]);
    into->lower = number(table[IFLA_LINK]);
    into->queue_length = number(table[IFLA_TXQLEN]);
    into->group = number(table[IFLA_GROUP]);
    into->state = table[IFLA_OPERSTATE] ? *(unsigned char *)RTA_DATA(table[IFLA_OPERSTATE]) : 0;
    text(into->name, sizeof into->name, table[IFLA_IFNAME]);
    text(into->qdisc, sizeof into->qdisc, table[IFLA_QDISC]);
    text(into->alias, sizeof into->alias, table[IFLA_IFALIAS]);
    into->kind[0] = into->address[0] = 0;
    if (table[IFLA_ADDRESS]) {
        static const char digits[] = "0123456789abcdef";
        unsigned char *bytes = RTA_DATA(table[IFLA_ADDRESS]);
        int length = RTA_PAYLOAD(table[IFLA_ADDRESS]);
        for (int byte = 0; byte < length && byte < 7; byte++) {
            into->address[byte * 3] = digits[bytes[byte] >> 4];
            into->address[byte * 3 + 1] = digits[bytes[byte] & 15];
            into->address[byte * 3 + 2] = byte + 1 < length ? ':' : 0;
        }
    }
    if (table[IFLA_LINKINFO]) {
        find(info, IFLA_INFO_MAX, RTA_DATA(table[IFLA_LINKINFO]), RTA_PAYLOAD(table[IFLA_LINKINFO]));
        text(into->kind, sizeof into->kind, info[IFLA_INFO_KIND]);
    }
    if (table[IFLA_STATS64]) {
        size_t size = RTA_PAYLOAD(table[IFLA_STATS64]);
        if (size > sizeof into->statistics) size = sizeof into->statistics;
        memcpy(&into->statistics, RTA_DATA(table[IFLA_STATS64]), size);
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
                free(list);
                return message->nlmsg_type == NLMSG_DONE ? (int)count : -1;
            }
            if (count == room) list = realloc(list, (room *= 2) * size);
            if (routes) route((struct route *)list + count++, message);
            else link_((struct link *)list + count++, message);
        }
    }
}

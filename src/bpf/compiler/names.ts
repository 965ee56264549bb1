// Services and protocols by name: the common ones, for where no database of the system is at hand.
// Sources: IANA's Service Name and Port Number registry, IANA's Protocol Numbers, as Debian's
// /etc/services and /etc/protocols have them.

import type { Names, PortProtocol } from "./link.ts";

const TCP =
  "tcpmux=1 systat=11 netstat=15 qotd=17 ftp-data=20 ftp=21 ssh=22 telnet=23 mail=25 smtp=25 " +
  "whois=43 gopher=70 finger=79 http=80 www=80 pop-3=110 pop3=110 auth=113 nntp=119 " +
  "epmap=135 netbios-ssn=139 imap=143 imap2=143 bgp=179 microsoft-ds=445 submissions=465 " +
  "exec=512 login=513 shell=514 printer=515 uucp=540 klogin=543 kshell=544 afpovertcp=548 " +
  "nntps=563 submission=587 ipp=631 kerberos-adm=749 rsync=873 ftps-data=989 ftps=990 " +
  "telnets=992 imaps=993 pop3s=995 socks=1080 rmiregistry=1099 ms-sql-s=1433 cvspserver=2401 " +
  "zebra=2601 iscsi-target=3260 mysql=3306 ms-wbt-server=3389 distcc=3632 svn=3690 " +
  "sieve=4190 epmd=4369 ntske=4460 munin=4949 xmpp-client=5222 xmpp-server=5269 " +
  "postgres=5432 postgresql=5432 nrpe=5666 amqps=5671 amqp=5672 x11=6000 redis=6379 " +
  "syslog-tls=6514 ircd=6667 ircs-u=6697 http-alt=8080 webcache=8080 puppet=8140 " +
  "bacula-dir=9101 bacula-fd=9102 bacula-sd=9103 git=9418 zabbix-agent=10050 " +
  "zabbix-trapper=10051 nbd=10809";
const UDP =
  "bootps=67 bootpc=68 tftp=69 ntp=123 netbios-ns=137 netbios-dgm=138 xdmcp=177 " +
  "ptp-event=319 ptp-general=320 isakmp=500 biff=512 who=513 talk=517 ntalk=518 route=520 " +
  "router=520 dhcpv6-client=546 dhcpv6-server=547 asf-rmcp=623 ms-sql-m=1434 l2f=1701 " +
  "l2tp=1701 icpv2=3130 ipsec-nat-t=4500 iax=4569 mdns=5353 babel=6696";
const BOTH =
  "echo=7 discard=9 daytime=13 chargen=19 time=37 tacacs=49 domain=53 kerberos=88 " +
  "portmapper=111 sunrpc=111 snmp=161 snmp-trap=162 snmptrap=162 ldap=389 svrloc=427 " +
  "https=443 kpasswd=464 syslog=514 rtsp=554 ldaps=636 ldp=646 domain-s=853 openvpn=1194 " +
  "radius=1812 radius-acct=1813 nfs=2049 sip=5060 sip-tls=5061";
const PROTOCOLS =
  "HOPOPT=0 IP=0 hopopt=0 ip=0 ICMP=1 icmp=1 IGMP=2 igmp=2 GGP=3 ggp=3 IP-ENCAP=4 ipencap=4 " +
  "ST=5 st=5 TCP=6 tcp=6 EGP=8 egp=8 IGP=9 igp=9 PUP=12 pup=12 UDP=17 udp=17 HMP=20 hmp=20 " +
  "XNS-IDP=22 xns-idp=22 RDP=27 rdp=27 ISO-TP4=29 iso-tp4=29 DCCP=33 dccp=33 XTP=36 xtp=36 " +
  "DDP=37 ddp=37 IDPR-CMTP=38 idpr-cmtp=38 IPv6=41 ipv6=41 IPv6-Route=43 ipv6-route=43 " +
  "IPv6-Frag=44 ipv6-frag=44 IDRP=45 idrp=45 RSVP=46 rsvp=46 GRE=47 gre=47 IPSEC-ESP=50 " +
  "esp=50 IPSEC-AH=51 ah=51 SKIP=57 skip=57 IPv6-ICMP=58 ipv6-icmp=58 IPv6-NoNxt=59 " +
  "ipv6-nonxt=59 IPv6-Opts=60 ipv6-opts=60 CPHB=73 RSPF=73 rspf=73 VMTP=81 vmtp=81 EIGRP=88 " +
  "eigrp=88 OSPFIGP=89 ospf=89 AX.25=93 ax.25=93 IPIP=94 ipip=94 ETHERIP=97 etherip=97 " +
  "ENCAP=98 encap=98 PIM=103 pim=103 IPCOMP=108 ipcomp=108 VRRP=112 vrrp=112 L2TP=115 " +
  "l2tp=115 ISIS=124 isis=124 SCTP=132 sctp=132 FC=133 fc=133 Mobility-Header=135 " +
  "mobility-header=135 UDPLite=136 udplite=136 MPLS-in-IP=137 mpls-in-ip=137 manet=138 " +
  "HIP=139 hip=139 Shim6=140 shim6=140 WESP=141 wesp=141 ROHC=142 rohc=142 Ethernet=143 " +
  "ethernet=143 MPTCP=262 mptcp=262";

function entries(list: string): (readonly [name: string, number: number])[] {
  return list.split(" ").map((entry) => {
    const [name = "", number] = entry.split("=");
    return [name, Number(number)];
  });
}

const PORTS: Readonly<Record<PortProtocol, ReadonlyMap<string, number>>> = {
  tcp: new Map([...entries(TCP), ...entries(BOTH)]),
  udp: new Map([...entries(UDP), ...entries(BOTH)]),
};
const NUMBERS: ReadonlyMap<string, number> = new Map(entries(PROTOCOLS));

/**
 * The port of a service. A name that TCP and UDP have in common belongs to neither alone; where
 * their ports differ, it is TCP's.
 */
export function findPort(
  name: string,
  names: Names,
): { port: number; protocol: PortProtocol | undefined } | undefined {
  if (/^[0-9]+$/.test(name)) return { port: Number(name), protocol: undefined };
  const find = (protocol: PortProtocol): number | undefined =>
    names.port?.(name, protocol) ?? PORTS[protocol].get(name);
  const [tcp, udp] = [find("tcp"), find("udp")];
  if (tcp !== undefined) return { port: tcp, protocol: udp === tcp ? undefined : "tcp" };
  return udp === undefined ? undefined : { port: udp, protocol: "udp" };
}

/** The number of an IP protocol. */
export function findProtocol(name: string, names: Names): number | undefined {
  return names.protocol?.(name) ?? NUMBERS.get(name);
}

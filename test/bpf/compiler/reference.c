// What libpcap compiles: for each line of standard input, `dlt snaplen netmask optimize live
// expression`, a line with the program (`code jt jf k` of each instruction, in decimal, separated
// by commas) or with `!` and the message.
//
// cc -o reference reference.c -lpcap
//
// A line with live = 1 is compiled as for a capture on the loopback interface, which needs
// CAP_NET_RAW; its dlt is that interface's, Ethernet.

#include <pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char line[1 << 20];

static pcap_t *openLive(int snaplen) {
  char message[PCAP_ERRBUF_SIZE];
  pcap_t *handle = pcap_create("lo", message);
  if (handle == NULL) {
    fprintf(stderr, "%s\n", message);
    exit(1);
  }
  pcap_set_snaplen(handle, snaplen);
  if (pcap_activate(handle) < 0) {
    fprintf(stderr, "%s\n", pcap_geterr(handle));
    exit(1);
  }
  return handle;
}

int main(void) {
  setvbuf(stdout, NULL, _IOFBF, 1 << 16);
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = 0;
    int dlt, snaplen, optimize, live, length;
    unsigned netmask;
    if (sscanf(line, "%d %d %u %d %d %n", &dlt, &snaplen, &netmask, &optimize, &live, &length) < 5) {
      fprintf(stderr, "unreadable: %s\n", line);
      return 1;
    }
    pcap_t *handle = live ? openLive(snaplen) : pcap_open_dead(dlt, snaplen);
    struct bpf_program program;
    if (pcap_compile(handle, &program, line + length, optimize, netmask) < 0) {
      // Some messages end in a new line of their own.
      char *message = pcap_geterr(handle);
      message[strcspn(message, "\n")] = 0;
      printf("!%s\n", message);
    } else {
      for (unsigned index = 0; index < program.bf_len; index++) {
        const struct bpf_insn *instruction = &program.bf_insns[index];
        printf("%s%u %u %u %u", index > 0 ? "," : "", instruction->code, instruction->jt,
               instruction->jf, instruction->k);
      }
      printf("\n");
      pcap_freecode(&program);
    }
    pcap_close(handle);
  }
  return 0;
}

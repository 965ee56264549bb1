// examples/dns.ts asks dnsmasq.

import { expect } from "bun:test";
import { lookup } from "../../examples/dns.ts";
import { example } from "../support/example.ts";
import { Namespace } from "../support/namespace.ts";
import { Peer } from "../support/peer.ts";
import { end } from "../support/program.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";

testWith(namespaces, program("dnsmasq", "dnsmasq-base"))(
  "the example of a look-up by DNS gets dnsmasq's answers, the long ones by TCP",
  async () => {
    using namespace = new Namespace();
    const words = ["--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts"];
    const own = ["--user=root", "--pid-file=", "--local-ttl=77", "--log-facility=-"];
    const texts = Array.from({ length: 9 }, (_, index) => `${index}`.repeat(200));
    await using server = new Peer(
      namespace.command(
        "sh",
        "-c",
        'exec dnsmasq "$@" 2>&1',
        "dnsmasq",
        ...words,
        ...own,
        "--host-record=www.example.org,192.0.2.7,2001:db8::7",
        "--mx-host=example.org,www.example.org,10",
        `--txt-record=long.example.org,${texts.join()}`,
      ),
    );
    expect(await server.line()).toContain("started");
    const ask = (...question: string[]) =>
      end(namespace.command(...example("dns.ts", ...question)));
    const first = await ask("www.example.org");
    expect(first.stderr).toBe("");
    expect(first.stdout).toBe("www.example.org 77 A 192.0.2.7\n");
    const second = await ask("www.example.org", "AAAA", "::1");
    expect(second.stdout).toBe("www.example.org 77 AAAA 2001:db8::7\n");
    expect((await ask("www.example.org", "MX")).stdout).toBe(
      "127.0.0.1 knows no MX of www.example.org\n",
    );
    expect((await ask("example.org", "MX")).stdout).toBe(
      'example.org 77 MX {"preference":10,"exchange":"www.example.org"}\n',
    );
    const { flag_tc, answers } = await namespace.enter(() =>
      lookup("long.example.org", "TXT", "127.0.0.1"),
    );
    expect(flag_tc).toBe(false);
    const [record] = answers ?? [];
    expect(record?.type === "TXT" && [record.data].flat().map(String)).toEqual(texts);
    process.kill(server.pid);
    await server.exited;
    const nobody = namespace.enter(() => lookup("www.example.org", "A", "127.0.0.1"));
    await expect(nobody).rejects.toThrow("ECONNREFUSED");
  },
);

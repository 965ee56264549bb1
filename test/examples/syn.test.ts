// examples/syn.ts with socat at one of the ports.

import { expect } from "bun:test";
import { example } from "../support/example.ts";
import { VethPair } from "../support/namespace.ts";
import { Peer } from "../support/peer.ts";
import { end } from "../support/program.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";

const socat = program("socat");

testWith(namespaces, socat)(
  "the example of a scan by SYN knows open ports from closed ones and from silence",
  async () => {
    using pair = new VethPair();
    // socat says where it listens on its standard error.
    const script = 'exec socat -d -d "TCP-LISTEN:8003,fork,reuseaddr" /dev/null 2>&1';
    await using server = new Peer(pair.b.command("sh", "-c", script));
    while (!(await server.line()).includes("listening on"));
    const scan = (...words: string[]) => end(pair.a.command(...example("syn.ts", ...words)));
    const few = await scan("10.77.0.2", "22,8002-8004");
    expect(few).toMatchObject({ stderr: "", exitCode: 0 });
    expect(few.stdout).toBe(
      "port 22 is closed\nport 8002 is closed\nport 8003 is open\nport 8004 is closed\n",
    );
    const many = await scan("10.77.0.2", "7000-9000");
    expect(many).toMatchObject({ stderr: "", stdout: "port 8003 is open\n", exitCode: 0 });
    pair.b.ip("route", "add", "blackhole", "10.77.0.1/32");
    expect((await scan("10.77.0.2", "8003")).stdout).toBe("port 8003 is silent\n");
  },
);

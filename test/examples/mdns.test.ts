// examples/mdns-query.ts and examples/mdns-responder.ts with avahi on the other host of a link.

import { expect } from "bun:test";
import { Avahi } from "../support/avahi.ts";
import { example } from "../support/example.ts";
import { VethPair } from "../support/namespace.ts";
import { Peer } from "../support/peer.ts";
import { end } from "../support/program.ts";
import { namespaces, program, testWith } from "../support/requirements.ts";

const avahiDaemon = program("avahi-daemon");
const avahiUtils = program("avahi-browse", "avahi-utils");
const SERVICE = "_http._tcp";

/** Waits for a line. */
async function until(peer: Peer, wanted: string): Promise<void> {
  while ((await peer.line()) !== wanted);
}

testWith(
  namespaces,
  avahiDaemon,
  avahiUtils,
  program("dbus-daemon"),
)("the examples of mDNS find avahi's service, and are found by avahi", async () => {
  using pair = new VethPair();
  await using avahi = await Avahi.start(pair.b, pair.interface);
  await using responder = new Peer(
    pair.a.command(...example("mdns-responder.ts", "demo", "8080", pair.interface)),
  );
  const [query, resolved] = await Promise.all([
    end(pair.a.command(...example("mdns-query.ts", `${SERVICE}.local`, pair.interface))),
    avahi.run("avahi-resolve", "-4", "-n", "demo.local"),
  ]);
  expect(query.stderr).toBe("");
  expect(query.exitCode).toBe(0);
  const found = query.stdout.split("\n");
  for (const [instance, host, address, text] of [
    ["Printer page", "printer.local:80", "printer.local has 10.77.0.2", "path=/status"],
    ["demo", "demo.local:8080", "demo.local has 10.77.0.1", "path=/"],
  ]) {
    const name = `${instance}.${SERVICE}.local`;
    for (const line of [`found ${name}`, `${name} is at ${host}`, `${name} says ${text}`]) {
      expect(found).toContain(line);
    }
    expect(found).toContain(address as string);
  }
  expect(resolved.stdout).toBe("demo.local\t10.77.0.1\n");

  await using browser = avahi.peer("avahi-browse", "--parsable", "--resolve", SERVICE);
  const at = `${pair.interface};IPv4;demo;Web Site;local`;
  await until(browser, `=;${at};demo.local;10.77.0.1;8080;"path=/"`);
  process.kill(responder.pid, "SIGINT");
  expect(await responder.exited).toBe(0);
  await until(browser, `-;${at}`);
});

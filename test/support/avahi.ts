// avahi-daemon in a network namespace, on a message bus of its own: nothing of the system's is
// touched, and nothing outlives the test.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Namespace } from "./namespace.ts";
import { Peer } from "./peer.ts";
import { type Ended, end } from "./program.ts";

const BUS = (path: string) => `<busconfig>
<listen>unix:path=${path}</listen><auth>EXTERNAL</auth>
<policy context="default">
<allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/>
</policy>
</busconfig>
`;

const DAEMON = (name: string) => `[server]
host-name=printer
use-ipv6=no
allow-interfaces=${name}
[publish]
publish-aaaa-on-ipv4=no
publish-workstation=no
`;

const SERVICE = `<service-group><name>Printer page</name>
<service><type>_http._tcp</type><port>80</port><txt-record>path=/status</txt-record></service>
</service-group>
`;

/** The host printer.local, which offers a page by HTTP. */
export class Avahi implements AsyncDisposable {
  readonly #directory = mkdtempSync(join(tmpdir(), "rawsock-avahi-"));
  readonly #namespace: Namespace;
  readonly #bus: Peer;
  readonly #daemon: Peer;
  readonly #env: { DBUS_SYSTEM_BUS_ADDRESS: string };

  private constructor(namespace: Namespace, interface_: string) {
    const directory = this.#directory;
    const file = (name: string, text: string): string => {
      writeFileSync(join(directory, name), text);
      return join(directory, name);
    };
    const bus = join(directory, "bus");
    mkdirSync(join(directory, "services"));
    file("services/page.service", SERVICE);
    const busFile = `--config-file=${file("bus.conf", BUS(bus))}`;
    const daemonFile = file("avahi.conf", DAEMON(interface_));
    this.#namespace = namespace;
    this.#env = { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${bus}` };
    const busWords = ["dbus-daemon", busFile, "--nofork", "--nopidfile", "--print-address"];
    // It complains that it may have no 65,536 descriptors.
    this.#bus = new Peer(["sh", "-c", 'exec "$@" 2>&1', "sh", ...busWords]);
    // `ip netns exec` has given it mounts of its own.
    const script =
      "mount -t tmpfs tmpfs /run && mkdir /run/avahi-daemon && " +
      'mount --bind "$0/services" /etc/avahi/services && exec "$@" 2>&1';
    const words = ["--no-drop-root", "--no-chroot", "--no-rlimits", "--no-proc-title"];
    this.#daemon = new Peer(
      namespace.command("sh", "-c", script, directory, "avahi-daemon", ...words, "-f", daemonFile),
      { env: this.#env },
    );
  }

  static async start(namespace: Namespace, interface_: string): Promise<Avahi> {
    const avahi = new Avahi(namespace, interface_);
    try {
      while (!(await avahi.#bus.line()).startsWith("unix:"));
      while (!(await avahi.#daemon.line()).includes("successfully established"));
    } catch (error) {
      await avahi[Symbol.asyncDispose]();
      throw error;
    }
    return avahi;
  }

  /** Runs one of avahi-utils to its end. */
  run(...words: string[]): Promise<Ended> {
    return end(this.#namespace.command("timeout", "10", ...words), this.#env);
  }

  /** Runs one that goes on. */
  peer(...words: string[]): Peer {
    return new Peer(this.#namespace.command("timeout", "10", ...words), { env: this.#env });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon[Symbol.asyncDispose]();
    await this.#bus[Symbol.asyncDispose]();
    rmSync(this.#directory, { recursive: true });
  }
}

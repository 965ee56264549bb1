// Where to listen and send: "tcp:127.0.0.1:80", "udp:[::1]:53", "unix:/run/x", "unix-dgram:@name",
// "vsock:2:1024".

import { Sockaddr } from "../../address/sockaddr.ts";
import { VMADDR } from "../../base/constants.ts";
import { getaddrinfo } from "../../names/resolve.ts";
import { Failure, UsageError } from "./failure.ts";

export type Endpoint = {
  /** The word before the first colon. */
  readonly kind: string;
  readonly family: string;
  readonly type: "stream" | "dgram" | "seqpacket";
  readonly protocol: string | undefined;
  readonly address: Sockaddr;
};

type Kind = Omit<Endpoint, "kind" | "address" | "family"> & { readonly family: string | null };

const KINDS: Readonly<Record<string, Kind>> = {
  tcp: { family: null, type: "stream", protocol: "tcp" },
  udp: { family: null, type: "dgram", protocol: "udp" },
  udplite: { family: null, type: "dgram", protocol: "udplite" },
  mptcp: { family: null, type: "stream", protocol: "mptcp" },
  sctp: { family: null, type: "stream", protocol: "sctp" },
  unix: { family: "unix", type: "stream", protocol: undefined },
  "unix-dgram": { family: "unix", type: "dgram", protocol: undefined },
  "unix-seqpacket": { family: "unix", type: "seqpacket", protocol: undefined },
  vsock: { family: "vsock", type: "stream", protocol: undefined },
  "vsock-dgram": { family: "vsock", type: "dgram", protocol: undefined },
  "vsock-seqpacket": { family: "vsock", type: "seqpacket", protocol: undefined },
};

/** The help of both commands. */
export const ENDPOINTS = `An address is tcp:host:port, udp:host:port (udplite:, mptcp:, sctp:),
unix:path, unix-dgram:path, unix-seqpacket:path (a path that begins with @ is an abstract name), or
vsock:cid:port. IPv6 addresses stand in brackets: tcp:[::1]:80.`;

/** Without a host it is any of ours, or the loopback when sending. */
export function parseEndpoint(
  text: string,
  wanted: "inet" | "inet6" | null,
  use: "listen" | "send",
): Endpoint {
  const colon = text.indexOf(":");
  const kind = text.slice(0, Math.max(0, colon));
  const known = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (known === undefined) {
    throw new UsageError(
      `"${text}" is no address: it begins with ${Object.keys(KINDS).join(":, ")}:`,
    );
  }
  const { type, protocol } = known;
  const rest = text.slice(colon + 1);
  if (known.family === "unix") return { kind, family: "unix", type, protocol, address: unix(rest) };
  const [host, port] = split(rest);
  const address =
    known.family === "vsock" ? vsock(host, port) : internet(host, port, wanted, use, known);
  return { kind, family: String(address.family), type, protocol, address };
}

function unix(path: string): Sockaddr {
  if (path === "") throw new UsageError("which path?");
  return Sockaddr.unix(path.startsWith("@") ? `\0${path.slice(1)}` : path);
}

/** "[::1]:80", "127.0.0.1:80", ":80", "80". */
function split(text: string): [host: string, port: string] {
  const colon = text.lastIndexOf(":");
  const host = text.slice(0, Math.max(0, colon)).replace(/^\[(.*)\]$/, "$1");
  const port = text.slice(colon + 1);
  if (port === "") throw new UsageError(`"${text}" has no port`);
  return [host === "*" ? "" : host, port];
}

const CIDS: Readonly<Record<string, number | undefined>> = {
  "": VMADDR.CID_ANY,
  any: VMADDR.CID_ANY,
  hypervisor: VMADDR.CID_HYPERVISOR,
  host: VMADDR.CID_HOST,
  local: VMADDR.CID_LOCAL,
};

function vsock(host: string, port: string): Sockaddr {
  const cid = CIDS[host] ?? Number(host);
  const number = port === "any" ? VMADDR.PORT_ANY : Number(port);
  if (Number.isInteger(cid) && Number.isInteger(number)) {
    return Sockaddr.vsock({ cid: cid >>> 0, port: (number as number) >>> 0 });
  }
  throw new UsageError(`"${host}:${port}" is no vsock address like 2:1024`);
}

function internet(
  host: string,
  port: string,
  family: "inet" | "inet6" | null,
  use: "listen" | "send",
  { type }: Kind,
): Sockaddr {
  const passive = use === "listen";
  const node = host === "" ? null : host;
  // Any of ours is IPv4's, as long as nobody asks for the other.
  const wanted = family ?? (node === null ? "inet" : null);
  const [found] = getaddrinfo({ node, service: port, family: wanted, type, passive });
  if (found === undefined) throw new Failure(`${host}:${port} has no address`);
  return found.address;
}

/** As it is written: "tcp:127.0.0.1:80". */
export function endpointText(kind: string, address: Sockaddr | null): string {
  if (address === null) return kind;
  return `${kind}:${String(address).replace(/^(unix|vsock):/, "")}`;
}

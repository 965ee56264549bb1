// The address families that have fields, each in a file of its own. Another one is a line here.

import { lazy } from "../base/lazy.ts";
import { alg } from "./alg.ts";
import { can } from "./can.ts";
import { type FamilyCodec, unspecified } from "./family.ts";
import { inet } from "./inet.ts";
import { inet6 } from "./inet6.ts";
import { link } from "./link.ts";
import { netlink } from "./netlink.ts";
import { packet } from "./packet.ts";
import { tipc } from "./tipc.ts";
import { unix } from "./unix.ts";
import { vsock } from "./vsock.ts";

const all: readonly FamilyCodec[] = [
  unspecified,
  inet,
  inet6,
  unix,
  packet,
  link,
  netlink,
  vsock,
  can,
  alg,
  tipc,
];

const byNumber = lazy(() => {
  const codecs = new Map<number | undefined, FamilyCodec>();
  for (const codec of all) codecs.set(codec.family, codec);
  return codecs;
});

/** The codec of a family; undefined where it has none. */
export function codecOf(family: number): FamilyCodec | undefined {
  return byNumber().get(family);
}

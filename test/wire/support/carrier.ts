// What the protocol of a test is carried by, and frames that scapy made of it.

import { join } from "node:path";
import type { LayerInit } from "../../../src/wire/index.ts";

export const ether = {
  kind: "ethernet",
  destination: "02:00:00:00:00:02",
  source: "02:00:00:00:00:01",
} satisfies LayerInit;

export const four = {
  kind: "ipv4",
  ttl: 64,
  source: "192.0.2.1",
  destination: "198.51.100.7",
} satisfies LayerInit;

export const six = {
  kind: "ipv6",
  hopLimit: 255,
  source: "fe80::1",
  destination: "ff02::1",
} satisfies LayerInit;

const path = join(import.meta.dir, "../../fixtures/wire-protocols.json");

const frames = (await Bun.file(path).json()) as readonly { name: string; hex: string }[];

/** The frame of that name in test/fixtures/wire-protocols.py. */
export function made(name: string): Uint8Array {
  const frame = frames.find((one) => one.name === name);
  if (frame === undefined) throw new Error(`wire-protocols.json has no frame "${name}"`);
  return Uint8Array.fromHex(frame.hex);
}

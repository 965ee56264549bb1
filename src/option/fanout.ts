// PACKET_FANOUT: sockets that share what an interface receives. packet(7).

import { Flags, Keywords, withPrefix } from "../base/keyword.ts";
import { integer, U16_MAX, U32_MAX, wrongType } from "../base/validate.ts";
import { constants } from "../native/library.ts";
import { type Codec, integerBytes, readUnsigned } from "./codec.ts";
import { fields } from "./structure.ts";

export const fanoutModes = new Keywords(
  "mode",
  () => withPrefix(constants.PACKET ?? {}, "FANOUT_"),
  {
    except: /^(DATA|FLAG_.*)$/,
  },
);
export const fanoutFlags = new Flags("PACKET_FANOUT flag", () =>
  withPrefix(constants.PACKET ?? {}, "FANOUT_FLAG_"),
);

/** The group's number, how packets are shared among its sockets, and PACKET_FANOUT_FLAG_*. */
export type Fanout = { group: number; mode: string | number; flags: string[] };
export type FanoutInput =
  | {
      readonly group: number;
      /** "hash" unless told: "lb", "cpu", "rollover", "rnd", "qm", "cbpf", "ebpf". */
      readonly mode?: string | number;
      readonly flags?: readonly string[];
    }
  | number;

/** The group in the low half, then the mode and its flags; a number is taken as in C. */
export const fanout: Codec<Fanout, FanoutInput> = {
  shape: "{ group, mode, flags }",
  decode: (bytes) => {
    const value = readUnsigned(bytes, 0, 4);
    const high = value >>> 16;
    return {
      group: value & U16_MAX,
      mode: fanoutModes.name(high & 0xff),
      flags: fanoutFlags.words(high & 0xff00, "told"),
    };
  },
  encode: (value, name) => {
    if (typeof value === "number") return integerBytes(integer(value, name, 0, U32_MAX));
    const given = fields(value, name, ["group", "mode", "flags"]);
    if (given.mode === null) throw wrongType("mode", "a keyword or a number", given.mode);
    const mode = integer(fanoutModes.number(given.mode ?? "hash"), "mode", 0, 0xff);
    const high = mode | fanoutFlags.bits(given.flags ?? [], "flags");
    return integerBytes(integer(given.group, "group", 0, U16_MAX) + high * 2 ** 16);
  },
};

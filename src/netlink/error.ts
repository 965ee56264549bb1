// What the kernel refuses, in its own words: the extended acknowledgement of netlink(7).

import { ERRNO } from "../base/constants.ts";
import { SocketError } from "../base/error.ts";
import { decodeText } from "../native/memory.ts";
import { Structure } from "../native/record.ts";
import { attributesIn, lengthAt, typeAt } from "./attribute.ts";
import { constant, group } from "./constants.ts";
import { ATTRIBUTE, aligned, MESSAGE, u32At } from "./layout.ts";

/** What an acknowledgement says: NLMSGERR_ATTR_*. */
export type Acknowledgement = {
  /** Positive; 0: the request was granted. */
  readonly errno: number;
  /** The kernel's sentence, "" where it had none. */
  readonly detail: string;
  /** The type of the attribute that was wrong. */
  readonly attribute?: number;
  /** Where in the request, its header included, what was wrong begins. */
  readonly offset?: number;
  /** The type of the attribute that was missing. */
  readonly missing?: number;
};

/**
 * A request that the kernel refused. `syscall` is the request's name, "RTM_NEWLINK", and `code`
 * that of the error; `detail` is the kernel's own sentence, which ip(8) prints too.
 */
export class NetlinkError extends SocketError {
  override readonly name: string = "NetlinkError";
  /** The kernel's sentence; "" where it gave none. */
  readonly detail: string;
  /** The type of the attribute that the kernel objects to, IFLA_MTU for example. */
  declare readonly attribute?: number;
  /** Where in the request, its header of 16 bytes included, that attribute or field begins. */
  declare readonly offset?: number;
  /** The type of an attribute that the request lacks. */
  declare readonly missing?: number;

  constructor(acknowledgement: Acknowledgement, request: string, subject?: string) {
    const { errno, detail, attribute, offset, missing } = acknowledgement;
    const words = [...(detail === "" ? [] : [detail]), ...remedies(errno)];
    super(errno, request, {
      ...(subject === undefined ? {} : { subject }),
      ...(words.length === 0 ? {} : { remedy: words.join("; ") }),
    });
    this.detail = detail;
    if (attribute !== undefined) this.attribute = attribute;
    if (offset !== undefined) this.offset = offset;
    if (missing !== undefined) this.missing = missing;
  }
}

function remedies(errno: number): string[] {
  return errno === ERRNO.EPERM ? ["needs CAP_NET_ADMIN in the network namespace: sudo"] : [];
}

const errorRecord = new Structure("nlmsgerr");
const errorField = errorRecord.integer("error");
const lengthField = MESSAGE.integer("nlmsg_len");

/** struct nlmsgerr, and what follows it, as an answer to `request`. RangeError: it is malformed. */
export function acknowledgement(
  bytes: Uint8Array,
  start: number,
  end: number,
  flags: number,
  request: Uint8Array,
): Acknowledgement {
  if (end - start < errorRecord.size) throw new RangeError("an acknowledgement is cut off");
  const errno = -errorField.getSigned(bytes.subarray(start, end));
  if ((flags & constant("NLM_F", "ACK_TLVS")) === 0) return { errno, detail: "" };
  // The request comes back with it, or its header alone.
  const copy = start + errorRecord.offset("msg");
  const capped = (flags & constant("NLM_F", "CAPPED")) !== 0;
  const length = capped ? MESSAGE.size : u32At(bytes, copy + lengthField.offset);
  return { errno, ...extended(bytes, copy + aligned(length), end, request) };
}

/** What NLMSG_DONE says of a dump's end: an error number and the same attributes. */
export function endOfDump(
  bytes: Uint8Array,
  start: number,
  end: number,
  request: Uint8Array,
): Acknowledgement {
  if (end - start < errorField.end) return { errno: 0, detail: "" };
  const result = errorField.getSigned(bytes.subarray(start, end));
  return {
    errno: result < 0 ? -result : 0,
    ...extended(bytes, start + errorField.end, end, request),
  };
}

function extended(bytes: Uint8Array, start: number, end: number, request: Uint8Array) {
  const { MSG, OFFS, MISS_TYPE } = group("NLMSGERR_ATTR");
  let detail = "";
  let offset: number | undefined;
  let missing: number | undefined;
  for (const attribute of attributesIn(bytes, start, end)) {
    const { type } = attribute;
    if (type === MSG) detail = textOf(bytes.subarray(attribute.start, attribute.end));
    if (attribute.end - attribute.start < 4) continue;
    if (type === OFFS) offset = u32At(bytes, attribute.start);
    if (type === MISS_TYPE) missing = u32At(bytes, attribute.start);
  }
  const wrong = offset === undefined ? undefined : attributeAt(request, offset);
  return {
    detail,
    ...(offset !== undefined && { offset }),
    ...(wrong !== undefined && { attribute: wrong }),
    ...(missing !== undefined && { missing }),
  };
}

function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decodeText(end < 0 ? bytes : bytes.subarray(0, end));
}

/** The type of the attribute of our own request that lies at `offset`; a field's is undefined. */
function attributeAt(request: Uint8Array, offset: number): number | undefined {
  if (offset < MESSAGE.size || offset + ATTRIBUTE.size > request.length) return undefined;
  try {
    lengthAt(request, offset, request.length);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return typeAt(request, offset);
}

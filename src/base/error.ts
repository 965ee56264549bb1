// What the kernel refuses becomes a SocketError here, and nowhere else.

import { native } from "../native/library.ts";
import { allocate, decodeText } from "../native/memory.ts";
import { EAI, ERRNO } from "./constants.ts";

/** A system call that failed. */
export class SocketError extends Error {
  /** "SocketError". */
  override readonly name: string = "SocketError";
  /** The symbolic name, "ECONNREFUSED". */
  readonly code: string;
  /** The platform's number, positive. */
  readonly errno: number;
  /** The system call, "connect". */
  readonly syscall: string;
  /** The descriptor that the call was about. */
  declare readonly fd?: number;
  /** How much of its data a Socket's call that failed had sent before. */
  declare readonly bytesSent?: number;
  /** How many of its messages such a call had sent before. */
  declare readonly messagesSent?: number;
  /** Milliseconds: the call was given up after the time that it was given. */
  declare readonly timeout?: number;

  /** Made by this package; `errno` is positive. */
  constructor(errno: number, syscall: string, context: ErrorContext = {}) {
    const code = errorName(errno);
    const subject = context.subject ?? context.address;
    const about = subject === undefined ? "" : ` ${subject}`;
    const cure = context.remedy === undefined ? "" : ` (${context.remedy})`;
    const late = context.timeout === undefined ? null : `no result within ${context.timeout} ms`;
    super(`${syscall} ${code}${about}: ${late ?? strerror(errno)}${cure}`);
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
    if (context.fd !== undefined) this.fd = context.fd;
    // Not enumerable: the message says it, and an uncaught error would print every getter.
    if (context.address !== undefined) {
      Object.defineProperty(this, "address", { value: context.address });
    }
    if (context.bytesSent !== undefined) this.bytesSent = context.bytesSent;
    if (context.messagesSent !== undefined) this.messagesSent = context.messagesSent;
    if (context.timeout !== undefined) this.timeout = context.timeout;
  }
}

/** What is known about a failed call besides its number. */
export type ErrorContext = {
  readonly fd?: number;
  /** A Sockaddr, which stands on a floor above. */
  readonly address?: object;
  readonly bytesSent?: number;
  readonly messagesSent?: number;
  readonly timeout?: number;
  /** What else it was about: a socket option, an interface. */
  readonly subject?: string;
  /** What the user can do about it. */
  readonly remedy?: string | undefined;
};

/** Returns a result >= 0; throws a SocketError for -errno. */
export function check(result: number, syscall: string, fd?: number, address?: object): number {
  if (result < 0) throw failure(result, syscall, fd, address);
  return result;
}

/** The SocketError of a result < 0. */
export function failure(
  result: number,
  syscall: string,
  fd?: number,
  address?: object,
): SocketError {
  return new SocketError(-result, syscall, {
    ...(fd === undefined ? {} : { fd }),
    ...(address === undefined ? {} : { address }),
  });
}

/** The error of using a Socket, or what `noun` is, after its close(): no system call was made. */
export function closedError(syscall: string, noun = "socket"): SocketError {
  return namedError("EBADF", syscall, { remedy: `the ${noun} is closed` });
}

/** A SocketError by name, for failures that are not the kernel's. */
export function namedError(code: string, syscall: string, context?: ErrorContext): SocketError {
  return new SocketError(ERRNO[code] ?? 0, syscall, context);
}

const names = new Map<number, string>();

/** "ECONNREFUSED" for its number. Where two names share one, the first that the header defines. */
export function errorName(errno: number): string {
  if (names.size === 0) {
    for (const name in ERRNO) {
      const number = ERRNO[name] as number;
      if (!names.has(number)) names.set(number, name);
    }
  }
  return names.get(errno) ?? `E${errno}`;
}

/** strerror(3). */
export function strerror(errno: number): string {
  const text = allocate(256);
  const length = native.rawsock_strerror(errno, text, text.length);
  return decodeText(text.subarray(0, length));
}

/** A lookup by getaddrinfo(3) or getnameinfo(3) that failed. */
export class AddrInfoError extends Error {
  /** "AddrInfoError". */
  override readonly name = "AddrInfoError";
  /** The symbolic name, "EAI_NONAME". */
  readonly code: string;
  /** With EAI_SYSTEM the errno, else the platform's EAI_* number, which may be negative. */
  readonly errno: number;
  /** "getaddrinfo" or "getnameinfo". */
  readonly syscall: string;

  /** Made by this package, of what getaddrinfo(3) or getnameinfo(3) returned. */
  constructor(eai: number, errno: number, syscall: string, subject: string) {
    const code = lookupErrorName(eai);
    const system = code === "EAI_SYSTEM";
    const text = system ? `${errorName(errno)}: ${strerror(errno)}` : lookupErrorText(eai);
    super(`${syscall} ${code}${subject === "" ? "" : ` ${subject}`}: ${text}`);
    this.code = code;
    this.errno = system ? errno : eai;
    this.syscall = syscall;
  }
}

function lookupErrorName(eai: number): string {
  const name = Object.keys(EAI).find((key) => EAI[key] === eai);
  return name === undefined ? `EAI_${eai}` : `EAI_${name}`;
}

/** gai_strerror(3). */
function lookupErrorText(eai: number): string {
  const text = allocate(256);
  const length = native.rawsock_gai_strerror(eai, text, text.length);
  return decodeText(text.subarray(0, length));
}

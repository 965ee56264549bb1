// A call of everything public of live captures, as test/support/calls.ts has them for the rest.

import type * as capture from "../../src/capture/index.ts";
import { captureFileCalls } from "./capture-files.ts";
import { strict } from "./strict.ts";

type Api = typeof capture;
type Call = (api: Api) => unknown;

/** What an unprivileged process is refused with. */
const REFUSALS: ReadonlySet<string> = new Set(strict ? [] : ["EPERM", "EACCES"]);
const TIMEOUT = { timeout: 5 };

/** What `use` does with a capture of the loopback interface; nothing where there may be none. */
const withCapture =
  (use: (capture: capture.Capture, api: Api) => unknown): Call =>
  async (api) => {
    let live: capture.Capture;
    try {
      const ring = { blockSize: 1 << 17, blocks: 2 };
      live = api.capture({ interface: "lo", filter: "tcp port 9", ring });
    } catch (error) {
      if (REFUSALS.has((error as { code?: string }).code ?? "")) return undefined;
      throw error;
    }
    try {
      return await use(live, api);
    } finally {
      live.close();
    }
  };

/** The next step of a loop which the capture's end ends. */
const step = (loop: (live: capture.Capture) => AsyncIterator<unknown>): Call =>
  withCapture((live) => {
    const next = loop(live).next();
    setTimeout(() => live.close(), 5);
    return next;
  });

export const captureCalls: Readonly<Record<string, Call>> = {
  ...captureFileCalls,
  capture: withCapture(() => undefined),
  interfaces: ({ interfaces }) => interfaces(),
  "new Capture": ({ Capture }) => Reflect.construct(Capture, []),
  "Capture#closed": withCapture((live) => live.closed),
  "Capture#next": withCapture((live) => live.next(TIMEOUT).catch(({ code }) => code)),
  "Capture#batches": step((live) => live.batches()),
  "Capture#Symbol(Symbol.asyncIterator)": step((live) => live[Symbol.asyncIterator]()),
  "Capture#statistics": withCapture((live) => live.statistics()),
  "Capture#close": withCapture((live) => live.close()),
  "Capture#Symbol(Symbol.dispose)": withCapture((live) => live[Symbol.dispose]()),
  "Capture#Symbol(Symbol.asyncDispose)": withCapture((live) => live[Symbol.asyncDispose]()),
  "Capture#Symbol(nodejs.util.inspect.custom)": withCapture((live) => Bun.inspect(live)),
};

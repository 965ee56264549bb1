// The door to the rest of the package for what importing it loads.

import { AF, SOCK } from "./constants.ts";
import { failure } from "./error.ts";
import { lazy } from "./lazy.ts";
import { native } from "./native/library.ts";

/** The rest, loaded when it is first asked for. */
export const rest = lazy(() => {
  try {
    return require("./rest.ts") as typeof import("./rest.ts");
  } catch (error) {
    throw refusal() ?? error;
  }
});

/** The kernel's word on it where no file can be opened: "EMFILE" or "ENFILE". */
function refusal(): Error | undefined {
  const fd = native.rawsock_socket(AF.UNIX, SOCK.DGRAM, 0);
  if (fd < 0) return failure(fd, "open");
  native.rawsock_close(fd);
  return undefined;
}

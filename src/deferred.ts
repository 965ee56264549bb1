// The doors to the two parts of the package that importing it does not load.

import { AF, SOCK } from "./constants.ts";
import { failure } from "./error.ts";
import { lazy } from "./lazy.ts";
import { core } from "./native/library.ts";

export const sockets = door(() => require("./sockets.ts") as typeof import("./sockets.ts"));
export const further = door(() => require("./further.ts") as typeof import("./further.ts"));

/** What `load` loads, when it is first asked for. */
function door<T>(load: () => T): () => T {
  return lazy(() => {
    try {
      return load();
    } catch (error) {
      throw refusal() ?? error;
    }
  });
}

/** The kernel's word on it where no file can be opened: "EMFILE" or "ENFILE". */
function refusal(): Error | undefined {
  const fd = core.rawsock_socket(AF.UNIX, SOCK.DGRAM, 0);
  if (fd < 0) return failure(fd, "open");
  core.rawsock_close(fd);
  return undefined;
}

// A Worker that was there before the sandbox, and uses the package in it for the first time.

import { echo } from "./traffic.ts";

declare const self: Worker;

self.onmessage = () => {
  echo().then(
    () => self.postMessage("done"),
    (error: Error) => self.postMessage(error.message),
  );
};
self.postMessage("ready");

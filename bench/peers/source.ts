// A process that sends datagrams to the one who asks for them: messages.c. It prints its port.

import { dlopen } from "bun:ffi";
import { bind, connect, getsockname, recvfrom, Sockaddr, socket } from "../../src/index.ts";

const [library = ""] = process.argv.slice(2);
const { symbols } = dlopen(library, { serve: { args: ["i32"], returns: "void" } });
const fd = socket("inet", "dgram");
bind(fd, Sockaddr.inet("127.0.0.1"));
console.log(getsockname(fd).port);
const { address } = recvfrom(fd, new Uint8Array(4));
if (address !== null) connect(fd, address);
symbols.serve(fd);

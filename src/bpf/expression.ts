// The compiler as programs have it that do not import `rawsock/bpf`: Socket.attachFilter takes
// expressions, too. In the bundle of `rawsock` its text alone stands here, and is read by the
// engine at the first call (scripts/resident.ts): as code it would cost every program more time to
// load than the native library does, and to be loaded later it would need a file.

export { compile as compileExpression } from "./compiler/index.ts";

// Bundler plugin: src/bpf/expression.ts as text that is compiled at its first call.

import { join } from "node:path";
import type { BunPlugin } from "bun";

const bpf = join(import.meta.dir, "../src/bpf");

/** The compiler in one text, the body of a function that returns it. */
async function compilerText(): Promise<string> {
  const { outputs } = await Bun.build({
    entrypoints: [join(bpf, "compiler/index.ts")],
    target: "browser",
    minify: true,
  });
  const text = (await outputs[0]?.text()) ?? "";
  const body = text.replace(/export\s*\{[^}]*?(\w+) as compile\b[^}]*\};?\s*$/, "return $1;");
  if (body === text) throw new Error("the compiler exports no compile");
  return body;
}

/** The text is made first: a plugin that starts the bundler waits for itself. */
export async function resident(): Promise<BunPlugin> {
  // Packed, it takes a fifth of the time to load: the engine reads a long string letter by letter.
  const packed = Bun.gzipSync(await compilerText()).toBase64();
  const contents = `let compile;
function unpacked() {
  const bytes = Bun.gunzipSync(Uint8Array.fromBase64("${packed}"));
  return new Function(new TextDecoder().decode(bytes))();
}
export function compileExpression(expression, options) {
  compile ??= unpacked();
  return compile(expression, options);
}
`;
  return {
    name: "resident",
    setup(build) {
      build.onLoad({ filter: /\/bpf\/expression\.ts$/ }, () => ({ loader: "ts", contents }));
    },
  };
}

// Bundler plugin: src/bpf/expression.ts as text that is compiled at its first call.

import { join } from "node:path";
import type { BunPlugin } from "bun";

const bpf = join(import.meta.dir, "../src/bpf");

/** The compiler in one text, the body of a function that is given BpfError and returns it. */
async function compilerText(): Promise<string> {
  const { outputs } = await Bun.build({
    entrypoints: [join(bpf, "compiler/index.ts")],
    target: "browser",
    minify: true,
    plugins: [
      {
        name: "shared error",
        setup(build) {
          // The class that everybody else has.
          build.onLoad({ filter: /\/bpf\/error\.ts$/ }, async ({ path }) => {
            const text = await Bun.file(path).text();
            const rest = text.slice(text.indexOf("/** How much of a text"));
            return {
              loader: "ts",
              contents: `const { BpfError } = shared;\n${rest}\nexport { BpfError };`,
            };
          });
        },
      },
    ],
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
  const contents = `import { BpfError } from "./error.ts";
let compile;
function unpacked() {
  const bytes = Bun.gunzipSync(Uint8Array.fromBase64("${packed}"));
  return new Function("shared", new TextDecoder().decode(bytes))({ BpfError });
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

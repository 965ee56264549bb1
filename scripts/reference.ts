// `npm run docs` writes docs/reference: a directory for each entry point that package.json exports,
// with its list of names and a page for each folder of src that they come from. All of it is made
// from the declarations and their comments.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { type Declaration, Declarations } from "./declarations.ts";
import { entryPoints } from "./entries.ts";
import { toolEnvironment } from "./environment.ts";
import { Anchors, code, firstSentence, heading, prose } from "./markdown.ts";
import { tables } from "./tables.ts";

const root = join(import.meta.dir, "..");
const REFERENCE = "docs/reference";

/** How types are made of the tables of options and constants: the results are shown, not this. */
const PLUMBING: ReadonlySet<string> = new Set([
  "Always",
  "Codec",
  "Constants",
  "ConstantTable",
  "Level",
  "Line",
  "Lines",
  "Newer",
  "Open",
  "Readable",
  "Table",
  "Writable",
]);

/** What is said first on a page, by its path. */
const INTRODUCTIONS: Readonly<Record<string, string>> = {
  "docs/reference/rawsock/base.md":
    "Words for numbers: [keywords](../keywords.md). [The guide to errors](../../errors.md).",
  "docs/reference/rawsock/control.md":
    "What switches each kind on: [the table](../control.md). [The guide](../../ancillary.md).",
  "docs/reference/rawsock/option.md":
    "[Every option](../../../OPTIONS.md). Words for values: [keywords](../keywords.md).",
};

/** A declaration where it is documented. */
type Place = {
  /** "docs/reference/rawsock/socket.md". */
  readonly page: string;
  /** With its namespace: "checksum.ip". */
  readonly title: string;
  readonly declaration: Declaration;
  /** Exported, rather than mentioned by what is. */
  readonly exported: boolean;
};

/** An entry of the list of an entry point: a name and where it is documented. */
type Name = { readonly name: string; readonly place: Place };

/** The declarations of the sources, which tsc writes into a directory that is removed again. */
export function declarationsOfSources(): Declarations {
  const directory = mkdtempSync(join(tmpdir(), "rawsock-types-"));
  try {
    // By the machine's own Bun: a test may run in another, which is emulated.
    const [bun, tsc] = ["bun", "tsc"].map((name) => join(root, "node_modules/.bin", name));
    const words = ["-p", "tsconfig.types.json", "--outDir", directory];
    const { exitCode, stdout } = Bun.spawnSync([bun as string, tsc as string, ...words], {
      cwd: root,
      env: toolEnvironment(),
    });
    if (exitCode !== 0) throw new Error(`tsc: ${stdout}`);
    return new Declarations(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const key = ({ file, name }: Declaration) => `${file} ${name}`;
const folder = (name: string) => name.split("/").at(-1) as string;

/** What every entry point exports, and where each declaration is documented: once. */
export class Reference {
  readonly #declarations: Declarations;
  readonly places = new Map<string, Place>();
  readonly names = new Map<string, Name[]>();

  constructor(declarations: Declarations) {
    this.#declarations = declarations;
    for (const { name, source } of entryPoints) {
      const file = source.replace(/^src\/(.*)\.ts$/, "$1");
      this.names.set(name, this.#exports(file, folder(name), ""));
    }
    const seen = new Set<Declaration>();
    for (const { page, declaration } of [...this.places.values()]) {
      this.#mentioned(declaration, folder(dirname(page)), seen);
    }
  }

  /** The exports of a file, sorted; `prefix` is the namespace that they are in. */
  #exports(file: string, directory: string, prefix: string): Name[] {
    const names: Name[] = [];
    for (const [name, target] of this.#declarations.exports(file)) {
      const title = `${prefix}${name}`;
      if (!("kind" in target)) names.push(...this.#exports(target.file, directory, `${title}.`));
      else names.push({ name: title, place: this.#place(target, directory, title, true) });
    }
    return names.sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
  }

  #place(declaration: Declaration, directory: string, title: string, exported: boolean): Place {
    const known = this.places.get(key(declaration));
    if (known !== undefined) return known;
    const page = `${REFERENCE}/${directory}/${folder(dirname(declaration.file))}.md`;
    const place = { page, title, declaration, exported };
    this.places.set(key(declaration), place);
    return place;
  }

  /** Types that are mentioned but not exported are shown beside what mentions them. */
  #mentioned(declaration: Declaration, directory: string, seen: Set<Declaration>): void {
    if (seen.has(declaration)) return;
    seen.add(declaration);
    for (const mention of declaration.mentions) {
      const target = this.#declarations.find(mention);
      if (target === undefined || !("kind" in target)) continue;
      // Constants hold the words of a type: `(typeof MODES)[number]`.
      const shown = target.kind === "type" ? target : declaration;
      if (shown.kind === "type" && !PLUMBING.has(shown.name)) {
        this.#place(target, directory, target.name, false);
      }
      if (target.kind !== "class") this.#mentioned(target, directory, seen);
    }
  }

  /** The places that a declaration mentions. */
  mentions(declaration: Declaration): Place[] {
    const found = declaration.mentions.map((mention) => {
      const target = this.#declarations.find(mention);
      if (target === undefined || !("kind" in target)) return undefined;
      return this.places.get(key(target));
    });
    const others = found.filter((place) => place !== undefined);
    return [...new Set(others)].filter((place) => place.declaration !== declaration);
  }
}

/** The pages, by path. */
export function pages(reference: Reference): Map<string, string> {
  const byPage = new Map<string, Place[]>();
  for (const place of reference.places.values()) {
    byPage.set(place.page, [...(byPage.get(place.page) ?? []), place]);
  }
  const anchors = new Map<Place, string>();
  for (const [page, places] of byPage) {
    byPage.set(page, ordered(places));
    const own = new Anchors();
    own.add(titleOf(page));
    for (const place of ordered(places)) {
      anchors.set(place, own.add(place.title));
      if (place.declaration.kind === "class") {
        for (const { name } of place.declaration.members) own.add(`${place.title}.${name}`);
      }
    }
  }
  const link = (place: Place, from: string) =>
    `${relative(dirname(from), place.page) || "."}#${anchors.get(place)}`;
  const result = new Map<string, string>();
  for (const [page, places] of byPage) {
    const parts = places.map((place) => section(place, reference, (to) => link(to, page)));
    const before = INTRODUCTIONS[page];
    if (before !== undefined) parts.unshift(`${before}\n`);
    result.set(page, `# ${titleOf(page)}\n\n${parts.join("\n")}`);
  }
  for (const [entry, names] of reference.names) {
    const page = `${REFERENCE}/${folder(entry)}/README.md`;
    result.set(
      page,
      list(entry, names, (place) => link(place, page)),
    );
  }
  return result;
}

/** What is exported first, by name. */
function ordered(places: readonly Place[]): Place[] {
  return places.toSorted((a, b) => {
    if (a.exported !== b.exported) return a.exported ? -1 : 1;
    return a.title.toLowerCase() < b.title.toLowerCase() ? -1 : 1;
  });
}

function titleOf(page: string): string {
  const [directory = "", file = ""] = relative(REFERENCE, page).replace(".md", "").split("/");
  return directory === "rawsock" ? `rawsock: ${file}` : `rawsock/${directory}: ${file}`;
}

function section(place: Place, reference: Reference, link: (place: Place) => string): string {
  const { declaration, title, exported } = place;
  const lines = [heading(2, title), ""];
  if (!exported) lines.push("Not exported; what mentions it is.", "");
  if (declaration.comment !== "") lines.push(prose(declaration.comment), "");
  lines.push(code(declaration.code), "");
  const others = reference.mentions(declaration);
  lines.push(...see(others, declaration.code, link));
  if (declaration.kind === "class") {
    for (const { name, signatures, comment } of declaration.members) {
      lines.push(heading(3, `${title}.${name}`), "");
      if (comment !== "") lines.push(prose(comment), "");
      lines.push(code(signatures), "", ...see(others, signatures, link));
    }
  }
  return lines.join("\n");
}

/** Links to those of `others` that some code names. */
function see(others: readonly Place[], code: readonly string[], link: (place: Place) => string) {
  const words = new Set(code.join(" ").match(/\w+/g));
  const named = others.filter(({ declaration }) => words.has(declaration.name));
  if (named.length === 0) return [];
  return [`See ${named.map((other) => `[\`${other.title}\`](${link(other)})`).join(", ")}.`, ""];
}

function list(entry: string, names: readonly Name[], link: (place: Place) => string): string {
  const title = `# \`${entry}\`\n\n`;
  const own = `${REFERENCE}/${folder(entry)}/`;
  if (!names.some(({ place }) => place.page.startsWith(own))) {
    const links = names.map(({ name, place }) => `[\`${name}\`](${link(place)})`);
    return `${title}All of it is documented elsewhere:\n\n${links.join("\n")}\n`;
  }
  const rows = names.map(({ name, place }) => {
    const words = firstSentence(place.declaration.comment).replaceAll("|", "\\|");
    return `| [\`${name}\`](${link(place)}) | ${place.declaration.kind} | ${words} |`;
  });
  return `${title}| name | | |\n|---|---|---|\n${rows.join("\n")}\n`;
}

if (import.meta.main) {
  const declarations = declarationsOfSources();
  rmSync(join(root, REFERENCE), { recursive: true, force: true });
  const files = [...pages(new Reference(declarations)), ...tables(declarations)];
  for (const [page, text] of files) {
    mkdirSync(dirname(join(root, page)), { recursive: true });
    await Bun.write(join(root, page), text);
  }
}

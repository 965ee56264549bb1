// The reference: every public name is explained, the pages are what the comments say, and no link
// leads nowhere.

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { Glob } from "bun";
import type { Declaration } from "../../scripts/declarations.ts";
import { Anchors } from "../../scripts/markdown.ts";
import { declarationsOfSources, pages, Reference } from "../../scripts/reference.ts";
import { tables } from "../../scripts/tables.ts";

const root = join(import.meta.dir, "../..");
const declarations = declarationsOfSources();
const reference = new Reference(declarations);
/** The tables have the words of this system. */
const written =
  process.platform === "linux"
    ? new Map([...pages(reference), ...tables(declarations)])
    : pages(reference);

/**
 * Where the fields of objects have the words of a standard or of another program (RFCs, ip(8),
 * pcapng, virtio), the type names it, and a field is explained where more is to be said.
 */
const WORDS_OF_OTHERS = /^(wire\/protocol|netlink|capture\/file|tun\/virtio)(\/|$)/;

function needsComments({ file, kind, name }: Declaration): boolean {
  if (kind === "class" || /(Options|Limits|Hints)$/.test(name)) return true;
  return !WORDS_OF_OTHERS.test(file) && name !== "Layers";
}

/** What a tagged union is told apart by is written in the type, what symbols are for in the class. */
const KNOWN = /^(kind|constructor|\[Symbol\..*\])$/;

test("every public name has a comment, and so have members", () => {
  const missing: string[] = [];
  let count = 0;
  for (const { title, exported, declaration } of reference.places.values()) {
    if (!exported) continue;
    count++;
    if (declaration.comment === "") missing.push(`${declaration.file}.ts: ${title}`);
    if (!needsComments(declaration)) continue;
    for (const { name, comment } of declaration.members) {
      if (comment === "" && !KNOWN.test(name))
        missing.push(`${declaration.file}.ts: ${title}.${name}`);
    }
  }
  expect(count).toBeGreaterThan(200);
  expect(missing).toEqual([]);
});

test("docs/reference is what the comments give: npm run docs", async () => {
  const found = [...new Glob("docs/reference/*/*.md").scanSync(root)].sort();
  expect(found).toEqual([...pages(reference).keys()].sort());
  const old: string[] = [];
  for (const [page, text] of written) {
    if ((await Bun.file(join(root, page)).text()) !== text) old.push(page);
  }
  expect(old).toEqual([]);
});

/** A page's text without its blocks of code. */
const withoutCode = (text: string) => text.replaceAll(/^```[\s\S]*?^```/gm, "");

function anchorsOf(text: string): Set<string> {
  const anchors = new Anchors();
  const titles = withoutCode(text).matchAll(/^#+ (.*)$/gm);
  return new Set([...titles].map(([, title]) => anchors.add(title as string)));
}

const files = ["README", "CONTRIBUTING", "OPTIONS", "SECURITY", "CHANGELOG"].map((n) => `${n}.md`);
const documents = [...files, ...[...new Glob("docs/**/*.md").scanSync(root)].sort()];
const texts = new Map<string, string>();
for (const name of documents) texts.set(name, await Bun.file(join(root, name)).text());

test("no link is dead, be it to a file or to a heading", () => {
  const dead: string[] = [];
  let count = 0;
  const anchors = new Map([...texts].map(([name, text]) => [name, anchorsOf(text)]));
  for (const [name, text] of texts) {
    for (const [, target = ""] of withoutCode(text).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      count++;
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? name : normalize(join(dirname(name), path));
      if (!existsSync(join(root, file))) dead.push(`${name}: ${target}`);
      else if (anchor !== undefined && anchors.get(file)?.has(anchor) !== true) {
        dead.push(`${name}: ${target}`);
      }
    }
  }
  expect(count).toBeGreaterThan(500);
  expect(dead).toEqual([]);
});

test("headings get the anchors that GitHub gives them", () => {
  const titles = ["`Socket.open`", "From C, in 5 minutes", "`IP_TTL`", "`Socket.open`"];
  const anchors = new Anchors();
  const expected = ["socketopen", "from-c-in-5-minutes", "ip_ttl", "socketopen-1"];
  expect(titles.map((title) => anchors.add(title))).toEqual(expected);
});

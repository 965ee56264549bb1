// What the entry points declare: their exports and what these refer to, read from the declarations
// that tsc emits. They hold every type written out, and the comments.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "@babel/parser";
import { Glob } from "bun";

/** A node of the parser's tree, as far as it is looked at here. */
export type Node = {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly leadingComments?: readonly { readonly type: string; readonly value: string }[] | null;
  readonly [field: string]: unknown;
};

/** A part of a declaration that has a name of its own: a method, a property, a field. */
export type Member = {
  readonly name: string;
  /** Several where it is overloaded. */
  readonly signatures: readonly string[];
  readonly comment: string;
};

export type Declaration = {
  readonly name: string;
  /** The source, without its ending, from src: "socket/socket". */
  readonly file: string;
  readonly kind: "class" | "constant" | "function" | "type";
  readonly comment: string;
  /** As TypeScript, several where it is overloaded; of a class the head alone. */
  readonly code: readonly string[];
  readonly members: readonly Member[];
  /** Of a union of object types, the members of each. */
  readonly variants: readonly (readonly Member[])[];
  /** The types that it mentions. */
  readonly mentions: readonly Target[];
};

/** What a name of a file stands for: a declaration, or all that another file exports. */
export type Target = { readonly file: string; readonly name: string | null };

type Module = {
  readonly declarations: ReadonlyMap<string, Declaration>;
  /** What is imported, by its local name. */
  readonly imports: ReadonlyMap<string, Target>;
  /** What is exported under which name. */
  readonly exports: ReadonlyMap<string, Target>;
  /** Files all of whose exports are this one's, too. */
  readonly all: readonly string[];
};

/** Every node below one, in the order of the text. */
export function* below(node: unknown): Generator<Node> {
  if (Array.isArray(node)) {
    for (const item of node) yield* below(item);
  } else if (typeof node === "object" && node !== null) {
    if (typeof (node as Node).type === "string" && "start" in node) yield node as Node;
    for (const [field, value] of Object.entries(node)) {
      if (field !== "loc" && !field.endsWith("Comments")) yield* below(value);
    }
  }
}

/** The text of a documentation comment, or "". */
function commentOf(node: Node): string {
  const last = node.leadingComments?.at(-1);
  if (last?.type !== "CommentBlock" || !last.value.startsWith("*")) return "";
  const lines = last.value.slice(1).split("\n");
  return lines
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .join("\n")
    .trim();
}

/** A node's text, as one would write it. */
function codeOf(node: Node, text: string): string {
  const code = text.slice(node.start, node.end).replace(/^declare /, "");
  return code.replaceAll(/import\("[^"]*"\)\./g, "");
}

function nameOf(node: unknown): string {
  const { type, name, value, object, property } = node as Node;
  if (type === "MemberExpression") return `[${nameOf(object)}.${nameOf(property)}]`;
  return String(name ?? value);
}

const NAMED = /^(TSTypeReference|TS\w*Heritage|TSExpressionWithTypeArguments|TSTypeQuery)$/;

/** The types that a declaration of a file mentions. */
function mentionsOf(node: Node, file: string): Target[] {
  const found = new Map<string, Target>();
  const add = (target: Target) => found.set(`${target.file} ${target.name}`, target);
  for (const part of below(node)) {
    const name = (part.typeName ?? part.expression ?? part.exprName) as Node | undefined;
    if (NAMED.test(part.type) && name?.type === "Identifier") add({ file, name: nameOf(name) });
    const parent = part.superClass as Node | null | undefined;
    if (parent?.type === "Identifier") add({ file, name: nameOf(parent) });
    // Without a name it is all of a module, of the runtime's own.
    if (part.type === "TSImportType" && part.qualifier) {
      const from = resolvePath(file, String((part.argument as Node).value));
      add({ file: from, name: nameOf(part.qualifier) });
    }
  }
  return [...found.values()];
}

/** The file that an import of `file` names, without its ending. */
function resolvePath(file: string, path: string): string {
  return join(dirname(file), path).replace(/(\.d)?\.[tj]s$/, "");
}

/** Members of a class or of an object's type; those of one name together. */
function membersOf(nodes: readonly Node[], text: string): Member[] {
  const members = new Map<string, { signatures: string[]; comment: string }>();
  for (const node of nodes) {
    if (node.type === "ClassPrivateProperty" || node.accessibility === "private") continue;
    if (node.accessibility === "protected") continue;
    if (node.type === "TSIndexSignature") continue;
    const isConstructor = node.kind === "constructor" || /^TSConstruct/.test(node.type);
    const key = node.key ?? node.id;
    if (!isConstructor && (key === undefined || key === null)) continue;
    const own = isConstructor ? "constructor" : nameOf(key);
    // Symbols of the package's own are for itself.
    if (node.computed === true && !own.startsWith("[Symbol.")) continue;
    const known = members.get(own) ?? { signatures: [], comment: "" };
    members.set(own, known);
    known.signatures.push(codeOf(node, text));
    known.comment ||= commentOf(node);
  }
  return [...members].map(([name, { signatures, comment }]) => ({ name, signatures, comment }));
}

function variantsOf(type: Node, text: string): Member[][] {
  const parts = type.type === "TSUnionType" ? (type.types as Node[]) : [type];
  return parts
    .filter((part) => part.type === "TSTypeLiteral")
    .map((part) => membersOf(objectMembers(part), text));
}

/** The object types within a type, the members of which are the type's own. */
function objectMembers(node: Node): Node[] {
  if (node.type === "TSTypeLiteral") return node.members as Node[];
  if (node.type === "TSInterfaceBody") return node.body as Node[];
  if (node.type === "TSIntersectionType") return (node.types as Node[]).flatMap(objectMembers);
  return [];
}

function declared(node: Node, comment: string, file: string, text: string): Declaration[] {
  const whole = codeOf(node, text);
  const common = { file, comment, members: [], variants: [], mentions: mentionsOf(node, file) };
  const name = nameOf(node.id ?? {});
  switch (node.type) {
    case "TSDeclareFunction":
      return [{ ...common, name, kind: "function", code: [whole] }];
    case "ClassDeclaration": {
      const body = node.body as Node;
      const head = whole.slice(0, body.start - node.end).replace(/\s*\{?\s*$/, "");
      const members = membersOf(body.body as Node[], text);
      return [{ ...common, name, kind: "class", code: [head], members }];
    }
    case "TSTypeAliasDeclaration":
    case "TSInterfaceDeclaration": {
      const type = (node.typeAnnotation ?? node.body) as Node;
      const members = membersOf(objectMembers(type), text);
      const variants = variantsOf(type, text);
      return [{ ...common, name, kind: "type", code: [whole], members, variants }];
    }
    case "VariableDeclaration":
      return (node.declarations as Node[]).map((variable) => {
        const code = [`const ${codeOf(variable, text)};`];
        return { ...common, name: nameOf(variable.id), kind: "constant", code };
      });
    default:
      return [];
  }
}

function readModule(file: string, text: string): Module {
  const tree = parse(text, { sourceType: "module", plugins: [["typescript", { dts: true }]] });
  const declarations = new Map<string, Declaration>();
  const imports = new Map<string, Target>();
  const exported = new Map<string, Target>();
  const all: string[] = [];
  const resolve = (source: unknown) => resolvePath(file, String((source as Node).value));

  function declare(node: Node, outer: Node): string[] {
    return declared(node, commentOf(outer), file, text).map((found) => {
      const known = declarations.get(found.name);
      const mentions = [...(known?.mentions ?? []), ...found.mentions];
      const code = [...(known?.code ?? []), ...found.code];
      const comment = known?.comment || found.comment;
      declarations.set(found.name, { ...found, code, comment, mentions });
      return found.name;
    });
  }

  for (const node of tree.program.body as unknown as Node[]) {
    const from = node.source === null || node.source === undefined ? null : resolve(node.source);
    if (node.type === "ImportDeclaration") {
      for (const specifier of node.specifiers as Node[]) {
        const name = specifier.imported === undefined ? null : nameOf(specifier.imported);
        imports.set(nameOf(specifier.local), { file: from as string, name });
      }
    } else if (node.type === "ExportAllDeclaration") {
      all.push(from as string);
    } else if (node.type === "ExportNamedDeclaration") {
      const own = (node.declaration ?? null) as Node | null;
      const names = own === null ? [] : declare(own, node);
      for (const name of names) exported.set(name, { file, name });
      for (const specifier of node.specifiers as Node[]) {
        const name = specifier.local === undefined ? null : nameOf(specifier.local);
        exported.set(nameOf(specifier.exported), { file: from ?? file, name });
      }
    } else {
      declare(node, node);
    }
  }
  return { declarations, imports, exports: exported, all };
}

/** The declarations in a directory, as tsc wrote them. */
export class Declarations {
  readonly #modules = new Map<string, Module>();

  constructor(directory: string) {
    for (const name of [...new Glob("**/*.d.ts").scanSync(directory)].sort()) {
      const file = name.replace(/\.d\.ts$/, "");
      const text = readFileSync(join(directory, name), "utf8");
      this.#modules.set(file, readModule(file, text));
    }
  }

  /** What a name of a file stands for in the end, or undefined where it is none of ours. */
  find({ file, name }: Target): Declaration | Target | undefined {
    const module = this.#modules.get(file);
    if (module === undefined) return undefined;
    if (name === null) return { file, name };
    const own = module.declarations.get(name);
    if (own !== undefined) return own;
    const next = module.imports.get(name) ?? module.exports.get(name);
    if (next !== undefined && (next.file !== file || next.name !== name)) return this.find(next);
    for (const other of module.all) {
      const found = this.find({ file: other, name });
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The names that a file exports, and what they stand for. */
  exports(file: string): Map<string, Declaration | Target> {
    const found = new Map<string, Declaration | Target>();
    const module = this.#modules.get(file);
    for (const other of module?.all ?? []) {
      for (const [name, target] of this.exports(other)) found.set(name, target);
    }
    for (const [name, target] of module?.exports ?? []) {
      const declaration = this.find(target);
      if (declaration === undefined) throw new Error(`${file} exports an unknown ${name}`);
      found.set(name, declaration);
    }
    return found;
  }
}

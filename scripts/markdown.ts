// The pieces of Markdown that the documentation is made of, as GitHub and npm show them.

/** How a heading is linked to: GitHub's rule. */
export function slug(title: string): string {
  const words = title.replaceAll("`", "").trim().toLowerCase();
  return words.replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, "").replaceAll(" ", "-");
}

/** The anchors of one page: a title that is there already gets a number. */
export class Anchors {
  readonly #counts = new Map<string, number>();

  /** The anchor of the next heading. */
  add(title: string): string {
    const anchor = slug(title);
    const count = this.#counts.get(anchor) ?? 0;
    this.#counts.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  }
}

export function heading(level: number, title: string): string {
  return `${"#".repeat(level)} \`${title}\``;
}

export function code(parts: readonly string[]): string {
  return `\`\`\`ts\n${parts.join("\n").replaceAll(/^( +)\1/gm, "$1")}\n\`\`\``;
}

/** The text of a comment; outside of code nothing is Markdown that is not meant to be. */
export function prose(comment: string): string {
  return comment
    .split("`")
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll(/[<*]/g, "\\$&")))
    .join("`");
}

/** The first sentence of a comment, on one line. */
export function firstSentence(comment: string): string {
  const text = prose(comment.split("\n\n")[0] ?? "").replaceAll("\n", " ");
  return /^.*?[.:](?= [A-Z`]|$)/.exec(text)?.[0].replace(/:$/, ".") ?? text;
}

// Lists of expressions are written one a line.

/** The lines of a text, without the space around them. */
export const lines = (text: string): readonly string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

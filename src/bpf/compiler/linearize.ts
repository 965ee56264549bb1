// The program of a graph: blocks of instructions in a row, each before those it leads to. A
// conditional jump reaches 255 instructions; for what is farther a jump, or a copy of a return, is
// put in between, and shared.

import { BpfError } from "../error.ts";
import { CODE, INSTRUCTIONS_MAX, type Instruction, type Program } from "../instruction.ts";
import { Emitter, type Jump, Machine } from "./emit.ts";
import { type Node, ordered, sorted, successors } from "./graph.ts";
import type { Values } from "./value.ts";
import { placeVariables } from "./variables.ts";

const REACH = 255;
/** What reads memory. */
const READS: ReadonlySet<number> = new Set([CODE.LD_MEM, CODE.LDX_MEM]);

/** The expression is right, but no kernel would take its program. */
export function tooLong(): BpfError {
  return new BpfError(`the program has more than the ${INSTRUCTIONS_MAX} instructions allowed`);
}

/** A node's instructions, the jump behind them if it is a test, and the blocks that follow. */
type Block = {
  readonly code: readonly Instruction[];
  readonly jump: Jump | undefined;
  readonly next: readonly Block[];
};

type Emitted = Pick<Block, "code" | "jump">;

/** The instructions of every node. */
function emitAll(order: readonly Node[], values: Values): ReadonlyMap<Node, Emitted> {
  const words = placeVariables(order);
  const machines = new Map<Node, Machine>();
  const blocks = new Map<Node, Emitted>();
  for (const node of order) {
    if (node.kind === "end") {
      const code = [{ code: CODE.RET_K, jt: 0, jf: 0, k: node.result }];
      blocks.set(node, { code, jump: undefined });
      continue;
    }
    const machine = machines.get(node) ?? new Machine();
    const emitter = new Emitter(machine, values, words);
    for (const assignment of node.assignments) emitter.assign(assignment);
    const jump = node.kind === "test" ? emitter.test(node) : undefined;
    blocks.set(node, { code: emitter.code, jump });
    for (const next of successors(node)) {
      const known = machines.get(next);
      if (known === undefined) machines.set(next, machine.copy());
      else known.meet(machine);
    }
    machines.delete(node);
  }
  return blocks;
}

/**
 * The blocks of the nodes. Those with the same instructions and the same ways on are one, even if
 * they test different values that were loaded before.
 */
function makeBlocks(order: readonly Node[], values: Values): Block {
  const emitted = emitAll(order, values);
  const blocks = new Map<Node, Block>();
  const known = new Map<string, Block>();
  const numbers = new Map<Block, number>();
  for (const node of [...order].reverse()) {
    const { code, jump } = emitted.get(node) as Emitted;
    const next = successors(node).map((successor) => blocks.get(successor) as Block);
    if (jump?.negated) next.reverse();
    const key = [
      ...code.map(({ code: operation, k }) => `${operation} ${k}`),
      `${jump?.code} ${jump?.k}`,
      ...next.map((block) => numbers.get(block)),
    ].join(",");
    const block = values.folds ? (known.get(key) ?? { code, jump, next }) : { code, jump, next };
    if (!numbers.has(block)) numbers.set(block, numbers.size);
    known.set(key, block);
    blocks.set(node, block);
  }
  return blocks.get(order[0] as Node) as Block;
}

/** Collects instructions from the last to the first. */
class Backwards {
  /**
   * May a return stand in between? The kernel, which sees to it that memory is written before it is
   * read, goes on behind a return as if it fell through, with what was written on the ways to it.
   */
  readonly #returns: boolean;
  readonly #code: Instruction[] = [];
  /** How many instructions there are from the first one of a block, or of a copy, to the end. */
  readonly #starts = new Map<Block, number>();
  readonly #copies = new Map<Block, number>();

  constructor(blocks: readonly Block[]) {
    this.#returns = !blocks.some(({ code }) => code.some((one) => READS.has(one.code)));
  }

  add(instruction: Instruction): void {
    this.#code.push(instruction);
    if (this.#code.length > INSTRUCTIONS_MAX) throw tooLong();
  }

  /** Adds a node's instructions, in their order. */
  addAll(code: readonly Instruction[]): void {
    for (let index = code.length - 1; index >= 0; index--) this.add(code[index] as Instruction);
  }

  /** The node begins here. */
  begin(block: Block): void {
    this.#starts.set(block, this.#code.length);
    this.#copies.set(block, this.#code.length);
  }

  #distance(start: number | undefined): number {
    return this.#code.length - (start ?? 0);
  }

  /** Makes sure that an instruction added now, or `later` ones later, can jump to the block. */
  reach(block: Block, later: number): void {
    if (this.#distance(this.#copies.get(block)) + later <= REACH) return;
    const isReturn = block.next.length === 0;
    if (isReturn && this.#returns) this.addAll(block.code);
    else this.#addJump(block);
    this.#copies.set(block, this.#code.length);
  }

  /** How far a conditional jump that is added now must go. */
  offset(block: Block): number {
    return this.#distance(this.#copies.get(block));
  }

  #addJump(block: Block): void {
    this.add({ code: CODE.JA, jt: 0, jf: 0, k: this.#distance(this.#starts.get(block)) });
  }

  /** Goes on with the block, which may be the next one anyway. */
  goOn(block: Block): void {
    if (this.#distance(this.#starts.get(block)) > 0) this.#addJump(block);
  }

  get program(): Program {
    return this.#code.slice().reverse();
  }
}

export function linearize(root: Node, values: Values): Program {
  const first = makeBlocks(ordered(root), values);
  const blocks = sorted(first, ({ next }) => next).reverse();
  const backwards = new Backwards(blocks);
  for (const block of blocks) {
    const { code, jump } = block;
    const [yes, no] = block.next;
    if (jump !== undefined && yes !== undefined && no !== undefined) {
      // A copy made for the first one is one more instruction on the way to the second one.
      backwards.reach(no, 1);
      backwards.reach(yes, 0);
      const [jt, jf] = [backwards.offset(yes), backwards.offset(no)];
      backwards.add({ code: jump.code, jt, jf, k: jump.k });
    } else if (yes !== undefined) {
      backwards.goOn(yes);
    }
    backwards.addAll(code);
    backwards.begin(block);
  }
  return backwards.program;
}

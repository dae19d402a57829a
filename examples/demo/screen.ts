/** What the tour writes to the terminal. */

const isTerminal = process.stdout.isTTY;
const INDENT = " ".repeat(11);
const WIDTH = 40;

export const bold = (text: string): string => (isTerminal ? `\u001b[1m${text}\u001b[0m` : text);
export const dim = (text: string): string => (isTerminal ? `\u001b[2m${text}\u001b[0m` : text);

/** Writes what is done next, and its code. */
export function show(title: string, code: string): void {
  console.log(`\n ${bold(title.padEnd(9))} ${dim(code)}`);
}

/** Writes what came of it. */
export function tell(result: string): void {
  console.log(INDENT + result);
}

/** A bar that grows; where there is no terminal, the tenths that it has passed. */
export class Bar {
  #tenths = 0;

  /** Shows how much is done, from 0 to 1. */
  show(done: number): void {
    if (isTerminal) {
      const full = Math.round(done * WIDTH);
      const bar = "█".repeat(full) + dim("░".repeat(WIDTH - full));
      process.stdout.write(`\r${INDENT}${bar} ${(done * 100).toFixed(0).padStart(3)} %`);
    } else if (Math.floor(done * 10) > this.#tenths) {
      process.stdout.write(this.#tenths === 0 ? INDENT : " ");
      this.#tenths = Math.floor(done * 10);
      process.stdout.write(`${this.#tenths * 10} %`);
    }
  }

  end(result: string): void {
    console.log(`   ${result}`);
  }
}

/** Marks a part of a line, within `room` columns; … stands for the words that are left out. */
export function mark(text: string, [from, to]: readonly [number, number], room: number): string {
  const found = text.slice(from, to);
  let before = text.slice(0, from).trimStart();
  if (before.length > 30) before = `… ${before.slice(-28).replace(/^\S* /, "")}`;
  let after = text.slice(to).trimEnd();
  room -= before.length + found.length;
  if (after.length > room) after = `${after.slice(0, room - 2).replace(/ \S*$/, "")} …`;
  return before + bold(found) + after;
}

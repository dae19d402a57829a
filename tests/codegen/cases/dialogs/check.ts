import { type Choice, type ChoiceInput, type Dialogs, dialogs } from "./dialogs.js";
import type { Exposed, IncomingCall, Stream } from "./runtime/index.js";

const implementation: Dialogs = {
  confirm: (question, level, { title = "Sure?" }, call) =>
    question.length + (level ?? 1) + title.length > 0 && !call.signal.aborted,
  choose: async (choices) => choices[0] ?? null,
  ping() {},
  anything: (value) => value,
  async place({ x, y }) {
    x.toFixed(y);
  },
  upload(path, { onProgress }) {
    onProgress({ label: path });
    return 1;
  },
  quietly: ({ onProgress }) => onProgress(1),
  async play(samples: Stream<number>) {
    for await (const sample of samples) sample.toFixed();
  },
  async *keys({ repeat }) {
    yield { label: repeat ? "a" : "b" };
  },
  async validate(check) {
    const choice: Choice = await check({ label: "a" });
    choice.hint.trim();
  },
  hover: (over) => over?.("a"),
  leftPanel: { show: (text, call: IncomingCall) => console.log(text, call.signal) },
};

export const exposed: Exposed = dialogs(implementation);

// Where nothing is waited for but the end, a short function may return what it likes.
const shown: string[] = [];
dialogs({ ...implementation, leftPanel: { show: (text) => shown.push(text) } });
// A list is a stream that is there at once.
dialogs({ ...implementation, keys: (): ChoiceInput[] => [{ label: "a" }] });
// @ts-expect-error: it answers with a boolean
dialogs({ ...implementation, confirm: () => "yes" });
// @ts-expect-error: a function takes no more than is given
dialogs({ ...implementation, ping: (call: IncomingCall, more: string) => console.log(call, more) });
// @ts-expect-error: every function must be there
dialogs({ confirm: () => true });
// @ts-expect-error: what comes has all its fields, what is sent need not
dialogs({ ...implementation, choose: (choices: number[]) => choices });

import type { Archive, MessageInput } from "./archive.js";
import { Denied, type Mail, type Message } from "./mail.js";
import { type Exposed, safe } from "./runtime/index.js";
import * as page from "./window.js";

export const exposed: Exposed = page.window({
  confirm({ text, level }) {
    if (level === page.Level.ERROR) throw new page.Denied({ letter: { text } });
    return true;
  },
  notify: ({ sent }) => sent?.getTime(),
});

export async function check(mail: Mail, archive: Archive): Promise<void> {
  const given: MessageInput = { text: "a" };
  const [error] = await safe(mail.send(given));
  if (error instanceof Denied) console.log(error.data.letter.level, error.data.letter.sent);
  // What is shared is the same by its form.
  mail.arrived.on((message: Message) => archive.keep([message]));
  const [denied, count] = await safe(archive.keep([given]));
  if (denied instanceof page.Denied) console.log(denied.code);
  // @ts-expect-error: what one worker does, another need not
  await archive.send(given);
  // @ts-expect-error: the page is exposed, and called by nobody here
  await page.window.confirm(given);
  // @ts-expect-error: each function has to be there
  page.window({ notify: () => undefined });
  console.log(count);
}

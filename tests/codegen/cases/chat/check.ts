import { type Chat, ContextFull, type Message, ModelMissing, Role, type Token } from "./chat.js";
import { safe } from "./runtime/index.js";

export async function check(client: Chat, signal: AbortSignal): Promise<void> {
  const chat = await client.begin();
  const parts = [{ type: "text", text: "Hello" } as const];
  let answer = "";
  for await (const event of client.send(
    chat,
    { role: Role.USER, parts },
    { signal, stop: ["."] },
  )) {
    switch (event.type) {
      case "token":
        answer += event.text;
        break;
      case "tool":
        console.log(event.name, event.arguments["path"]);
        break;
      case "done":
        console.log(event.tokens / event.took);
        break;
      default:
        event satisfies never;
    }
  }
  const [error, model] = await safe(client.models.load("a", { onProgress: (done) => done * 100 }));
  if (error instanceof ModelMissing) console.log(error.data.available.map(({ name }) => name));
  else if (!error) console.log(model.quantization?.toUpperCase());
  const [full, summary] = await safe(client.summarize(chat, (text) => text.length < 1_000));
  if (full instanceof ContextFull) console.log(full.data.tokens - full.data.limit);
  const before: Date | null | undefined = (await client.history(chat))[0]?.sent;
  const history: Message[] = await client.history(chat, { before: before ?? null });
  client.models.loaded.on((loaded) => loaded?.context.toFixed());
  // @ts-expect-error: there is no such role
  client.send(chat, { role: "me", parts });
  // @ts-expect-error: a picture is bytes
  client.send(chat, { role: "user", parts: [{ type: "picture", content: "YQ==" }] });
  // @ts-expect-error: the answer is a stream, and no promise
  const token: Token = await client.send(chat, { role: "user", parts });
  // @ts-expect-error: the answer is yes or no
  await client.summarize(chat, (text) => text);
  console.log(answer, summary, history, token);
}

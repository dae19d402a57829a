import { Invalid, Level, type SettingsAPI, type Settings, Theme, type Was } from "./settings.js";
import { safe } from "./runtime/index.js";

export async function check(client: SettingsAPI): Promise<void> {
  const { font, network }: Settings = await client.read();
  const port: number | undefined = network.type === "proxy" ? network.port : undefined;
  const was: Was<Settings> = await client.change({ theme: Theme.DARK, font: { size: 12 } });
  const theme: "system" | "light" | "dark" = was.before.theme;
  await client.change({ shortcuts: { copy: null } }, { scope: "workspace" });
  await client.replace({ log: Level.ALL, network: { type: "proxy", host: "a" } });
  await client.replace({});
  const [error, loaded] = await safe(client.load("a"));
  if (error instanceof Invalid) console.log(error.data.problems.map(([line, text]) => line + text));
  const scope = (await client.origins())["theme"]?.scope;
  client.changed.on(({ before, after }) => console.log(before.log < after.log));
  // @ts-expect-error: there is no such theme
  await client.change({ theme: "sepia" });
  // @ts-expect-error: what is not changed is left out
  await client.change({ font: null });
  // @ts-expect-error: there is no such level
  await client.replace({ log: 3 });
  // @ts-expect-error: a proxy has a host
  await client.replace({ network: { type: "proxy" } });
  console.log(font.family, port, theme, loaded, scope);
}

import { Crashed, type Group, type Plugin, type PluginHost } from "./plugin-host.js";
import { Permission, Refused, pluginWindow } from "./plugin-window.js";
import { type Exposed, safe } from "./runtime/index.js";

export const exposed: Exposed = pluginWindow({
  grant({ manifest }, permission, { why }) {
    if (manifest.permissions?.includes(permission) && why) return "once";
    throw new Refused({ permission });
  },
  async show(form, changed) {
    for (const control of form.controls)
      if (control.kind === "toggle" && !(await changed(control.label, !control.on))) return;
  },
  pickFile: async (extensions) => (extensions.includes("txt") ? new Uint8Array(1) : null),
  async *keys() {
    yield "a";
  },
});

export async function check(client: PluginHost): Promise<void> {
  const [error, result] = await safe(client.invoke("a", "b", { any: ["thing"] }, { limit: 1_000 }));
  if (error instanceof Crashed) console.log(error.data.traceback);
  else if (error instanceof Refused) console.log(error.data.permission === Permission.NETWORK);
  const form: Group = await client.form("a");
  const [major]: Plugin["version"] = (await client.enable("a")).version;
  for await (const { description } of client.store.search("a")) description?.trim();
  await client.store.install("a", { onProgress: (done) => done?.toFixed() });
  client.changed.on((plugins) => plugins.filter(({ enabled }) => enabled));
  // @ts-expect-error: what a plugin gives has to be looked at
  console.log(result.length);
  // @ts-expect-error: a manifest need not say it
  const permissions: Permission[] = (await client.enable("a")).manifest.permissions;
  // @ts-expect-error: it is granted once, or always
  pluginWindow({ grant: () => "never", show() {}, pickFile: () => null, keys: () => [] });
  // @ts-expect-error: each function has to be there
  pluginWindow({ show() {} });
  console.log(form.controls, major, permissions);
}

import type { CallOptions as Called, Descriptor, Stream as River } from "./descriptor.js";
import { type Expose, expose } from "./expose.js";
import type { CallOptions, Exposed, Stream } from "./runtime/index.js";

export async function check(client: Descriptor, options: CallOptions): Promise<void> {
  const called: Called = { called: true };
  const river: River = (await client.event(called, { fed: true }, options)).stream;
  const rivers: Stream<River> = client.returns(1, 2);
  await client.callback((stream) => stream);
  await client.progress({ onProgress: (iterable) => iterable.endless });
  await client.takes([{ endless: true }]);
  const implementation: Expose = {
    incoming: (call, { options }, { signal }) => ({
      call: { caller: `${call.caller} ${options} ${signal.aborted}` },
    }),
  };
  const exposed: Exposed = expose(implementation);
  // @ts-expect-error: the runtime's stream is none of the contract's
  const mixed: River = rivers;
  // @ts-expect-error: nor are its options
  await client.event(options, { fed: true });
  // @ts-expect-error: nor what it exposes
  expose({ incoming: () => exposed });
  console.log(river, rivers, exposed, mixed);
}

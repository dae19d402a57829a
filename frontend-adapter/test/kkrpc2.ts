/**
 * Stands in for kkrpc 2's own side of a platform, in the part that calls: npm has nothing newer than
 * 0.2.2. What it writes and takes is what a real one was seen to.
 */

/** kkrpc's own interface. */
export interface Platform {
  send(wire: string, transfers?: Transferable[]): void | Promise<void>;
  subscribe(listener: (wire: string) => void): () => void;
  close?(): void;
  onClose?(listener: (reason?: Error) => void): () => void;
}

interface Message {
  readonly t: string;
  readonly id: string;
  readonly v?: unknown;
  readonly e?: { readonly n: string; readonly m: string };
  readonly a?: readonly { readonly v: unknown }[];
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class Kkrpc2Channel {
  readonly #platform: Platform;
  readonly #unsubscribe: () => void;
  readonly #pending = new Map<string, Pending>();
  readonly #callbacks = new Map<string, (...args: unknown[]) => void>();
  #sequence = 0;

  constructor(platform: Platform) {
    this.#platform = platform;
    // A line that is no JSON throws here, as it does there.
    this.#unsubscribe = platform.subscribe((wire) =>
      this.#take(JSON.parse(wire.trimEnd()) as Message),
    );
    platform.onClose?.((reason) => this.#rejectAll(reason ?? new Error("closed")));
  }

  call(path: string, ...args: unknown[]): Promise<unknown> {
    const id = String(++this.#sequence);
    const a = args.map((arg) => this.#argument(arg));
    return new Promise((resolve, reject: (error: Error) => void) => {
      this.#pending.set(id, { resolve, reject });
      const wire = JSON.stringify({ t: "q", id, op: "call", p: path.split("."), a });
      void Promise.resolve(this.#platform.send(`${wire}\n`)).catch(reject);
    });
  }

  destroy(): void {
    this.#unsubscribe();
    this.#rejectAll(new Error("destroyed"));
    this.#platform.close?.();
  }

  #argument(arg: unknown): object {
    if (typeof arg !== "function") return { __kkrpc_next_arg__: "value", v: arg };
    const id = `c${++this.#sequence}`;
    this.#callbacks.set(id, arg as () => void);
    return { __kkrpc_next_arg__: "callback", id };
  }

  #take({ t, id, v, e, a = [] }: Message): void {
    if (t === "cb") this.#callbacks.get(id)?.(...a.map((argument) => argument.v));
    if (t !== "r") return; // Not for us: JSON-RPC's lines, for one.
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (e) pending?.reject(Object.assign(new Error(e.m), { name: e.n }));
    else pending?.resolve(v);
  }

  #rejectAll(reason: Error): void {
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
  }
}

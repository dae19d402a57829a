/**
 * Stands in for kkrpc 2's own side of a platform: npm has nothing newer than 0.2.2. What it writes and
 * takes is what a real one was seen to.
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
  readonly p?: readonly string[];
  readonly v?: unknown;
  readonly e?: Readonly<Record<string, unknown>> & { readonly n: string; readonly m: string };
  readonly a?: readonly Argument[];
  readonly ids?: readonly string[];
  readonly sid?: string;
  readonly op?: string;
  readonly n?: number;
  readonly d?: boolean;
}

interface Argument {
  readonly __kkrpc_next_arg__: "value" | "callback";
  readonly v?: unknown;
  readonly id?: string;
}

interface StreamRef {
  readonly __kkrpc_next_stream__: "async-iterable";
  readonly id: string;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** What has come of a stream of the other side's. */
interface Incoming {
  readonly items: unknown[];
  end?: { readonly error?: Error };
  wake: () => void;
}

/** A stream of ours, and how many items the other side has asked for. */
interface Outgoing {
  readonly iterator: AsyncIterator<unknown>;
  credit: number;
  pumping: boolean;
}

const CREDIT = 32;

type Exposed = Readonly<Record<string, (...args: unknown[]) => unknown>>;

export class Kkrpc2Channel {
  readonly #platform: Platform;
  readonly #exposed: Exposed;
  readonly #unsubscribe: () => void;
  readonly #pending = new Map<string, Pending>();
  readonly #callbacks = new Map<string, (...args: unknown[]) => void>();
  readonly #incoming = new Map<string, Incoming>();
  readonly #outgoing = new Map<string, Outgoing>();
  #sequence = 0;

  constructor(platform: Platform, exposed: Exposed = {}) {
    this.#platform = platform;
    this.#exposed = exposed;
    // A line that is no JSON throws here, as it does there.
    this.#unsubscribe = platform.subscribe((wire) =>
      this.#take(JSON.parse(wire.trimEnd()) as Message),
    );
    platform.onClose?.((reason) => this.#rejectAll(reason ?? new Error("closed")));
  }

  /** Functions and streams of ours that the other side may still use. */
  get lent(): number {
    return this.#callbacks.size + this.#outgoing.size;
  }

  call(path: string, ...args: unknown[]): Promise<unknown> {
    return this.request("call", path, args);
  }

  /** Asks for a call, or for what else there is: `get`, `set`, `new`, `ref`. */
  request(op: string, path: string, args?: readonly unknown[], v?: unknown): Promise<unknown> {
    const a = args?.map((arg) => this.#encode(arg));
    // What is undefined is not written.
    return this.#ask({ t: "q", op, p: path.split("."), a, v });
  }

  /** The items of what a method returns. */
  async *stream(path: string, ...args: unknown[]): AsyncGenerator<unknown> {
    const { id: sid } = (await this.call(path, ...args)) as StreamRef;
    yield* this.#read(sid);
  }

  destroy(): void {
    this.#unsubscribe();
    this.#rejectAll(new Error("destroyed"));
    this.#platform.close?.();
  }

  #say(message: object): Promise<void> {
    return Promise.resolve(this.#platform.send(`${JSON.stringify(message)}\n`));
  }

  #ask({ t, ...message }: Readonly<Record<string, unknown>>): Promise<unknown> {
    const id = String(++this.#sequence);
    return new Promise((resolve, reject: (error: Error) => void) => {
      this.#pending.set(id, { resolve, reject });
      this.#say({ t, id, ...message }).catch(reject);
    });
  }

  #encode(arg: unknown): object {
    if (typeof arg !== "function") return { __kkrpc_next_arg__: "value", v: this.#value(arg) };
    const id = `c${++this.#sequence}`;
    this.#callbacks.set(id, arg as () => void);
    return { __kkrpc_next_arg__: "callback", id };
  }

  #value(value: unknown): unknown {
    if (typeof value !== "object" || value === null || !(Symbol.asyncIterator in value))
      return value;
    const id = `s${++this.#sequence}`;
    const iterator = (value as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    this.#outgoing.set(id, { iterator, credit: 0, pumping: false });
    return { __kkrpc_next_stream__: "async-iterable", id };
  }

  #decode({ __kkrpc_next_arg__: kind, v, id }: Argument): unknown {
    if (kind === "callback")
      return (...args: unknown[]) =>
        void this.#say({ t: "cb", id, a: args.map((arg) => this.#encode(arg)) });
    return isStreamRef(v) ? this.#read(v.id) : v;
  }

  #take(message: Message): void {
    const { t, id, v, e, a = [], ids = [] } = message;
    if (t === "q") void this.#answer(message);
    else if (t === "cb") this.#callbacks.get(id)?.(...a.map((argument) => this.#decode(argument)));
    else if (t === "cbr") for (const each of ids) this.#callbacks.delete(each);
    else if (t === "sq") void this.#serve(message);
    else if (t === "sr" && !this.#pending.has(id)) this.#receive(message);
    if (t !== "r" && t !== "sr") return; // Not for us: JSON-RPC's lines, for one.
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (e) pending?.reject(rebuilt(e));
    else pending?.resolve(v);
  }

  async #answer({ id, p = [], a = [] }: Message): Promise<void> {
    try {
      const called = this.#exposed[p.join(".")];
      if (!called) throw new Error(`${p.join(".")} is not a function`);
      const v = await called(...a.map((argument) => this.#decode(argument)));
      await this.#say({ t: "r", id, v: this.#value(v) });
    } catch (error) {
      const { name, message, ...fields } = error as Error;
      await this.#say({ t: "r", id, e: { ...fields, n: name, m: message } });
    }
  }

  async *#read(sid: string): AsyncGenerator<unknown> {
    const incoming: Incoming = { items: [], wake: () => undefined };
    this.#incoming.set(sid, incoming);
    const pull = (n: number): void =>
      void this.#say({ t: "sq", id: String(++this.#sequence), sid, op: "pull", n });
    pull(CREDIT);
    let used = 0;
    try {
      for (;;) {
        while (incoming.items.length > 0) {
          yield incoming.items.shift();
          if (++used % (CREDIT / 2) === 0 && !incoming.end) pull(CREDIT / 2);
        }
        if (incoming.end?.error) throw incoming.end.error;
        if (incoming.end) return;
        await new Promise<void>((resolve) => (incoming.wake = resolve));
      }
    } finally {
      this.#incoming.delete(sid);
      if (!incoming.end) await this.#ask({ t: "sq", sid, op: "return" });
    }
  }

  #receive({ sid = "", d, v, e }: Message): void {
    const incoming = this.#incoming.get(sid);
    if (!incoming || incoming.end) return;
    if (e) incoming.end = { error: rebuilt(e) };
    else if (d) incoming.end = {};
    else incoming.items.push(v);
    incoming.wake();
  }

  async #serve({ id, sid = "", op, n = 1 }: Message): Promise<void> {
    const outgoing = this.#outgoing.get(sid);
    if (op === "return") {
      this.#outgoing.delete(sid);
      await outgoing?.iterator.return?.();
      await this.#say({ t: "sr", id, sid, d: true });
    } else if (!outgoing) {
      await this.#say({ t: "sr", id, sid, e: { n: "Error", m: `Unknown RPC stream ${sid}` } });
    } else {
      outgoing.credit += n;
      if (!outgoing.pumping) await this.#pump(sid, outgoing);
    }
  }

  async #pump(sid: string, outgoing: Outgoing): Promise<void> {
    outgoing.pumping = true;
    while (outgoing.credit > 0 && this.#outgoing.has(sid)) {
      outgoing.credit--;
      const id = String(++this.#sequence);
      try {
        const { done = false, value } = await outgoing.iterator.next();
        if (done) this.#outgoing.delete(sid);
        await this.#say({ t: "sr", id, sid, d: done, ...(!done && { v: value }) });
      } catch (error) {
        this.#outgoing.delete(sid);
        const { name, message } = error as Error;
        await this.#say({ t: "sr", id, sid, e: { n: name, m: message } });
      }
    }
    outgoing.pumping = false;
  }

  #rejectAll(reason: Error): void {
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
  }
}

function isStreamRef(value: unknown): value is StreamRef {
  return typeof value === "object" && value !== null && "__kkrpc_next_stream__" in value;
}

function rebuilt({ n, m, s: _, ...fields }: NonNullable<Message["e"]>): Error {
  return Object.assign(new Error(m), { name: n }, fields);
}

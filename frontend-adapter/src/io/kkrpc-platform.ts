/**
 * Any transport as a platform of kkrpc 2, so that an app can move over one worker at a time: a worker
 * that still speaks kkrpc is reached by kkrpc's own channel, and by the same way as the others.
 */

import { ChannelClosed, toError } from "../errors.js";
import { LineBuffer } from "../lines.js";
import { nothing } from "../link.js";
import { Listeners } from "../listeners.js";
import type { CloseReason, Receiver, Transport } from "../transport.js";

/** What kkrpc's `createTransport({ platform, codec: jsonLineCodec() })` takes. */
export interface KkrpcPlatform {
  /** Rejects when the line could not be written, or when the worker is gone. */
  send(wire: string): Promise<void>;
  /** Gives a listener each line that can be kkrpc's; returns the undo. */
  subscribe(listener: (wire: string) => void): () => void;
  /** Tells a listener, once, that nothing more will come; not after `close`. Returns the undo. */
  onClose(listener: (reason?: Error) => void): () => void;
  close(): void;
}

/** How long after the news of its exit a worker's last lines may follow, on another way. */
const OUTPUT_FOLLOWS_MS = 100;

/** Opens the transport at the first subscription or send. */
export function kkrpcPlatform(transport: Transport): KkrpcPlatform {
  const lines = new LineBuffer(Infinity);
  const listeners = new Listeners((error) => console.error(error));
  let opened: Promise<void> | undefined;
  let written: Promise<void> | undefined;
  let closed: Promise<void> | undefined;
  /** Why nothing can be sent any more. */
  let over: Error | undefined;
  let tellEnd: (reason: Error) => void = nothing;
  const end = new Promise<Error>((resolve) => (tellEnd = resolve));

  function ended(reason: CloseReason): void {
    if (over) return;
    over = new ChannelClosed(reason);
    tellEnd(over);
  }

  const receiver: Receiver = {
    chunk(text) {
      for (const line of lines.feed(text).map(String))
        if (line.startsWith("{")) listeners.tell("line", `${line}\n`);
    },
    dropped: nothing, // No call of kkrpc's can be told from how its answer begins.
    // kkrpc knows no worker that takes another's place: for that one, a platform of its own.
    exited: (reason) => void setTimeout(() => ended(reason), OUTPUT_FOLLOWS_MS),
    started: nothing,
    sessionEnded: (message) => ended({ message }),
    closed: (reason) => ended(reason ?? { message: "The connection to the worker was closed" }),
  };

  async function open(): Promise<void> {
    try {
      await transport.open(receiver);
    } catch (thrown) {
      ended({ message: toError(thrown).message });
    }
  }

  async function write(wire: string): Promise<void> {
    if (over) throw over;
    await transport.write(wire.endsWith("\n") ? wire : `${wire}\n`);
  }

  return {
    send(wire) {
      opened ??= open();
      const sent = (written ?? opened).then(() => write(wire));
      written = sent.catch(nothing);
      return sent;
    },
    subscribe(listener) {
      opened ??= open();
      return listeners.add("line", (line) => listener(line as string));
    },
    onClose(listener) {
      let isWanted = true;
      end.then((reason) => isWanted && listener(reason)).catch(console.error);
      return () => void (isWanted = false);
    },
    close() {
      over ??= new ChannelClosed({ message: "The channel was destroyed" });
      closed ??= Promise.resolve()
        .then(() => transport.close())
        .catch(console.error);
    },
  };
}

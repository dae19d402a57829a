// For users.
export { batch } from "./batches.js";
export { createChannel } from "./channel.js";
export type { Channel, ChannelOptions, ChannelState } from "./channel.js";
export { createClient } from "./client.js";
export type { ErrorClass } from "./declared.js";
export { ChannelClosed, ErrorCode, RpcError, SessionEnded, WorkerStartError } from "./errors.js";
export type { EventFeed, EventIterator } from "./events.js";
export type { IncomingCall } from "./expose.js";
export type { CallOptions } from "./link.js";
export type { LogLevel, LogRecord } from "./logs.js";
export type { Params } from "./messages.js";
export { Thrown, safe } from "./safe.js";
export type { Call, CallError } from "./safe.js";
export type { Stream } from "./streams.js";

// For generated code.
export { callback, callbackOf, notice, noticeOf, procedure, procedureOf } from "./callbacks.js";
export type { Descriptor, Members, MethodDescriptor, NamespaceDescriptor } from "./client.js";
export { dict, either, list, members, tagged } from "./codecs.js";
export type { Codec, TextCodec } from "./codecs.js";
export { value } from "./codecs-role.js";
export { bigint, bytes, date, duration } from "./codecs-text.js";
export { event, eventOf } from "./events.js";
export type { EventDescriptor } from "./events.js";
export { expose } from "./expose.js";
export type { Exposed } from "./expose.js";
export { progress, progressOf } from "./progress.js";
export { stream, streamOf } from "./streams.js";

// For those who write a transport.
export type { Oversized } from "./lines.js";
export type { CloseReason, Receiver, Transport } from "./transport.js";

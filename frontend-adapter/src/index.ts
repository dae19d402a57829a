// For users.
export { createChannel } from "./channel.js";
export type { Channel, ChannelOptions, ChannelState } from "./channel.js";
export { createClient } from "./client.js";
export { ChannelClosed, ErrorCode, RpcError, SessionEnded, WorkerStartError } from "./errors.js";
export type { Params } from "./messages.js";

// For generated code.
export type { Descriptor, Members, MethodDescriptor, NamespaceDescriptor } from "./client.js";

// For those who write a transport.
export type { CloseReason, Receiver, Transport } from "./transport.js";

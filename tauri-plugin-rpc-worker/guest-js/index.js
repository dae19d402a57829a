// The runtime is that of the package rpc-worker, and not a second one: what fits a worker's version
// is there, and an error of the one is an error of the other.
export * from "rpc-worker";
export * from "rpc-worker/tauri";

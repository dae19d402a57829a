//! Makes the permissions of the commands, their reference, and the schema that editors complete by;
//! says where what `withGlobalTauri` brings is.

/// A worker that a permission is for. Without any under `allow`, it is for every worker that the app
/// declares; what stands under `deny` is left out.
#[derive(schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code)] // It is read by its schema alone; src/scope.rs has what reads the values.
struct ScopeEntry {
    /// The worker's name, as the app declares it in `plugins.rpc-worker.workers` of `tauri.conf.json`
    /// or in Rust.
    worker: String,
}

const COMMANDS: &[&str] = &[
    "attach", "detach", "write", "credit", "start", "kill", "kill_all", "restart", "list",
    "status", "runtimes",
];

fn main() {
    tauri_plugin::Builder::new(COMMANDS)
        .global_api_script_path("./api-iife.js")
        .global_scope_schema(schemars::schema_for!(ScopeEntry))
        .build();
}

/// Starts the app. What it does is in Python and in the page; `plugins.rpc-worker` in
/// `tauri.conf.json` says which Python.
pub fn run() {
    tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_rpc_worker::init())
        .run(tauri::generate_context!())
        .expect("the app starts");
}

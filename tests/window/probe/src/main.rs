//! An app with four relays between its windows and a worker, for the tests that drive it. The
//! variable `PROBE_RELAY` says which one the first window uses: `plugin`, `event`, `shell` or `js`.

mod relay;

use tauri::{Manager, RunEvent, WebviewUrl, WebviewWindowBuilder};

/// Where `worker.py` is.
const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

fn main() {
    let chosen = std::env::var("PROBE_RELAY").unwrap_or_else(|_| "plugin".to_owned());
    std::env::set_current_dir(FOLDER).expect("the probe runs where it was built");
    let plugin = tauri_plugin_rpc_worker::Builder::new().project(FOLDER);
    tauri::Builder::default()
        .plugin(plugin.build())
        .plugin(tauri_plugin_shell::init())
        .plugin(tauri_plugin_js::init())
        .manage(relay::Worker::default())
        .setup(move |app| {
            if chosen == "event" {
                relay::start(app.handle())?;
            }
            let page = WebviewUrl::App(format!("index.html?io={chosen}").into());
            WebviewWindowBuilder::new(app, "main", page).build()?;
            Ok(())
        })
        .build(tauri::generate_context!())
        .expect("the app starts")
        .run(|app, event| {
            if let RunEvent::Exit = event {
                relay::stop(&app.state::<relay::Worker>());
            }
        });
}

//! An app with four relays between its windows and a worker, for the tests that drive it and for
//! the benchmark in a window. The variable `PROBE_RELAY` says which one the first window uses:
//! `plugin`, `event`, `shell` or `js`; with `all`, its page is the one that measures them.

mod relay;

use tauri::{Manager, RunEvent, WebviewUrl, WebviewWindowBuilder};

/// Where `worker.py` is.
const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

/// The least that a page can ask of Rust.
#[tauri::command]
fn nothing() {}

fn main() {
    let chosen = std::env::var("PROBE_RELAY").unwrap_or_else(|_| "plugin".to_owned());
    std::env::set_current_dir(FOLDER).expect("the probe runs where it was built");
    let plugin = tauri_plugin_rpc_worker::Builder::new().project(FOLDER);
    tauri::Builder::default()
        .plugin(plugin.build())
        .plugin(tauri_plugin_shell::init())
        .plugin(tauri_plugin_js::init())
        .manage(relay::Worker::default())
        .invoke_handler(tauri::generate_handler![nothing])
        .setup(move |app| {
            if chosen == "event" || chosen == "all" {
                relay::start(app.handle())?;
            }
            let page = match chosen.as_str() {
                "all" => "measure.html".to_owned(),
                relay => format!("index.html?io={relay}"),
            };
            let page = WebviewUrl::App(page.into());
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

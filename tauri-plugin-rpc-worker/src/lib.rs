//! A Python worker behind a Tauri app, with one line: `.plugin(tauri_plugin_rpc_worker::init())`.
//!
//! The plugin starts and ends the app's workers, hands whole lines of their stdout to the windows,
//! and writes what the windows send to their stdin. It parses nothing of what it carries.
//!
//! From the outside in: [`Builder`] and [`Config`] say which workers there are, [`RpcWorker`] is
//! what the app's own code has of them, and `commands` what a page has.

mod attachment;
mod child;
mod commands;
mod config;
mod environment;
mod error;
mod input;
mod last_lines;
mod launch;
mod life;
mod lines;
mod message;
mod relay;
mod route;
mod run;
mod runtimes;
mod scope;
mod status;
#[cfg(all(test, unix))]
mod testing;
mod worker;
mod workers;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tauri::plugin::{PluginApi, TauriPlugin};
use tauri::webview::PageLoadEvent;
use tauri::{AppHandle, Manager, RunEvent, Runtime, WindowEvent};

pub use config::{Config, Resource, Worker};
pub use error::{Error, ErrorKind, Result};
pub use runtimes::{Detected, Runtime as PythonRuntime};
pub use status::{Exit, State, Status};
pub use workers::RpcWorker;

use launch::Places;
use runtimes::Runtimes;

/// The plugin, with the workers that `tauri.conf.json` declares.
#[must_use]
pub fn init<R: Runtime>() -> TauriPlugin<R, Option<Config>> {
    Builder::new().build()
}

/// The plugin, with workers that are declared in Rust as well.
#[derive(Debug, Clone, Default)]
pub struct Builder {
    workers: BTreeMap<String, Worker>,
    runtimes: BTreeMap<String, PathBuf>,
    project: Option<PathBuf>,
}

impl Builder {
    /// With nothing but what `tauri.conf.json` declares.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Declares a worker. What is said of it here goes before what `tauri.conf.json` says.
    #[must_use]
    pub fn worker(mut self, name: impl Into<String>, worker: Worker) -> Self {
        self.workers.insert(name.into(), worker);
        self
    }

    /// Says where `python`, `python3`, `py`, `uv` or `venv` is, instead of looking for it.
    #[must_use]
    pub fn runtime(mut self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.runtimes.insert(name.into(), path.into());
        self
    }

    /// Says where the folder of `tauri.conf.json` is in development, where it is not found.
    #[must_use]
    pub fn project(mut self, folder: impl Into<PathBuf>) -> Self {
        self.project = Some(folder.into());
        self
    }

    /// Makes the plugin.
    #[must_use]
    pub fn build<R: Runtime>(self) -> TauriPlugin<R, Option<Config>> {
        tauri::plugin::Builder::new("rpc-worker")
            .invoke_handler(tauri::generate_handler![
                commands::attach,
                commands::detach,
                commands::write,
                commands::credit,
                commands::start,
                commands::kill,
                commands::kill_all,
                commands::restart,
                commands::list,
                commands::status,
                commands::runtimes,
            ])
            .setup(move |app, api| Ok(self.set_up(app, &api)?))
            // A page's own `unload` would come too late, or not at all.
            .on_page_load(|webview, page| {
                if page.event() == PageLoadEvent::Started {
                    webview
                        .rpc_worker()
                        .leave(|place| place.webview == webview.label());
                }
            })
            .on_event(|app, event| match event {
                RunEvent::WindowEvent {
                    label,
                    event: WindowEvent::Destroyed,
                    ..
                } => app.rpc_worker().leave(|place| place.window == *label),
                RunEvent::Exit => app.rpc_worker().close(),
                _ => {}
            })
            .build()
    }

    fn set_up<R: Runtime>(
        mut self,
        app: &AppHandle<R>,
        api: &PluginApi<R, Option<Config>>,
    ) -> Result<()> {
        let declared = api.config().clone().unwrap_or_default();
        for (name, worker) in declared.workers {
            let own = self.workers.remove(&name).unwrap_or_default();
            self.workers.insert(name, own.over(worker));
        }
        let places = Arc::new(places(app, self.project.as_deref()));
        let runtimes = Arc::new(Runtimes {
            overrides: self.runtimes,
            environments: environments(&places),
            path: std::env::var_os("PATH"),
        });
        let mut workers = BTreeMap::new();
        let mut first = Vec::new();
        for (name, declared) in self.workers {
            declared.check(&name)?;
            let (grace, autostart) = (declared.grace_or_default(), declared.autostart);
            let (named, places, runtimes) =
                (name.clone(), Arc::clone(&places), Arc::clone(&runtimes));
            let find = move || launch::launch(&named, &declared, &places, &runtimes);
            let worker = Arc::new(worker::Worker::new(&name, grace, Box::new(find)));
            if autostart == Some(true) {
                first.push(Arc::clone(&worker));
            }
            workers.insert(name, worker);
        }
        app.manage(RpcWorker::new(workers, runtimes));
        for worker in first {
            std::thread::spawn(move || {
                if let Err(error) = worker.start() {
                    eprintln!("tauri-plugin-rpc-worker: {error}");
                }
            });
        }
        Ok(())
    }
}

/// Gives the app's own code its workers: `app.rpc_worker().status("backend")`.
pub trait RpcWorkerExt<R: Runtime> {
    /// The app's workers.
    fn rpc_worker(&self) -> &RpcWorker;
}

impl<R: Runtime, M: Manager<R>> RpcWorkerExt<R> for M {
    fn rpc_worker(&self) -> &RpcWorker {
        self.state::<RpcWorker>().inner()
    }
}

#[cfg_attr(not(debug_assertions), allow(unused_variables))]
fn places<R: Runtime>(app: &AppHandle<R>, project: Option<&Path>) -> Places {
    let paths = app.path();
    let program = tauri::utils::platform::current_exe().ok();
    Places {
        #[cfg(debug_assertions)]
        project: tauri::is_dev()
            .then(|| launch::project(project, program.as_deref()))
            .flatten(),
        program: program.and_then(|program| program.parent().map(Path::to_owned)),
        resources: paths.resource_dir().ok(),
        data: paths.app_data_dir().ok(),
        cache: paths.app_cache_dir().ok(),
        log: paths.app_log_dir().ok(),
    }
}

/// Where the project's virtual environment may be: the one that is active, or beside the project.
#[cfg(debug_assertions)]
fn environments(places: &Places) -> Vec<PathBuf> {
    let Some(project) = &places.project else {
        return Vec::new();
    };
    let active = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    let folders = [Some(project.as_path()), project.parent()]
        .into_iter()
        .flatten();
    let beside = folders.flat_map(|folder| [".venv", "venv"].map(|name| folder.join(name)));
    active.into_iter().chain(beside).collect()
}

#[cfg(not(debug_assertions))]
fn environments(_places: &Places) -> Vec<PathBuf> {
    Vec::new()
}

//! The app's workers by their names: what the app's own code has, and the commands stand on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tauri::async_runtime::spawn_blocking;

use crate::attachment::Place;
use crate::config::seconds;
use crate::error::{Error, ErrorKind, Result};
use crate::runtimes::{Detected, Runtimes};
use crate::status::Status;
use crate::worker::Worker;

/// The app's workers. Its clones are one.
#[derive(Clone)]
pub struct RpcWorker {
    workers: Arc<BTreeMap<String, Arc<Worker>>>,
    runtimes: Arc<Runtimes>,
}

impl RpcWorker {
    pub(crate) fn new(workers: BTreeMap<String, Arc<Worker>>, runtimes: Arc<Runtimes>) -> Self {
        Self {
            workers: Arc::new(workers),
            runtimes,
        }
    }

    /// Starts a worker, unless it runs.
    ///
    /// # Errors
    ///
    /// If there is none of that name, or it cannot be started.
    pub async fn start(&self, worker: &str) -> Result<Status> {
        let worker = self.get(worker)?;
        blocking(move || worker.start()).await
    }

    /// Ends a worker with all its processes: at once, or so many seconds after the end of its stdin.
    ///
    /// # Errors
    ///
    /// If there is none of that name, or the system does not end it.
    pub async fn kill(&self, worker: &str, grace: Option<f64>) -> Result<Status> {
        let worker = self.get(worker)?;
        let grace = given(grace)?.unwrap_or_default();
        blocking(move || worker.stop(Some(grace))).await
    }

    /// Ends a worker, unless given a grace with the one that is declared, and starts it again.
    ///
    /// # Errors
    ///
    /// If there is none of that name, or it cannot be ended or started.
    pub async fn restart(&self, worker: &str, grace: Option<f64>) -> Result<Status> {
        let worker = self.get(worker)?;
        let grace = given(grace)?;
        blocking(move || {
            worker.stop(grace)?;
            worker.start()
        })
        .await
    }

    /// How a worker is.
    ///
    /// # Errors
    ///
    /// If there is none of that name.
    pub fn status(&self, worker: &str) -> Result<Status> {
        self.get(worker).map(|worker| worker.status())
    }

    /// How all are, by name.
    #[must_use]
    pub fn list(&self) -> Vec<Status> {
        self.workers
            .values()
            .map(|worker| worker.status())
            .collect()
    }

    /// Writes whole lines to a worker's stdin, as one piece. Waits while much is waiting already.
    ///
    /// # Errors
    ///
    /// If there is none of that name, or it does not run.
    pub async fn write(&self, worker: &str, text: impl Into<Vec<u8>>) -> Result<()> {
        self.get(worker)?.write(text.into()).await
    }

    /// Which Pythons this machine has, and the paths that the app has given.
    ///
    /// # Errors
    ///
    /// None today.
    pub async fn runtimes(&self) -> Result<Detected> {
        let runtimes = Arc::clone(&self.runtimes);
        blocking(move || Ok(runtimes.detect())).await
    }

    pub(crate) fn get(&self, name: &str) -> Result<Arc<Worker>> {
        self.workers.get(name).cloned().ok_or_else(|| {
            let known: Vec<_> = self.workers.keys().map(String::as_str).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let message = format!("there is no worker {name:?}, declared: {known}; declare it in plugins.rpc-worker.workers of tauri.conf.json or with Builder::worker");
            Error::new(ErrorKind::UnknownWorker, message)
        })
    }

    /// Lets the sessions go that were attached from there. Never blocks.
    pub(crate) fn leave(&self, from: impl Fn(&Place) -> bool) {
        for worker in self.workers.values() {
            worker.leave(&from);
        }
    }

    /// Ends all at the app's end, and blocks until they have.
    pub(crate) fn close(&self) {
        thread::scope(|scope| {
            for worker in self.workers.values() {
                scope.spawn(|| worker.close());
            }
        });
    }
}

fn given(grace: Option<f64>) -> Result<Option<Duration>> {
    let Some(number) = grace else {
        return Ok(None);
    };
    let message = format!("a grace of {number} is none: it is a number of seconds, 0 or more");
    let grace = seconds(number).ok_or_else(|| Error::new(ErrorKind::Config, message))?;
    Ok(Some(grace))
}

/// Runs what blocks where nobody minds.
pub(crate) async fn blocking<T: Send + 'static>(
    what: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = spawn_blocking(what).await;
    done.unwrap_or_else(|error| {
        Err(Error::new(
            ErrorKind::Config,
            format!("tauri-plugin-rpc-worker failed: {error}"),
        ))
    })
}

//! What a page can ask. Each is asynchronous: those that are not run on the main thread, and every
//! window freezes while they do.

#![allow(clippy::needless_pass_by_value)] // Tauri hands over what it has made.

use serde::Deserialize;
use tauri::ipc::{CommandScope, InvokeBody, Request};
use tauri::{Runtime, State, Webview};

use crate::attachment::{Place, Sink};
use crate::error::{Error, ErrorKind, Result};
use crate::runtimes::Detected;
use crate::scope::{allows, check, ScopeEntry};
use crate::status::Status;
use crate::workers::{blocking, RpcWorker};

type Workers<'a> = State<'a, RpcWorker>;
type Scope = CommandScope<ScopeEntry>;

#[tauri::command]
pub async fn attach<R: Runtime>(
    webview: Webview<R>,
    workers: Workers<'_>,
    scope: Scope,
    worker: String,
    session: String,
    channel: Sink,
) -> Result<Status> {
    check(&scope, &worker)?;
    let worker = workers.get(&worker)?;
    let place = place(&webview);
    blocking(move || worker.attach(&session, &place, channel)).await
}

#[tauri::command]
pub async fn detach<R: Runtime>(
    webview: Webview<R>,
    workers: Workers<'_>,
    scope: Scope,
    worker: String,
    session: String,
) -> Result<()> {
    check(&scope, &worker)?;
    workers.get(&worker)?.detach(&session, &place(&webview));
    Ok(())
}

/// The text stands in the arguments; or it is the whole body, and the rest stands in headers: so a
/// large one is neither escaped by the page nor parsed here.
///
/// With a session, it says so if that has ended: a page whose loading of another one came to nothing,
/// as a download does, has lost it.
#[tauri::command]
pub async fn write<R: Runtime>(
    webview: Webview<R>,
    workers: Workers<'_>,
    scope: Scope,
    request: Request<'_>,
) -> Result<()> {
    let (Target { worker, session }, text) = written(&request)?;
    check(&scope, &worker)?;
    let worker = workers.get(&worker)?;
    if let Some(session) = session {
        worker.check_attached(&session, &place(&webview))?;
    }
    worker.write(text).await
}

#[tauri::command]
pub async fn credit<R: Runtime>(
    webview: Webview<R>,
    workers: Workers<'_>,
    scope: Scope,
    worker: String,
    session: String,
    received: u64,
) -> Result<()> {
    check(&scope, &worker)?;
    workers
        .get(&worker)?
        .credit(&session, &place(&webview), received)
}

#[tauri::command]
pub async fn start(workers: Workers<'_>, scope: Scope, worker: String) -> Result<Status> {
    check(&scope, &worker)?;
    workers.start(&worker).await
}

#[tauri::command]
pub async fn kill(
    workers: Workers<'_>,
    scope: Scope,
    worker: String,
    grace: Option<f64>,
) -> Result<Status> {
    check(&scope, &worker)?;
    workers.kill(&worker, grace).await
}

#[tauri::command]
pub async fn kill_all(
    workers: Workers<'_>,
    scope: Scope,
    grace: Option<f64>,
) -> Result<Vec<Status>> {
    let names = workers.list().into_iter().map(|status| status.worker);
    let names = names.filter(|name| allows(&scope, name));
    // All at once: each may take its grace.
    let killed: Vec<_> = names
        .map(|name| {
            let workers = workers.inner().clone();
            tauri::async_runtime::spawn(async move { workers.kill(&name, grace).await })
        })
        .collect();
    let mut statuses = Vec::new();
    for one in killed {
        let killed = one.await;
        statuses.push(killed.map_err(|error| Error::new(ErrorKind::NotEnded, error.to_string()))??);
    }
    Ok(statuses)
}

#[tauri::command]
pub async fn restart(
    workers: Workers<'_>,
    scope: Scope,
    worker: String,
    grace: Option<f64>,
) -> Result<Status> {
    check(&scope, &worker)?;
    workers.restart(&worker, grace).await
}

#[tauri::command]
pub async fn list(workers: Workers<'_>, scope: Scope) -> Result<Vec<Status>> {
    let mut statuses = workers.list();
    statuses.retain(|status| allows(&scope, &status.worker));
    Ok(statuses)
}

#[tauri::command]
pub async fn status(workers: Workers<'_>, scope: Scope, worker: String) -> Result<Status> {
    check(&scope, &worker)?;
    workers.status(&worker)
}

#[tauri::command]
pub async fn runtimes(workers: Workers<'_>) -> Result<Detected> {
    workers.runtimes().await
}

fn place<R: Runtime>(webview: &Webview<R>) -> Place {
    Place {
        window: webview.window().label().to_owned(),
        webview: webview.label().to_owned(),
    }
}

/// Whom a text is for, and whose it is.
#[derive(Deserialize)]
struct Target {
    worker: String,
    session: Option<String>,
}

#[derive(Deserialize)]
struct Text {
    text: String,
}

fn written(request: &Request<'_>) -> Result<(Target, Vec<u8>)> {
    let wrong = |what: &str| {
        let message = format!("rpc-worker|write: {what}; it takes {{worker, session, text}}, or a Uint8Array and the headers \"worker\" and \"session\"");
        Error::new(ErrorKind::BadText, message)
    };
    match request.body() {
        InvokeBody::Json(arguments) => {
            let target = Target::deserialize(arguments);
            let read = target.and_then(|target| Ok((target, Text::deserialize(arguments)?.text)));
            let (target, text) = read.map_err(|error| wrong(&error.to_string()))?;
            Ok((target, text.into_bytes()))
        }
        InvokeBody::Raw(bytes) => {
            let header = |name| {
                let value = request.headers().get(name)?.to_str().ok()?;
                Some(value.to_owned())
            };
            let worker = header("worker").ok_or_else(|| wrong("no header names the worker"))?;
            let session = header("session");
            Ok((Target { worker, session }, bytes.clone()))
        }
    }
}

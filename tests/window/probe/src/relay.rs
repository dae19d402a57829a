//! The relay that people write by hand, as the documentation has it: two events, a line an event.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{mpsc, Mutex};
use std::time::{Duration, Instant};

use tauri::{AppHandle, Emitter, Listener, Manager};

#[derive(Default)]
pub struct Worker {
    outbox: Mutex<Option<mpsc::Sender<String>>>,
    child: Mutex<Option<Child>>,
}

pub fn start(app: &AppHandle) -> std::io::Result<()> {
    let mut child = Command::new("python")
        .arg("worker.py")
        .current_dir(crate::FOLDER)
        // With this, the worker notices when the app is killed.
        .env("RPC_WORKER_HOST_PID", std::process::id().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let stdout = child.stdout.take().expect("stdout is piped");
    let stderr = child.stderr.take().expect("stderr is piped");
    let (outbox, payloads) = mpsc::channel::<String>();
    let worker = app.state::<Worker>();
    *worker.outbox.lock().unwrap() = Some(outbox);
    *worker.child.lock().unwrap() = Some(child);

    // From a window to the worker: each payload is written in one piece, and ends with a newline.
    // A queue stands between, so that a worker that is slow to read does not hold up the app.
    let host = app.clone();
    app.listen_any("frontend-to-runtime", move |event| {
        let Ok(lines) = serde_json::from_str::<String>(event.payload()) else {
            return;
        };
        if let Some(outbox) = host.state::<Worker>().outbox.lock().unwrap().as_ref() {
            let _ = outbox.send(lines);
        }
    });
    let windows = app.clone();
    std::thread::spawn(move || {
        for mut lines in payloads {
            if !lines.ends_with('\n') {
                lines.push('\n');
            }
            if stdin.write_all(lines.as_bytes()).is_err() {
                // Nobody reads any more. A window that was opened since then learns of it here.
                let code = wait_for_end(&windows.state::<Worker>());
                let _ = windows.emit("runtime-exit", code);
            }
        }
    });

    // What the worker prints: to the terminal, and to the windows, whose errors quote its end.
    let (printing, printed) = mpsc::channel::<()>();
    let windows = app.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            eprintln!("{line}");
            let _ = windows.emit("runtime-stderr", line);
        }
        drop(printing);
    });

    // From the worker to every window, a line an event; and last, that it has ended.
    let windows = app.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = windows.emit("runtime-stdout", line);
        }
        let code = wait_for_end(&windows.state::<Worker>());
        let _ = printed.recv_timeout(Duration::from_millis(100));
        let _ = windows.emit("runtime-exit", code);
    });
    Ok(())
}

/// Waits until the worker has ended, and kills it when it takes too long: by itself it ends within
/// eight seconds. Returns its exit code, if it has one.
fn wait_for_end(worker: &Worker) -> Option<i32> {
    let deadline = Instant::now() + Duration::from_secs(9);
    loop {
        let mut locked = worker.child.lock().unwrap();
        let child = locked.as_mut()?;
        if let Some(status) = child.try_wait().ok()? {
            return status.code();
        }
        if Instant::now() > deadline {
            let _ = child.kill();
        }
        drop(locked);
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The end of its input asks the worker to finish.
pub fn stop(worker: &Worker) {
    drop(worker.outbox.lock().unwrap().take());
    wait_for_end(worker);
}

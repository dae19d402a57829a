//! One process: how it is started, and how it ended.

use std::io;
use std::process::{ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::launch::Launch;
use crate::status::{now, Exit};

#[cfg(unix)]
#[path = "tree/unix.rs"]
mod tree;
#[cfg(windows)]
#[path = "tree/windows.rs"]
mod tree;

/// A worker's process with all that it starts. It can be killed while another thread waits for it.
pub struct Child {
    pub pid: u32,
    tree: tree::Tree,
}

/// What one thread waits with for the process's end.
pub struct Waiter(std::process::Child);

/// The process's ends of its pipes.
pub struct Pipes {
    pub stdin: ChildStdin,
    pub stdout: ChildStdout,
    pub stderr: ChildStderr,
}

impl Child {
    pub fn spawn(launch: &Launch) -> io::Result<(Self, Waiter, Pipes)> {
        let mut command = Command::new(&launch.program);
        command.args(&launch.args);
        if let Some(cwd) = &launch.cwd {
            command.current_dir(cwd);
        }
        for (name, value) in &launch.env {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        quiet(&mut command);
        let (tree, mut process) = tree::Tree::spawn(&mut command, &mark())?;
        let pipes = Pipes {
            stdin: process.stdin.take().expect("stdin was piped"),
            stdout: process.stdout.take().expect("stdout was piped"),
            stderr: process.stderr.take().expect("stderr was piped"),
        };
        let pid = process.id();
        Ok((Self { pid, tree }, Waiter(process), pipes))
    }

    /// Kills it and all that it has started.
    pub fn kill(&self) {
        self.tree.kill();
    }

    /// Blocks until it has ended, and nothing is left of what it has started.
    pub fn wait(&self, mut waiter: Waiter) -> Exit {
        match self.tree.wait(&mut waiter.0) {
            Ok(status) => Exit {
                code: status.code(),
                signal: signal(status),
                ..Exit::default()
            },
            Err(_) => Exit::default(),
        }
    }
}

/// Keeps a console program from opening a window.
#[cfg(windows)]
pub fn quiet(command: &mut Command) {
    use std::os::windows::process::CommandExt;
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    command.creation_flags(CREATE_NO_WINDOW);
}

/// There are no such windows here.
#[cfg(not(windows))]
pub fn quiet(_command: &mut Command) {}

/// What no other process tree on this machine has.
fn mark() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{}-{}-{count}", std::process::id(), now())
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<String> {
    use rustix::process::Signal;
    let number = std::os::unix::process::ExitStatusExt::signal(&status)?;
    let named = [
        (Signal::HUP, "SIGHUP"),
        (Signal::INT, "SIGINT"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::ILL, "SIGILL"),
        (Signal::TRAP, "SIGTRAP"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::KILL, "SIGKILL"),
        (Signal::USR1, "SIGUSR1"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::USR2, "SIGUSR2"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::ALARM, "SIGALRM"),
        (Signal::TERM, "SIGTERM"),
        (Signal::XCPU, "SIGXCPU"),
    ];
    let name = named.iter().find(|(signal, _)| signal.as_raw() == number);
    Some(name.map_or_else(
        || format!("signal {number}"),
        |(_, name)| (*name).to_owned(),
    ))
}

#[cfg(not(unix))]
fn signal(_status: ExitStatus) -> Option<String> {
    None
}

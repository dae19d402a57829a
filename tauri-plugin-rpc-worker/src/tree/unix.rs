//! All processes of one worker, where they can be told by their parents, groups and environment.
//!
//! A group alone is not enough: a program that `PyInstaller` packed into one file is two processes,
//! of which the second, the worker, leads a group of its own. A process that was started in a session
//! of its own is meant to outlive the worker, and does.

use std::collections::HashSet;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{kill_process, waitid, Pid, Signal, WaitId, WaitIdOptions};

/// How long what a worker left behind has to end when it is asked to.
const ASKED: Duration = Duration::from_millis(500);

/// Between two looks at what is still there.
const LOOK: Duration = Duration::from_millis(5);

/// How long killed processes are waited for: what the system holds for longer, nobody can end.
const KILLED: Duration = Duration::from_secs(2);

/// The variable by which a process is known that has lost its parents.
const MARK: &str = "RPC_WORKER_TREE";

pub struct Tree {
    root: Pid,
    mark: String,
    /// Whether the number of the root may be another process's by now.
    reaped: Mutex<bool>,
}

impl Tree {
    pub fn spawn(command: &mut Command, mark: &str) -> io::Result<(Self, Child)> {
        let child = command.env(MARK, mark).process_group(0).spawn()?;
        let tree = Self {
            root: Pid::from_child(&child),
            mark: format!("{MARK}={mark}"),
            reaped: Mutex::new(false),
        };
        Ok((tree, child))
    }

    /// Kills all.
    pub fn kill(&self) {
        let reaped = self.reaped.lock().unwrap_or_else(PoisonError::into_inner);
        if !*reaped {
            self.kill_until_gone();
        }
    }

    /// Blocks until the root has ended and what it left behind as well.
    pub fn wait(&self, child: &mut Child) -> io::Result<ExitStatus> {
        // It stays in the system's table meanwhile: so its number is nobody else's.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(error) = waitid(WaitId::Pid(self.root), options) {
            if error != rustix::io::Errno::INTR {
                break;
            }
        }
        self.end_rest();
        let mut reaped = self.reaped.lock().unwrap_or_else(PoisonError::into_inner);
        *reaped = true;
        child.wait()
    }

    fn end_rest(&self) {
        let begun = Instant::now();
        let mut asked = HashSet::new();
        while self.signal(Signal::TERM, &mut asked) {
            if begun.elapsed() > ASKED {
                return self.kill_until_gone();
            }
            thread::sleep(LOOK);
        }
    }

    /// Again and again: while the processes are counted and killed, they may start others.
    fn kill_until_gone(&self) {
        let begun = Instant::now();
        let mut killed = HashSet::new();
        while self.signal(Signal::KILL, &mut killed) && begun.elapsed() < KILLED {
            thread::sleep(LOOK);
        }
    }

    /// Signals those that run and have not got it yet; returns whether any run.
    fn signal(&self, signal: Signal, signalled: &mut HashSet<i32>) -> bool {
        let members = self.members(signalled);
        for process in &members {
            if signalled.insert(process.as_raw_pid()) {
                let _ = kill_process(*process, signal);
            }
        }
        !members.is_empty()
    }

    /// Those that run. What was one of them stays one: a process that is dying has lost its parent and
    /// its environment before it is gone.
    fn members(&self, former: &HashSet<i32>) -> Vec<Pid> {
        let all = processes();
        let mut known = former.clone();
        known.insert(self.root.as_raw_pid());
        let marked = all.iter().filter(|process| self.is_marked(process.id));
        known.extend(marked.map(|process| process.id));
        loop {
            let before = known.len();
            for process in &all {
                if known.contains(&process.parent) || known.contains(&process.group) {
                    known.insert(process.id);
                }
            }
            if known.len() == before {
                break;
            }
        }
        let own = all
            .iter()
            .find(|process| u32::try_from(process.id) == Ok(std::process::id()));
        let session = own.and_then(|process| process.session);
        let members = all.iter().filter(|process| {
            process.runs && process.session == session && known.contains(&process.id)
        });
        members
            .filter_map(|process| Pid::from_raw(process.id))
            .collect()
    }

    #[cfg(target_os = "linux")]
    fn is_marked(&self, process: i32) -> bool {
        let environment = std::fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        environment
            .split(|byte| *byte == 0)
            .any(|variable| variable == self.mark.as_bytes())
    }

    /// Other systems do not show it.
    #[cfg(not(target_os = "linux"))]
    fn is_marked(&self, _process: i32) -> bool {
        let _ = &self.mark;
        false
    }
}

struct Process {
    id: i32,
    parent: i32,
    group: i32,
    /// In a container it is 0 as long as the session's leader is outside, which is no process's id:
    /// `getsid` of `rustix` panics there.
    session: Option<i32>,
    /// Whether it is more than a zombie.
    runs: bool,
}

#[cfg(target_os = "linux")]
fn processes() -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let ids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    ids.filter_map(|id: i32| {
        let stat = std::fs::read(format!("/proc/{id}/stat")).ok()?;
        from_stat(id, &String::from_utf8_lossy(&stat))
    })
    .collect()
}

#[cfg(target_os = "linux")]
fn from_stat(id: i32, stat: &str) -> Option<Process> {
    // The program's name stands in parentheses, and may hold any character.
    let mut fields = stat[stat.rfind(')')? + 1..].split_whitespace();
    let runs = !matches!(fields.next()?, "Z" | "X");
    let mut number = || fields.next()?.parse().ok();
    Some(Process {
        id,
        parent: number()?,
        group: number()?,
        session: number(),
        runs,
    })
}

#[cfg(not(target_os = "linux"))]
fn processes() -> Vec<Process> {
    let listed = Command::new("ps")
        .args(["-axo", "pid=,ppid=,pgid=,stat="])
        .output();
    let listed = listed.map(|listed| listed.stdout).unwrap_or_default();
    let process = |line: &str| {
        let mut fields = line.split_whitespace();
        let mut number = || fields.next()?.parse().ok();
        let (id, parent, group) = (number()?, number()?, number()?);
        let runs = !fields.next()?.starts_with('Z');
        // `ps` tells no session here; and none is outside, as there are no containers.
        let session = rustix::process::getsid(Pid::from_raw(id)).ok();
        Some(Process {
            id,
            parent,
            group,
            session: session.map(Pid::as_raw_pid),
            runs,
        })
    };
    String::from_utf8_lossy(&listed)
        .lines()
        .filter_map(process)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Child, Command, Stdio};

    use rustix::process::{kill_process, test_kill_process, Pid, Signal};

    use super::Tree;

    /// Starts a Python that writes the ids of processes of its tree, a line each, and then hangs.
    fn start(script: &str, mark: &str) -> (Tree, Child, Vec<i32>) {
        let mut python = Command::new("python3");
        python
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let (tree, mut child) = Tree::spawn(&mut python, mark).expect("python3 runs");
        let stdout = child.stdout.as_mut().expect("it is piped");
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("it tells its processes");
        let ids = line
            .split_whitespace()
            .map(|id| id.parse().expect("an id"))
            .collect();
        (tree, child, ids)
    }

    fn lives(id: i32) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let is_there = test_kill_process(Pid::from_raw(id).expect("an id")).is_ok();
        is_there && !stat.contains(") Z ") && !stat.contains(") X ")
    }

    /// A child in a group of its own, as a packed worker is; its child; all deaf to SIGTERM.
    const DEAF: &str = r#"
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
hang = "import time; time.sleep(600)"
grandchild = f"import os, subprocess, sys; print(subprocess.Popen([sys.executable, '-c', '{hang}']).pid, os.getpid(), flush=True); {hang}"
child = subprocess.Popen([sys.executable, "-c", grandchild], stdout=subprocess.PIPE, process_group=0)
print(child.stdout.readline().decode().strip(), flush=True)
sys.stdin.read()
"#;

    #[test]
    fn kills_the_whole_tree() {
        let (tree, mut child, ids) = start(DEAF, "kill");
        assert_eq!(ids.len(), 2);
        assert!(ids.iter().all(|id| lives(*id)));
        tree.kill();
        assert!(!ids.iter().any(|id| lives(*id)), "{ids:?}");
        let status = tree.wait(&mut child).expect("it has ended");
        assert_eq!(status.signal(), Some(9));
        tree.kill(); // By now its number may be another's.
    }

    #[test]
    fn what_a_worker_leaves_behind_is_ended() {
        let (tree, mut child, ids) = start(DEAF, "leave");
        drop(child.stdin.take());
        let status = tree.wait(&mut child).expect("it ends");
        assert_eq!(status.code(), Some(0));
        assert!(!ids.iter().any(|id| lives(*id)), "{ids:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_session_that_began_outside_the_container_is_one() {
        let inside = super::from_stat(7, "7 (a) b) S 1 7 0 0 -1 4194560").expect("all is there");
        assert_eq!(
            (inside.parent, inside.group, inside.session),
            (1, 7, Some(0))
        );
        assert!(inside.runs);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_worker_whose_loader_is_killed_is_found() {
        let (tree, mut child, ids) = start(DEAF, "orphan");
        // The one in the middle leads a group; then it has lost its parent, and its child too.
        for id in [i32::try_from(child.id()).expect("an id"), ids[1]] {
            kill_process(Pid::from_raw(id).expect("an id"), Signal::KILL).expect("it runs");
        }
        tree.wait(&mut child).expect("it has ended");
        assert!(!ids.iter().any(|id| lives(*id)), "{ids:?}");
    }

    #[test]
    fn a_session_of_its_own_outlives_it() {
        let script = r#"
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(child.pid, flush=True)
sys.stdin.read()
"#;
        let (tree, mut child, ids) = start(script, "session");
        tree.kill();
        tree.wait(&mut child).expect("it has ended");
        assert!(ids.iter().all(|id| lives(*id)), "{ids:?}");
        for id in ids {
            let _ = kill_process(Pid::from_raw(id).expect("an id"), Signal::KILL);
        }
    }
}

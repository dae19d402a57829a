//! What the tests of several modules need: a folder of their own, and programs in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that goes with the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("rpc-worker-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("the folder can be made");
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn join(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Writes a script that can be run, in a folder that need not be there.
///
/// Another process does: while a test of another thread is starting a child, that child holds what
/// is open for writing here, and a program that is open for writing cannot be run.
pub fn program(path: &Path, text: &str) {
    const WRITE: &str = r#"mkdir -p "${1%/*}" && printf %s "$2" >"$1" && chmod +x "$1""#;
    let mut shell = std::process::Command::new("sh");
    let written = shell.args(["-c", WRITE, "sh"]).arg(path).arg(text).status();
    assert!(
        written.is_ok_and(|status| status.success()),
        "{}",
        path.display()
    );
}

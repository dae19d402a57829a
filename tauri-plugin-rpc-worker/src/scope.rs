//! Which workers a page's permission is for. `build.rs` has the schema of it.

use serde::Deserialize;
use tauri::ipc::CommandScope;

use crate::error::{Error, ErrorKind, Result};

/// A worker that is allowed, or denied.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeEntry {
    worker: String,
}

/// Whether the permission is for this worker: for all, unless some are named.
pub fn allows(scope: &CommandScope<ScopeEntry>, worker: &str) -> bool {
    fits(&names(scope.allows()), &names(scope.denies()), worker)
}

/// Refuses a worker that the permission is not for.
pub fn check(scope: &CommandScope<ScopeEntry>, worker: &str) -> Result<()> {
    if allows(scope, worker) {
        return Ok(());
    }
    let message = format!(
        "this window may not use the worker {worker:?}: the scope of its rpc-worker permission leaves it out; add {{ \"worker\": {worker:?} }} to \"allow\" in the capability"
    );
    Err(Error::new(ErrorKind::NotAllowed, message))
}

fn names(entries: &[std::sync::Arc<ScopeEntry>]) -> Vec<&str> {
    entries.iter().map(|entry| entry.worker.as_str()).collect()
}

fn fits(allowed: &[&str], denied: &[&str], worker: &str) -> bool {
    !denied.contains(&worker) && (allowed.is_empty() || allowed.contains(&worker))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn all_unless_some_are_named() {
        for (allowed, denied, a, b) in [
            (&[][..], &[][..], true, true),
            (&["a"], &[], true, false),
            (&[], &["a"], false, true),
            (&["a", "b"], &["a"], false, true),
        ] {
            assert_eq!(
                (fits(allowed, denied, "a"), fits(allowed, denied, "b")),
                (a, b)
            );
        }
    }
}

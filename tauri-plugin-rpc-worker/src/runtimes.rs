//! Which Pythons this machine has, and which of them a worker is run with.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::child::quiet;

/// What is looked for by name.
const NAMES: [&str; 5] = ["venv", "python", "python3", "py", "uv"];

/// Where a script needs a Python: by these names, in this order. The last ones are for machines
/// whose `python3` is older.
const SCRIPT: [&str; 7] = [
    "python3",
    "python",
    "py",
    "python3.14",
    "python3.13",
    "python3.12",
    "python3.11",
];

/// The oldest Python that a worker runs on.
const OLDEST: (u32, u32) = (3, 11);

/// How long one may take to tell its version.
const PATIENCE: Duration = Duration::from_secs(5);

/// One that was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Runtime {
    /// `python`, `python3`, `py`, `uv`, or `venv` for the environment beside the project.
    pub name: String,
    /// Whether it is there and tells its version.
    pub available: bool,
    /// Where it is.
    pub path: Option<PathBuf>,
    /// What it says its version is, such as `3.12.4`.
    pub version: Option<String>,
    /// Whether the path is the app's, from `Builder::runtime`.
    pub overridden: bool,
}

/// All that were looked for, and what the app has said of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Detected {
    /// Each of the names.
    pub runtimes: Vec<Runtime>,
    /// The paths that the app has given, by name.
    pub overrides: BTreeMap<String, PathBuf>,
}

/// Looks for them.
#[derive(Debug, Clone, Default)]
pub struct Runtimes {
    /// The paths that the app has given, by name.
    pub overrides: BTreeMap<String, PathBuf>,
    /// The virtual environments that the project may have: none in a release build.
    pub environments: Vec<PathBuf>,
    /// The folders in which programs are.
    pub path: Option<OsString>,
}

impl Runtimes {
    /// Looks for all, and asks each for its version. Blocks while they answer.
    pub fn detect(&self) -> Detected {
        let one = |name: &str| {
            let path = self.find(name);
            let version = path.as_deref().and_then(version);
            Runtime {
                name: name.to_owned(),
                available: version.is_some(),
                path,
                version,
                overridden: self.overrides.contains_key(name),
            }
        };
        let runtimes = thread::scope(|scope| {
            let asked = NAMES.map(|name| scope.spawn(move || one(name)));
            asked
                .map(|one| one.join().expect("looking does not panic"))
                .into()
        });
        Detected {
            runtimes,
            overrides: self.overrides.clone(),
        }
    }

    /// Where one of them is, or any other program.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        if let Some(path) = self.overrides.get(name) {
            return Some(path.clone());
        }
        if name == "venv" {
            return self.venv();
        }
        let folders = self.path.as_deref().map(env::split_paths)?;
        let file = name.to_owned() + env::consts::EXE_SUFFIX;
        folders
            .map(|folder| folder.join(&file))
            .find(|path| is_program(path))
    }

    /// What a command in development means by a program's name: for Python, the project's own.
    #[cfg(debug_assertions)]
    pub fn in_development(&self, name: &str) -> Option<PathBuf> {
        const PYTHONS: [&str; 3] = ["python", "python3", "py"];
        if !PYTHONS.contains(&name) {
            return self.find(name);
        }
        let others = PYTHONS.into_iter().filter(|other| *other != name);
        let overridden = self.overrides.get(name).cloned();
        overridden
            .or_else(|| self.venv())
            .or_else(|| self.find(name))
            .or_else(|| others.into_iter().find_map(|other| self.find(other)))
    }

    /// The Python that runs a bundled script; else what is there instead.
    pub fn for_script(&self, wanted: Option<&str>) -> Result<PathBuf, String> {
        if let Some(wanted) = wanted {
            let path = Path::new(wanted);
            if path.components().count() > 1 {
                return Ok(path.to_owned());
            }
            return self
                .find(wanted)
                .ok_or_else(|| format!("there is no {wanted} on this machine"));
        }
        let mut old = Vec::new();
        for name in SCRIPT {
            let Some(path) = self.find(name) else {
                continue;
            };
            // An app that names one has its reasons.
            if self.overrides.contains_key(name) {
                return Ok(path);
            }
            match version(&path) {
                Some(version) if is_new(&version) => return Ok(path),
                Some(version) => old.push(format!("{} is {version}", path.display())),
                None => old.push(format!("{} does not tell its version", path.display())),
            }
        }
        let (major, minor) = OLDEST;
        let found = if old.is_empty() {
            "none was found".to_owned()
        } else {
            old.join(", ")
        };
        Err(format!("Python {major}.{minor} or newer is needed, and {found}; install one from https://www.python.org/downloads/"))
    }

    fn venv(&self) -> Option<PathBuf> {
        let python = if cfg!(windows) {
            "Scripts/python.exe"
        } else {
            "bin/python"
        };
        let mut pythons = self.environments.iter().map(|folder| folder.join(python));
        pythons.find(|path| is_program(path))
    }
}

/// What a program says its version is: `Python 3.12.4` and `uv 0.5.1 (…)` tell it in the second word.
fn version(program: &Path) -> Option<String> {
    let mut command = Command::new(program);
    command
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    quiet(&mut command);
    let mut asked = command.spawn().ok()?;
    let begun = Instant::now();
    // What does not answer is no Python: on Windows, it may be what opens the shop.
    let status = loop {
        match asked.try_wait() {
            Ok(Some(status)) => break Some(status),
            Ok(None) if begun.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(2)),
            _ => break None,
        }
    };
    if status.is_none() {
        let _ = asked.kill();
        let _ = asked.wait();
    }
    let mut said = String::new();
    asked
        .stdout
        .take()?
        .take(1000)
        .read_to_string(&mut said)
        .ok()?;
    let version = said.split_whitespace().nth(1)?;
    let is_one = status?.success() && version.starts_with(|first: char| first.is_ascii_digit());
    is_one.then(|| version.to_owned())
}

fn is_new(version: &str) -> bool {
    let mut numbers = version
        .split('.')
        .map(|number| number.parse::<u32>().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= OLDEST
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let found = path.metadata();
    found.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

#[cfg(all(test, unix))]
mod tests {
    use super::{is_new, Runtimes};
    use crate::testing::{program, Folder};

    /// Programs that say a version, in a folder that is the whole path.
    fn machine(programs: &[(&str, &str)]) -> (Folder, Runtimes) {
        let folder = Folder::new();
        for (name, says) in programs {
            program(&folder.join(name), &format!("#!/bin/sh\necho '{says}'\n"));
        }
        let runtimes = Runtimes {
            path: Some(folder.path().into()),
            ..Runtimes::default()
        };
        (folder, runtimes)
    }

    #[test]
    fn tells_what_is_there() {
        let (folder, mut runtimes) = machine(&[
            ("python3", "Python 3.12.4"),
            ("uv", "uv 0.5.1 (abc 2024)"),
            ("py", "Usage: py"),
            ("other", "Python 3.9.0"),
            ("beside/.venv/bin/python", "Python 3.13.0"),
        ]);
        runtimes
            .overrides
            .insert("python".into(), folder.join("other"));
        runtimes.environments = vec![folder.join("nowhere"), folder.join("beside/.venv")];
        let detected = runtimes.detect();
        assert_eq!(detected.overrides, runtimes.overrides);
        let told: Vec<_> = detected
            .runtimes
            .iter()
            .map(|one| {
                let path = one
                    .path
                    .as_ref()
                    .map(|path| path.strip_prefix(folder.path()).expect("it is there"));
                (
                    one.name.as_str(),
                    path.and_then(|path| path.to_str()),
                    one.version.as_deref(),
                    one.available,
                    one.overridden,
                )
            })
            .collect();
        let expected = [
            (
                "venv",
                Some("beside/.venv/bin/python"),
                Some("3.13.0"),
                true,
                false,
            ),
            ("python", Some("other"), Some("3.9.0"), true, true),
            ("python3", Some("python3"), Some("3.12.4"), true, false),
            ("py", Some("py"), None, false, false),
            ("uv", Some("uv"), Some("0.5.1"), true, false),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn nothing_is_there() {
        let detected = Runtimes::default().detect();
        assert!(detected
            .runtimes
            .iter()
            .all(|one| !one.available && one.path.is_none()));
    }

    #[cfg(debug_assertions)]
    #[test]
    fn development_prefers_the_projects_own() {
        let (folder, mut runtimes) =
            machine(&[("python3", ""), ("uv", ""), ("beside/venv/bin/python", "")]);
        let found = |runtimes: &Runtimes, name| runtimes.in_development(name);
        assert_eq!(found(&runtimes, "python"), Some(folder.join("python3")));
        runtimes.environments = vec![folder.join("beside/venv")];
        assert_eq!(
            found(&runtimes, "python"),
            Some(folder.join("beside/venv/bin/python"))
        );
        assert_eq!(found(&runtimes, "uv"), Some(folder.join("uv")));
        runtimes.overrides.insert("python".into(), "/mine".into());
        assert_eq!(found(&runtimes, "python"), Some("/mine".into()));
        assert_eq!(found(&runtimes, "node"), None);
    }

    #[test]
    fn a_script_gets_the_first_that_is_new_enough() {
        let (folder, mut runtimes) = machine(&[
            ("python3", "Python 3.9.6"),
            ("python", "Python 2.7.18"),
            ("python3.12", "Python 3.12.1"),
        ]);
        assert_eq!(runtimes.for_script(None), Ok(folder.join("python3.12")));
        assert_eq!(
            runtimes.for_script(Some("python3")),
            Ok(folder.join("python3"))
        );
        assert_eq!(
            runtimes.for_script(Some("/a/python")),
            Ok("/a/python".into())
        );
        runtimes.overrides.insert("python3".into(), "/mine".into());
        assert_eq!(runtimes.for_script(None), Ok("/mine".into()));
    }

    #[test]
    fn says_what_it_found_instead() {
        let (_folder, runtimes) = machine(&[("python3", "Python 3.9.6"), ("py", "")]);
        let mistake = runtimes.for_script(None).expect_err("both will not do");
        assert!(mistake.contains("python3 is 3.9.6"), "{mistake}");
        assert!(
            mistake.contains("py does not tell its version"),
            "{mistake}"
        );
        let mistake = runtimes
            .for_script(Some("python3.12"))
            .expect_err("it is not there");
        assert!(mistake.contains("there is no python3.12"), "{mistake}");
    }

    #[test]
    fn compares_versions_by_their_numbers() {
        for (version, new) in [
            ("3.11.0", true),
            ("3.9.20", false),
            ("3.14.0rc1", true),
            ("4.0", true),
            ("2.7.18", false),
            ("3", false),
        ] {
            assert_eq!(is_new(version), new, "{version}");
        }
    }
}

//! Which workers there are, as the app's author declares them: in `plugins.rpc-worker` of
//! `tauri.conf.json`, in Rust, or in both.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use crate::error::{Error, ErrorKind, Result};

/// How many characters the name of a worker has at most.
const LONGEST: usize = 64;

/// A worker gives what runs five seconds, and ends after eight at the latest: one that is killed
/// before that loses answers, and does not leave its lifespan.
const GRACE: f64 = 9.0;

/// The section `plugins.rpc-worker` of `tauri.conf.json`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The workers by their names.
    pub workers: BTreeMap<String, Worker>,
}

/// What one worker is, and how it is started.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Worker {
    #[cfg(debug_assertions)]
    pub(crate) dev: Option<Dev>,
    /// Read over: a release build has nothing that could run it.
    #[cfg(not(debug_assertions))]
    #[serde(deserialize_with = "ignore")]
    dev: (),
    pub(crate) sidecar: Option<String>,
    pub(crate) resource: Option<Resource>,
    pub(crate) args: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) grace: Option<f64>,
    pub(crate) autostart: Option<bool>,
}

/// What is run in development: under `tauri dev`, never in a release build.
#[cfg(debug_assertions)]
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dev {
    pub command: Vec<String>,
    /// Relative to the folder of `tauri.conf.json`, which it is unless it is given.
    #[serde(default)]
    pub cwd: Option<String>,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

/// What is run out of the app's bundled resources.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Resource {
    /// A script, run by a Python that is found on the machine.
    Script {
        /// Its path among the resources.
        script: String,
        /// The Python: its path, or a name such as `python3.12`. By default the first that is new
        /// enough.
        python: Option<String>,
    },
    /// A program, such as the folder that `PyInstaller` makes has one.
    Program {
        /// Its path among the resources; on Windows, `.exe` is added where it is missing.
        program: String,
    },
}

impl Worker {
    /// A worker of which nothing is said yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What is run in development: the program and its arguments.
    ///
    /// `python`, `python3` and `py` mean the virtual environment beside the project, where one is.
    /// A release build does not have this.
    #[must_use]
    #[cfg_attr(
        not(debug_assertions),
        allow(unused_mut, unused_variables, clippy::needless_pass_by_value)
    )]
    pub fn dev<S: Into<String>>(mut self, command: impl IntoIterator<Item = S>) -> Self {
        #[cfg(debug_assertions)]
        {
            let command = command.into_iter().map(Into::into).collect();
            self.dev.get_or_insert_default().command = command;
        }
        self
    }

    /// The folder in which that is run, relative to the one of `tauri.conf.json`.
    #[must_use]
    #[cfg_attr(
        not(debug_assertions),
        allow(unused_mut, unused_variables, clippy::needless_pass_by_value)
    )]
    pub fn dev_cwd(mut self, folder: impl Into<String>) -> Self {
        #[cfg(debug_assertions)]
        {
            self.dev.get_or_insert_default().cwd = Some(folder.into());
        }
        self
    }

    /// A variable of its environment in development.
    #[must_use]
    #[cfg_attr(
        not(debug_assertions),
        allow(unused_mut, unused_variables, clippy::needless_pass_by_value)
    )]
    pub fn dev_env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        #[cfg(debug_assertions)]
        {
            let env = &mut self.dev.get_or_insert_default().env;
            env.insert(name.into(), value.into());
        }
        self
    }

    /// The program beside the app's own, as named in `bundle.externalBin`. It is tried first.
    #[must_use]
    pub fn sidecar(mut self, name: impl Into<String>) -> Self {
        self.sidecar = Some(name.into());
        self
    }

    /// What is run out of the app's resources where there is no sidecar.
    #[must_use]
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resource = Some(resource);
        self
    }

    /// The arguments of the sidecar or the resource.
    #[must_use]
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args = args.into_iter().map(Into::into).collect();
        self
    }

    /// A variable of its environment, in development too.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// How many seconds it has to end once its stdin has; then it is killed. By default 9.
    #[must_use]
    pub fn grace(mut self, seconds: f64) -> Self {
        self.grace = Some(seconds);
        self
    }

    /// Whether it starts with the app. By default it does at its first use.
    #[must_use]
    pub fn autostart(mut self, autostart: bool) -> Self {
        self.autostart = Some(autostart);
        self
    }

    /// What is said here, and where nothing is, what the other says.
    pub(crate) fn over(mut self, other: Self) -> Self {
        #[cfg(debug_assertions)]
        {
            self.dev = self.dev.or(other.dev);
        }
        self.sidecar = self.sidecar.or(other.sidecar);
        self.resource = self.resource.or(other.resource);
        if self.args.is_empty() {
            self.args = other.args;
        }
        let own = std::mem::replace(&mut self.env, other.env);
        self.env.extend(own);
        self.grace = self.grace.or(other.grace);
        self.autostart = self.autostart.or(other.autostart);
        self
    }

    pub(crate) fn grace_or_default(&self) -> Duration {
        seconds(self.grace.unwrap_or(GRACE)).unwrap_or_default()
    }

    /// Says what is wrong with it, before anybody needs it.
    pub(crate) fn check(&self, name: &str) -> Result<()> {
        let wrong = |what: &str| {
            let message = format!("plugins.rpc-worker.workers.{name} in tauri.conf.json, or Builder::worker({name:?}): {what}");
            Err(Error::new(ErrorKind::Config, message))
        };
        if !is_name(name, LONGEST) {
            return wrong("a worker's name has 1 to 64 letters, digits, - and _, and nothing else");
        }
        if self.grace.is_some_and(|grace| seconds(grace).is_none()) {
            return wrong("grace is a number of seconds, 0 or more, such as 9");
        }
        #[cfg(debug_assertions)]
        if self.dev.as_ref().is_some_and(|dev| dev.command.is_empty()) {
            return wrong(
                "dev.command is empty; write the program and its arguments, such as [\"python\", \"backend.py\"]",
            );
        }
        Ok(())
    }
}

/// A time in seconds, unless it is none.
pub(crate) fn seconds(number: f64) -> Option<Duration> {
    // A hundred years are for ever, and can be added to a time.
    let number = if number > 3e9 { 3e9 } else { number };
    Duration::try_from_secs_f64(number).ok()
}

/// Whether it can name a worker, or a session: such names can stand in a header, too.
pub(crate) fn is_name(name: &str, longest: usize) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=longest).contains(&name.len()) && name.bytes().all(fits)
}

#[cfg(not(debug_assertions))]
fn ignore<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<(), D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer).map(drop)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::{Config, Resource, Worker};

    #[test]
    fn reads_the_section() {
        let config: Config = serde_json::from_value(json!({"workers": {"backend": {
            "dev": {"command": ["python", "-m", "rpc_worker"], "cwd": "..", "env": {"A": "1"}},
            "sidecar": "binaries/backend",
            "resource": {"script": "backend.py"},
            "args": ["--fast"],
            "env": {"B": "2"},
            "grace": 0.5,
            "autostart": true
        }}}))
        .expect("the section is right");
        let expected = Worker::new()
            .dev(["python", "-m", "rpc_worker"])
            .dev_cwd("..")
            .dev_env("A", "1")
            .sidecar("binaries/backend")
            .resource(Resource::Script {
                script: "backend.py".into(),
                python: None,
            })
            .args(["--fast"])
            .env("B", "2")
            .grace(0.5)
            .autostart(true);
        assert_eq!(config.workers["backend"], expected);
        assert_eq!(expected.check("backend"), Ok(()));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for section in [
            json!({"worker": {}}),
            json!({"workers": {"a": {"cmd": "python"}}}),
            #[cfg(debug_assertions)]
            json!({"workers": {"a": {"dev": {"command": "python"}}}}),
            json!({"workers": {"a": {"resource": {"script": "a", "program": "b"}}}}),
        ] {
            let read = serde_json::from_value::<Config>(section.clone());
            assert!(read.is_err(), "{section} was read as {read:?}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (name, worker, mistake) in [
            ("", Worker::new(), "a worker's name has"),
            ("a b", Worker::new(), "a worker's name has"),
            ("ä", Worker::new(), "a worker's name has"),
            ("a", Worker::new().grace(-1.0), "grace is a number"),
            ("a", Worker::new().grace(f64::NAN), "grace is a number"),
            #[cfg(debug_assertions)]
            ("a", Worker::new().dev([""; 0]), "dev.command is empty"),
        ] {
            let error = worker.check(name).expect_err(mistake);
            assert!(error.message.contains(mistake), "{error}");
        }
    }

    #[cfg(not(debug_assertions))]
    #[test]
    fn a_release_keeps_nothing_of_development() {
        let worker = json!({"dev": {"command": ["python"], "whatever": 1}});
        let worker: Worker = serde_json::from_value(worker).expect("it is read over");
        assert_eq!(worker, Worker::new());
    }

    #[test]
    fn rust_goes_before_the_file() {
        let file = Worker::new()
            .sidecar("file")
            .grace(1.0)
            .env("A", "file")
            .env("B", "file");
        let rust = Worker::new().sidecar("rust").args(["x"]).env("A", "rust");
        let both = rust.over(file);
        let expected = Worker::new()
            .sidecar("rust")
            .args(["x"])
            .grace(1.0)
            .env("A", "rust")
            .env("B", "file");
        assert_eq!(both, expected);
    }

    #[test]
    fn grace_has_a_default_and_no_end() {
        assert_eq!(Worker::new().grace_or_default(), Duration::from_secs(9));
        let long = Worker::new().grace(f64::INFINITY).grace_or_default();
        assert_eq!(long, Duration::from_secs(3_000_000_000));
    }
}

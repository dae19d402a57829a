//! What exactly is run for a worker, here and now.

use std::env;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use crate::config::{Resource, Worker};
use crate::environment::{cleaned, Change};
use crate::error::{Error, Result};
use crate::runtimes::Runtimes;

/// A program that can be started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Launch {
    pub program: PathBuf,
    pub args: Vec<OsString>,
    pub cwd: Option<PathBuf>,
    pub env: Vec<Change>,
}

/// Where the app and what is its own are.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The folder of the app's program, where Tauri puts sidecars.
    pub program: Option<PathBuf>,
    pub resources: Option<PathBuf>,
    pub data: Option<PathBuf>,
    pub cache: Option<PathBuf>,
    pub log: Option<PathBuf>,
    /// The folder of `tauri.conf.json`, under `tauri dev`.
    #[cfg(debug_assertions)]
    pub project: Option<PathBuf>,
}

/// Finds what to run: in development what is declared for it, else the sidecar, else the resource.
pub fn launch(name: &str, worker: &Worker, places: &Places, runtimes: &Runtimes) -> Result<Launch> {
    let failed = |what: String| Error::not_started(name, what);
    let mut launch = match in_development(worker, places, runtimes).map_err(failed)? {
        Some(launch) => launch,
        None => in_production(worker, places, runtimes).map_err(failed)?,
    };
    let declared = worker.env.iter();
    let mut env = cleaned(env::vars_os());
    env.extend(own(places));
    env.extend(declared.map(|(name, value)| (name.into(), Some(value.into()))));
    env.append(&mut launch.env);
    launch.env = env;
    Ok(launch)
}

/// What a worker is told of its host.
fn own(places: &Places) -> Vec<Change> {
    let folder = |name: &str, path: &Option<PathBuf>| (name.into(), path.clone().map(Into::into));
    vec![
        (
            "RPC_WORKER_HOST_PID".into(),
            Some(std::process::id().to_string().into()),
        ),
        folder("RPC_WORKER_DATA_DIR", &places.data),
        folder("RPC_WORKER_CACHE_DIR", &places.cache),
        folder("RPC_WORKER_LOG_DIR", &places.log),
        folder("RPC_WORKER_RESOURCE_DIR", &places.resources),
    ]
}

#[cfg(debug_assertions)]
fn in_development(
    worker: &Worker,
    places: &Places,
    runtimes: &Runtimes,
) -> std::result::Result<Option<Launch>, String> {
    let (Some(dev), Some(project)) = (&worker.dev, &places.project) else {
        return Ok(None);
    };
    let [program, args @ ..] = dev.command.as_slice() else {
        return Err("dev.command is empty".to_owned());
    };
    let folder = project.join(dev.cwd.as_deref().unwrap_or_default());
    if !folder.is_dir() {
        return Err(format!(
            "there is no folder {}; dev.cwd is relative to {}",
            folder.display(),
            project.display()
        ));
    }
    let is_path = Path::new(program).components().count() > 1;
    let found = if is_path {
        Some(folder.join(program))
    } else {
        runtimes.in_development(program)
    };
    let Some(found) = found else {
        return Err(format!(
            "there is no {program} on the PATH; dev.command names it"
        ));
    };
    Ok(Some(Launch {
        program: found,
        args: args.iter().map(Into::into).collect(),
        cwd: Some(folder),
        env: dev
            .env
            .iter()
            .map(|(name, value)| (name.into(), Some(value.into())))
            .collect(),
    }))
}

#[cfg(not(debug_assertions))]
#[allow(clippy::unnecessary_wraps)] // As it is in development.
fn in_development(
    _: &Worker,
    _: &Places,
    _: &Runtimes,
) -> std::result::Result<Option<Launch>, String> {
    Ok(None)
}

fn in_production(
    worker: &Worker,
    places: &Places,
    runtimes: &Runtimes,
) -> std::result::Result<Launch, String> {
    let mut missing = Vec::new();
    let mut there = |path: PathBuf| {
        let found = path.is_file();
        if !found {
            missing.push(path.display().to_string());
        }
        found.then_some(path)
    };
    let with = |program: PathBuf, first: Option<PathBuf>| Launch {
        program,
        args: first
            .map(Into::into)
            .into_iter()
            .chain(worker.args.iter().map(Into::into))
            .collect(),
        ..Launch::default()
    };
    if let (Some(sidecar), Some(folder)) = (&worker.sidecar, &places.program) {
        // Tauri leaves out the folder that `externalBin` names, and the target triple.
        let name = Path::new(sidecar).file_name().unwrap_or_default();
        if let Some(program) = there(executable(folder.join(name))) {
            return Ok(with(program, None));
        }
    }
    if let (Some(resource), Some(folder)) = (&worker.resource, &places.resources) {
        match resource {
            Resource::Program { program } => {
                if let Some(program) = there(executable(bundled(folder, program))) {
                    return Ok(with(program, None));
                }
            }
            Resource::Script { script, python } => {
                if let Some(script) = there(bundled(folder, script)) {
                    let python = runtimes.for_script(python.as_deref())?;
                    return Ok(with(python, Some(script)));
                }
            }
        }
    }
    if missing.is_empty() {
        let hint = if cfg!(debug_assertions) {
            "neither dev (which `tauri dev` runs), "
        } else {
            "neither "
        };
        return Err(format!("{hint}a sidecar nor a resource is declared for it"));
    }
    Err(format!(
        "there is no {}; name it in bundle.externalBin or bundle.resources of tauri.conf.json",
        missing.join(" and no ")
    ))
}

/// Where Tauri puts a resource: `..` becomes a folder named `_up_`.
fn bundled(folder: &Path, path: &str) -> PathBuf {
    let parts = Path::new(path).components().filter_map(|part| match part {
        Component::ParentDir => Some("_up_".as_ref()),
        Component::Normal(part) => Some(part),
        _ => None,
    });
    parts.fold(folder.to_owned(), |path, part| path.join(part))
}

fn executable(path: PathBuf) -> PathBuf {
    if cfg!(windows)
        && path
            .extension()
            .is_none_or(|end| !end.eq_ignore_ascii_case("exe"))
    {
        let mut path = path.into_os_string();
        path.push(".exe");
        return path.into();
    }
    path
}

/// The folder of `tauri.conf.json`: where `cargo run` says it is, or above the program that it built.
#[cfg(debug_assertions)]
pub fn project(named: Option<&Path>, program: Option<&Path>) -> Option<PathBuf> {
    if let Some(named) = named {
        return Some(named.to_owned());
    }
    let is_one = |folder: &Path| {
        ["tauri.conf.json", "tauri.conf.json5", "Tauri.toml"]
            .iter()
            .any(|file| folder.join(file).is_file())
    };
    let said = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let above = program
        .into_iter()
        .flat_map(Path::ancestors)
        .map(Path::to_owned);
    let here = env::current_dir().ok();
    let folders = said.into_iter().chain(above).chain(here.clone());
    folders.into_iter().find(|folder| is_one(folder)).or(here)
}

// A release build has no development to compare with.
#[cfg(all(test, unix, debug_assertions))]
mod tests {
    use std::ffi::OsString;

    use super::{launch, project, Launch, Places};
    use crate::config::{Resource, Worker};
    use crate::runtimes::Runtimes;
    use crate::testing::{program, Folder};

    fn variable(launch: &Launch, name: &str) -> Option<OsString> {
        let changes = launch.env.iter().rev();
        changes
            .clone()
            .find(|(known, _)| known == name)
            .and_then(|(_, value)| value.clone())
    }

    fn app() -> (Folder, Places, Runtimes) {
        let folder = Folder::new();
        for path in [
            "bin/backend",
            "resources/worker/backend",
            "path/python3",
            "project/tool",
        ] {
            program(&folder.join(path), "#!/bin/sh\necho Python 3.12.0\n");
        }
        for path in [
            "resources/backend.py",
            "resources/_up_/up.py",
            "project/tauri.conf.json",
        ] {
            program(&folder.join(path), "");
        }
        let places = Places {
            program: Some(folder.join("bin")),
            resources: Some(folder.join("resources")),
            data: Some("/data".into()),
            cache: None,
            log: Some("/log".into()),
            project: None,
        };
        let runtimes = Runtimes {
            path: Some(folder.join("path").into()),
            ..Runtimes::default()
        };
        (folder, places, runtimes)
    }

    fn script(path: &str) -> Resource {
        Resource::Script {
            script: path.to_owned(),
            python: None,
        }
    }

    #[test]
    fn the_sidecar_goes_before_the_resource() {
        let (folder, places, runtimes) = app();
        let worker = Worker::new()
            .sidecar("binaries/backend")
            .resource(script("backend.py"))
            .args(["--fast"]);
        let found = launch("a", &worker, &places, &runtimes).expect("it is there");
        assert_eq!(
            (found.program, found.args),
            (folder.join("bin/backend"), vec!["--fast".into()])
        );
        let worker = worker.sidecar("absent");
        let found = launch("a", &worker, &places, &runtimes).expect("the resource is there");
        assert_eq!(found.program, folder.join("path/python3"));
        assert_eq!(
            found.args,
            [
                folder.join("resources/backend.py").into(),
                OsString::from("--fast")
            ]
        );
    }

    #[test]
    fn a_resource_is_a_script_or_a_program() {
        let (folder, places, runtimes) = app();
        let worker = Worker::new().resource(Resource::Program {
            program: "worker/backend".into(),
        });
        let found = launch("a", &worker, &places, &runtimes).expect("it is there");
        assert_eq!(found.program, folder.join("resources/worker/backend"));
        let worker = Worker::new().resource(script("../up.py"));
        let found = launch("a", &worker, &places, &runtimes).expect("it is there");
        assert_eq!(
            found.args,
            [OsString::from(folder.join("resources/_up_/up.py"))]
        );
    }

    #[test]
    fn development_goes_first_under_tauri_dev_alone() {
        let (folder, mut places, runtimes) = app();
        let worker = Worker::new()
            .sidecar("backend")
            .dev(["python", "-m", "x"])
            .dev_env("A", "dev")
            .env("A", "both");
        let found = launch("a", &worker, &places, &runtimes).expect("it is there");
        assert_eq!(found.program, folder.join("bin/backend"));
        assert_eq!(variable(&found, "A"), Some("both".into()));
        places.project = Some(folder.join("project"));
        let found = launch("a", &worker, &places, &runtimes).expect("it is there");
        assert_eq!(found.program, folder.join("path/python3"));
        assert_eq!(found.cwd, Some(folder.join("project")));
        assert_eq!(variable(&found, "A"), Some("dev".into()));
        let worker = Worker::new().dev(["./tool"]).dev_cwd("../project");
        let found = launch("a", &worker, &places, &runtimes).expect("it is there");
        assert_eq!(found.program, folder.join("project/../project/./tool"));
    }

    #[test]
    fn a_worker_is_told_of_its_host() {
        let (folder, places, runtimes) = app();
        let found = launch("a", &Worker::new().sidecar("backend"), &places, &runtimes)
            .expect("it is there");
        for (name, value) in [
            (
                "RPC_WORKER_HOST_PID",
                Some(std::process::id().to_string().into()),
            ),
            ("RPC_WORKER_DATA_DIR", Some("/data".into())),
            ("RPC_WORKER_CACHE_DIR", None),
            ("RPC_WORKER_LOG_DIR", Some("/log".into())),
            (
                "RPC_WORKER_RESOURCE_DIR",
                Some(folder.join("resources").into()),
            ),
        ] {
            assert_eq!(variable(&found, name), value, "{name}");
        }
    }

    #[test]
    fn says_what_is_missing() {
        let (folder, mut places, runtimes) = app();
        places.project = Some(folder.join("project"));
        for (worker, mistake) in [
            (Worker::new(), "a sidecar nor a resource is declared"),
            (
                Worker::new().sidecar("x"),
                "bin/x; name it in bundle.externalBin",
            ),
            (
                Worker::new().sidecar("x").resource(script("y.py")),
                "bin/x and no ",
            ),
            (
                Worker::new().dev(["python"]).dev_cwd("nowhere"),
                "there is no folder",
            ),
            (
                Worker::new().dev(["nothing"]),
                "there is no nothing on the PATH",
            ),
        ] {
            let error = launch("a", &worker, &places, &runtimes).expect_err(mistake);
            assert!(error.message.contains(mistake), "{error}");
            assert!(
                error
                    .message
                    .starts_with("the worker \"a\" cannot be started: "),
                "{error}"
            );
        }
    }

    #[test]
    fn finds_the_project_above_the_program() {
        let (folder, ..) = app();
        let built = folder.join("project/target/debug/app");
        program(&built, "");
        assert_eq!(project(None, Some(&built)), Some(folder.join("project")));
        assert_eq!(
            project(Some("/named".as_ref()), Some(&built)),
            Some("/named".into())
        );
    }
}

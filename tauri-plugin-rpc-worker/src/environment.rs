//! What of the app's environment is not for its child.
//!
//! An `AppImage` is started by a script that points many programs at the libraries inside the image.
//! They fit the app. A Python of the machine, or a sidecar that brings its own, dies of them.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// What the script saves a variable's former value as.
const ORIGINAL: &str = "APPIMAGE_ORIGINAL_";

/// What it sets to values that do not name the image.
const SET: &[&str] = &[
    "ARGV0",
    "GDK_BACKEND",
    "GTK_THEME",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHOME",
    "PYTHONPATH",
];

/// A variable, and what the child has in its place: None for nothing.
pub type Change = (OsString, Option<OsString>);

/// What must be changed for a child of a process that has these variables.
pub fn cleaned(variables: impl Iterator<Item = (OsString, OsString)>) -> Vec<Change> {
    let variables: Vec<_> = variables.collect();
    let value = |name: &OsStr| variables.iter().find(|(known, _)| known == name);
    let Some((_, image)) = value(OsStr::new("APPDIR")).filter(|(_, image)| !image.is_empty())
    else {
        return Vec::new();
    };
    let mut changes = Vec::new();
    for (name, value) in &variables {
        let text = name.to_string_lossy();
        if let Some(original) = text.strip_prefix(ORIGINAL) {
            let former = Some(value.clone()).filter(|former| !former.is_empty());
            changes.push((original.into(), former));
            changes.push((name.clone(), None));
        } else if variables
            .iter()
            .any(|(other, _)| other.to_string_lossy() == format!("{ORIGINAL}{text}"))
        {
            // Restored by the branch above.
        } else if SET.contains(&&*text) {
            changes.push((name.clone(), None));
        } else if text != "APPDIR" {
            changes.extend(without(value, Path::new(image)).map(|rest| (name.clone(), rest)));
        }
    }
    changes
}

/// What is left of a list of paths without those in the image; None if none is there.
#[allow(clippy::option_option)] // A variable that is to be removed is not one that stays.
fn without(value: &OsStr, image: &Path) -> Option<Option<OsString>> {
    let paths: Vec<_> = env::split_paths(value).collect();
    let kept: Vec<_> = paths
        .iter()
        .filter(|path| !path.starts_with(image))
        .collect();
    if kept.len() == paths.len() {
        return None;
    }
    let rest = env::join_paths(kept.iter().filter(|path| !path.as_os_str().is_empty()));
    Some(rest.ok().filter(|rest| !rest.is_empty()))
}

#[cfg(all(test, unix))]
mod tests {
    use std::collections::BTreeMap;

    use super::cleaned;

    fn changes(variables: &[(&str, &str)]) -> BTreeMap<String, Option<String>> {
        let text = |text: std::ffi::OsString| text.into_string().expect("it is text");
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        let changes = cleaned(variables);
        changes
            .into_iter()
            .map(|(name, value)| (text(name), value.map(text)))
            .collect()
    }

    #[test]
    fn leaves_all_else_alone() {
        let variables = [
            ("PATH", "/usr/bin"),
            ("PYTHONPATH", "/mine"),
            ("GDK_BACKEND", "wayland"),
        ];
        assert_eq!(changes(&variables), BTreeMap::new());
    }

    #[test]
    fn takes_the_image_out() {
        let image = "/tmp/.mount_appXYZ";
        let inside = |path: &str| format!("{image}/{path}");
        let path = format!("{image}/usr/bin:/usr/bin:{image}/bin:/bin");
        let libraries = inside("usr/lib") + ":";
        let modules = inside("usr/lib/gio/modules");
        let variables = [
            ("APPDIR", image),
            ("APPIMAGE", "/home/me/app.AppImage"),
            ("PATH", &path),
            ("LD_LIBRARY_PATH", &libraries),
            ("GIO_EXTRA_MODULES", &modules),
            ("GDK_BACKEND", "x11"),
            ("PYTHONHOME", "/somewhere"),
            ("PYTHONPATH", "/home/me/lib"),
            ("XDG_DATA_DIRS", "/home/me/share"),
            ("APPIMAGE_ORIGINAL_XDG_DATA_DIRS", "/usr/share"),
            ("APPIMAGE_ORIGINAL_QT_PLUGIN_PATH", ""),
            ("SIBLING", "/tmp/.mount_appXYZ2/lib"),
        ];
        let expected = [
            ("PATH", Some("/usr/bin:/bin")),
            ("LD_LIBRARY_PATH", None),
            ("GIO_EXTRA_MODULES", None),
            ("GDK_BACKEND", None),
            ("PYTHONHOME", None),
            ("PYTHONPATH", None),
            ("XDG_DATA_DIRS", Some("/usr/share")),
            ("APPIMAGE_ORIGINAL_XDG_DATA_DIRS", None),
            ("QT_PLUGIN_PATH", None),
            ("APPIMAGE_ORIGINAL_QT_PLUGIN_PATH", None),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.map(str::to_owned)));
        assert_eq!(changes(&variables), BTreeMap::from(expected));
    }
}

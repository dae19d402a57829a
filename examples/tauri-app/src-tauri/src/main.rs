// No console window beside the app's own on Windows, in a release.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() {
    sift_lib::run();
}

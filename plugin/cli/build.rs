//! Tells Windows what the program is.

#[path = "../windows_resource.rs"]
mod windows_resource;

fn main() {
    // Cargo would look at every file of the package otherwise.
    println!("cargo::rerun-if-changed=../windows_resource.rs");
    windows_resource::embed();
}

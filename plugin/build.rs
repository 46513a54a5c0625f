//! Puts the weights of Studio quality into the plugin where they are there; they are too large for the repository, and
//! `cargo xtask bundle` fetches them. Tells Windows what the file is.

use std::{env, fs, path::Path};

#[path = "windows_resource.rs"]
mod windows_resource;

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").expect("Cargo says where the crate is");
    let out = env::var("OUT_DIR").expect("Cargo says where to write");
    let weights = Path::new(&root).join("../models/weights/fetched/studio.safetensors");
    // A folder that comes later is a change as well.
    println!("cargo::rerun-if-changed=../models/weights/fetched");
    println!("cargo::rerun-if-changed={}", weights.display());
    let value = if weights.is_file() { format!("Some(include_bytes!({weights:?}))") } else { "None".to_owned() };
    let file = Path::new(&out).join("studio.rs");
    fs::write(file, value).expect("the folder for what is built can be written to");
    windows_resource::embed();
}

//! What Windows shows of a file, for the build scripts of the plugin and of the program.

use std::env;

/// Puts name, version and icon into what is built, where that is for Windows. The icon is the file that `SONGWEAVE_ICON`
/// names; `cargo xtask` draws it.
pub(crate) fn embed() {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    // Microsoft's compiler of resources is on Windows only.
    let can = cfg!(windows) || is("CARGO_CFG_TARGET_ENV", "gnu");
    if is("CARGO_CFG_TARGET_OS", "windows") && can {
        println!("cargo::rerun-if-env-changed=SONGWEAVE_ICON");
        let mut resource = winresource::WindowsResource::new();
        resource.set("ProductName", "Songweave").set("CompanyName", "Songweave");
        if let Ok(icon) = env::var("SONGWEAVE_ICON") {
            resource.set_icon(&icon);
        }
        resource.compile().expect("the compiler of resources (windres, of MinGW) can be run");
    }
}

//! `cargo xtask sanitize`: the audio path under LLVM's RealtimeSanitizer.

use crate::project;
use anyhow::{Result, ensure};
use std::process::{Command, Stdio};

/// Builds the audio path with a nightly compiler, which alone has the sanitizer, and runs it in real time.
pub(crate) fn run() -> Result<()> {
    ensure!(
        cfg!(all(target_os = "linux", target_arch = "x86_64")),
        "the sanitizer is run on Linux with an x86-64 processor only"
    );
    let nightly = Command::new("rustup").args(["run", "nightly", "rustc", "--version"]).stdout(Stdio::null()).status();
    ensure!(
        nightly.is_ok_and(|status| status.success()),
        "only a nightly compiler has the sanitizer: `rustup toolchain install nightly --profile minimal`"
    );
    let mut test = Command::new("rustup");
    test.args(["run", "nightly", "cargo", "test", "--release", "--locked", "--target", "x86_64-unknown-linux-gnu"]);
    test.args(["--package", "songweave-tests", "--features", "realtime-sanitizer", "--test", "sanitizer"]);
    // What another compiler built would be built anew each time.
    test.env("CARGO_TARGET_DIR", project::target().join("sanitizer")).env("RUSTFLAGS", "-Zsanitizer=realtime");
    // The project's own choice of a compiler, and the cargo that started this, are for everything else.
    test.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO").current_dir(project::root());
    project::run(&mut test)
}

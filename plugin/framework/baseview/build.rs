//! Writes the patched sources before they are compiled.

fn main() -> std::process::ExitCode {
    songweave_patcher::run()
}

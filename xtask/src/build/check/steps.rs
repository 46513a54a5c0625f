//! The steps of `cargo xtask test`.

use super::Outcome;
use super::{bounce, package};
use crate::build::{bundle, package as packing, target::Target, tools, windows};
use crate::{project, python};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// A step: what it is called and what it does.
type Step = (&'static str, fn() -> Result<Outcome>);

/// All steps, cheap ones first.
pub(super) const STEPS: [Step; 17] = [
    ("format", format),
    ("lints", lints),
    ("licences", licences),
    ("bundle", build),
    ("tests", tests), // some of them open the bundle
    ("unit tests with overflow checks", checked),
    ("bounces of the bundle", bounce::run),
    ("VST3 stress", stress),
    ("Python hosts", python_hosts),
    ("training", training),
    ("listener", listener),
    ("editor", editor),
    ("library page in a browser", page),
    ("library on a server", shared),
    ("package", package::run),
    ("soak", soak),
    ("Windows under Wine", under_wine),
];

fn format() -> Result<Outcome> {
    cargo(&["fmt", "--all", "--check"])
}

fn lints() -> Result<Outcome> {
    cargo(&["clippy", "--release", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])
}

fn licences() -> Result<Outcome> {
    let tools = project::target().join("tools");
    let deny = tools.join("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    if !deny.is_file() {
        println!("  installing cargo-deny into {} (some minutes, once)", tools.display());
        let mut install = project::cargo();
        install.args(["install", "--locked", "--quiet", "cargo-deny@0.20.2", "--root"]).arg(&tools);
        // Its build must not land in the folder that the workspace is built in.
        quietly(install.env_remove("CARGO_TARGET_DIR"))?;
    }
    // What is checked is every system's, while only this one's has been downloaded. Without a network it may all be here already.
    let _ = quietly(project::cargo().args(["fetch", "--locked", "--quiet"]).current_dir(project::root()));
    // Licences and sources need no network; advisories would make an unchanged commit fail from one day to the next.
    let mut check = Command::new(deny);
    quietly(check.args(["--offline", "check", "licenses", "bans", "sources"]).current_dir(project::root()))?;
    passed("")
}

fn tests() -> Result<Outcome> {
    cargo_test(&["--release", "--workspace"])
}

/// What both threads of the plugin run, with the checks that a release build leaves out.
fn checked() -> Result<Outcome> {
    cargo_test(&["--profile", "checked", "--package", "songweave-dsp", "--package", "songweave-engine", "--lib"])
}

/// Runs `cargo test` and counts the tests.
fn cargo_test(arguments: &[&str]) -> Result<Outcome> {
    count(project::cargo().arg("test").args(arguments).arg("--locked").current_dir(project::root()))
}

/// Runs tests and counts them.
fn count(command: &mut Command) -> Result<Outcome> {
    let output = quietly(command.current_dir(project::root()))?;
    passed(format!("{} tests", project::tests_passed(&output)))
}

fn build() -> Result<Outcome> {
    let bundles = bundle::current()?;
    passed(format!("{}, {}", bundles.clap.display(), bundles.vst3.display()))
}

fn stress() -> Result<Outcome> {
    if let Err(missing) = tools::require_display() {
        return Ok(Outcome::Skipped(format!("{missing:#}")));
    }
    let output = quietly(project::own().args(["stress", "--runs", "20"]))?;
    passed(output.trim().to_owned())
}

fn python_hosts() -> Result<Outcome> {
    if let Err(missing) = tools::require_python() {
        return Ok(Outcome::Skipped(format!("{missing:#}")));
    }
    let folder = project::root().join("tests/python");
    let python = python::environment("venv", &folder.join("requirements.txt"))?;
    let bundles = bundle::current()?;
    let mut said = Vec::new();
    for script in ["pedalboard_host.py", "dawdreamer_host.py"] {
        let output = quietly(Command::new(&python).arg(folder.join(script)).arg(&bundles.vst3))?;
        said.push(output.trim().lines().last().unwrap_or_default().to_owned());
    }
    passed(said.join("; "))
}

/// The trainer's tests: every network learns, resumes exactly and exports.
fn training() -> Result<Outcome> {
    unit_tests(&project::root().join("models/training"), || {
        let mut command = python::trainer("unittest")?;
        // On small matrices several threads wait for each other.
        command.env("OMP_NUM_THREADS", "1").args(["discover", "-t", ".", "-s", "tests"]);
        Ok(command)
    })
}

fn listener() -> Result<Outcome> {
    let folder = project::root().join("xtask/python/listener");
    unit_tests(&folder, || {
        let python = python::environment("venv-listener-tests", &folder.join("requirements.txt"))?;
        let mut command = Command::new(python);
        command.args(["-m", "unittest", "discover"]);
        Ok(command)
    })
}

/// Python's unit tests of a folder. Where their environment cannot be made (no Python, no network) they are left out.
fn unit_tests(folder: &Path, prepare: impl Fn() -> Result<Command>) -> Result<Outcome> {
    let mut command = match prepare() {
        Ok(command) => command,
        Err(missing) => return Ok(Outcome::Skipped(format!("{missing:#}"))),
    };
    let output = command.current_dir(folder).output().context("Python cannot be run")?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        print!("{}{said}", String::from_utf8_lossy(&output.stdout));
        bail!("the Python tests of {} failed: {}", folder.display(), output.status);
    }
    let ran = said.lines().find_map(|line| line.strip_prefix("Ran ")?.split(' ').next()?.parse::<u32>().ok());
    match ran {
        Some(count @ 1..) => passed(format!("{count} tests")),
        _ => bail!("the Python tests of {} ran none", folder.display()),
    }
}

fn editor() -> Result<Outcome> {
    if let Err(missing) = tools::require_display() {
        return Ok(Outcome::Skipped(format!("{missing:#}")));
    }
    let picture = project::target().join("editor.png");
    quietly(project::own().args(["screenshot", "--output"]).arg(&picture))?;
    passed(picture.display().to_string())
}

/// The library's page, used in Debian's Chromium.
fn page() -> Result<Outcome> {
    let folder = project::root().join("xtask/python/page");
    let environment = tools::require("chromium", "chromium")
        .and_then(|()| python::environment("venv-page", &folder.join("requirements.txt")));
    let python = match environment {
        Ok(python) => python,
        Err(missing) => return Ok(Outcome::Skipped(format!("{missing:#}"))),
    };
    let program = packing::program(&Target::here())?;
    let chromium = tools::find("chromium").context("chromium has gone")?;
    passed(quietly(Command::new(python).arg(folder.join("browse.py")).args([program, chromium]))?.trim())
}

/// The library on a PostgreSQL server of its own, which ends with the step.
fn shared() -> Result<Outcome> {
    let folder = project::root().join("xtask/python/postgres");
    let python = match python::environment("venv-postgres", &folder.join("requirements.txt")) {
        Ok(python) => python,
        Err(missing) => return Ok(Outcome::Skipped(format!("{missing:#}"))),
    };
    // Not below the target folder: the path of a socket may have a hundred letters only.
    let data = std::env::temp_dir().join(format!("songweave-postgres-{}", std::process::id()));
    let mut server = Command::new(python);
    server.arg(folder.join("server.py")).arg(&data).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = server.spawn().context("Python cannot be run")?;
    let mut address = String::new();
    BufReader::new(server.stdout.take().context("the server has no output")?).read_line(&mut address)?;
    let tested = if address.trim().is_empty() {
        Err(anyhow::anyhow!("the server did not start; see {}/log", data.display()))
    } else {
        let mut tests = project::cargo();
        tests.args([
            "test",
            "--release",
            "--locked",
            "--package",
            "songweave-cli",
            "--test",
            "shared",
            "--",
            "--ignored",
        ]);
        count(tests.env("SONGWEAVE_POSTGRES", address.trim()))
    };
    // It ends when nobody writes to it any more.
    drop(server.stdin.take());
    server.wait()?;
    // Where something went wrong its log stays.
    if tested.is_ok() {
        let _ = std::fs::remove_dir_all(&data);
    }
    tested
}

/// Nine minutes of music while everything moves.
fn soak() -> Result<Outcome> {
    if !cfg!(target_os = "linux") {
        return Ok(Outcome::Skipped("only Linux says how much memory is held".into()));
    }
    passed(quietly(project::own().args(["soak", "--hours", "0.15"]))?.trim().to_owned())
}

/// The plugin and the program for Windows, where they can be built and run.
fn under_wine() -> Result<Outcome> {
    if !cfg!(target_os = "linux") {
        return Ok(Outcome::Skipped("Windows' programs are run by Wine, on Linux".into()));
    }
    match windows::require() {
        Ok(()) => passed(windows::compare()?.join("; ")),
        Err(missing) => Ok(Outcome::Skipped(format!("{missing:#}"))),
    }
}

fn passed(found: impl Into<String>) -> Result<Outcome> {
    Ok(Outcome::Passed(found.into()))
}

/// This very program once more.
fn cargo(arguments: &[&str]) -> Result<Outcome> {
    quietly(project::cargo().args(arguments).current_dir(project::root()))?;
    passed("")
}

/// Runs a command and returns what it printed; when it fails, prints all of it.
fn quietly(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("{program} cannot be run"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        print!("{text}{}", String::from_utf8_lossy(&output.stderr));
        bail!("{program} failed: {}", output.status);
    }
    Ok(text)
}

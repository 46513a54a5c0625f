//! `cargo xtask validate`: the plugin in the validators that are installed. Fetches and builds none of them.

use crate::build::{bundle, tools};
use anyhow::{Result, ensure};
use std::path::Path;
use std::process::Command;

/// A validator: its name, what its program is called, its options, the bundle it wants, and where it comes from.
struct Validator {
    name: &'static str,
    programs: &'static [&'static str],
    options: &'static [&'static str],
    format: Format,
    source: &'static str,
}

/// The format that a validator takes.
#[derive(Clone, Copy)]
enum Format {
    Clap,
    Vst3,
}

const VALIDATORS: [Validator; 3] = [
    Validator {
        name: "clap-validator",
        programs: &["clap-validator"],
        options: &["validate", "--only-failed"],
        format: Format::Clap,
        source: "https://github.com/free-audio/clap-validator",
    },
    Validator {
        name: "VST3 validator",
        programs: &["vst3-validator", "validator"],
        options: &["-e"],
        format: Format::Vst3,
        source: "the VST3 SDK, https://github.com/steinbergmedia/vst3sdk",
    },
    Validator {
        name: "pluginval",
        programs: &["pluginval"],
        options: &["--strictness-level", "10", "--validate-in-process", "--skip-gui-tests", "--validate"],
        format: Format::Vst3,
        source: "https://github.com/Tracktion/pluginval",
    },
];

/// Runs all that are there and prints one table; fails when one finds something.
pub(crate) fn run() -> Result<()> {
    let bundles = bundle::current()?;
    let mut failed = 0;
    for validator in &VALIDATORS {
        let path = validator.programs.iter().find_map(|program| tools::find(program));
        let result = match path {
            None => format!("not installed; it comes from {}", validator.source),
            Some(path) => match validator.judge(&path, &bundles)? {
                Ok(said) => format!("passed   {said}"),
                Err(said) => {
                    failed += 1;
                    format!("FAILED   {said}")
                }
            },
        };
        println!("{:<16} {result}", validator.name);
    }
    ensure!(failed == 0, "{failed} validators found something");
    Ok(())
}

impl Validator {
    /// Runs it; says what its last line was, as an error where it found something.
    fn judge(&self, program: &Path, bundles: &bundle::Bundles) -> Result<Result<String, String>> {
        let bundle = match self.format {
            Format::Clap => &bundles.clap,
            Format::Vst3 => &bundles.vst3,
        };
        let output = Command::new(program).args(self.options).arg(bundle).output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("says nothing").trim().to_owned();
        if output.status.success() {
            return Ok(Ok(last));
        }
        print!("{said}{}", String::from_utf8_lossy(&output.stderr));
        Ok(Err(last))
    }
}

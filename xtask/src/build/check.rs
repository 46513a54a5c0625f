//! `cargo xtask test`: everything that has to hold before a change is accepted.

mod bounce;
mod package;
pub(crate) mod sanitize;
mod steps;

use crate::build::{bundle::studio, tools};
use anyhow::{Result, ensure};
use std::time::Instant;

/// How a step ended.
pub(crate) enum Outcome {
    /// It holds; a word on what was found.
    Passed(String),
    /// A tool from outside is missing, and nobody asked for it to be installed.
    Skipped(String),
}

/// What the command takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only the steps whose name contains this
    #[arg(long)]
    only: Option<String>,
}

/// Runs the steps in order and counts.
pub(crate) fn run(args: Args) -> Result<()> {
    // Before anything is compiled, so that nothing is compiled twice.
    studio::provide()?;
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (name, step) in steps::STEPS {
        if args.only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        println!("{name} …");
        let started = Instant::now();
        let result = step();
        let seconds = started.elapsed().as_secs_f64();
        match result {
            Ok(Outcome::Passed(found)) => {
                passed += 1;
                println!("{name}: passed in {seconds:.1} s{}{found}", if found.is_empty() { "" } else { ": " });
            }
            Ok(Outcome::Skipped(reason)) if !tools::is_ci() => {
                skipped += 1;
                println!("{name}: skipped: {reason}");
            }
            Ok(Outcome::Skipped(reason)) => {
                failed += 1;
                println!("{name}: FAILED: {reason}");
            }
            Err(error) => {
                failed += 1;
                println!("{name}: FAILED after {seconds:.1} s: {error:#}");
            }
        }
    }
    let skipped = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
    println!("{passed} passed, {failed} failed{skipped}");
    ensure!(failed == 0, "{failed} steps failed");
    Ok(())
}

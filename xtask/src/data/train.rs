//! `cargo xtask train`: the trainer in a Python environment of its own.

use crate::{project, python};
use anyhow::Result;
use std::ffi::OsString;

/// What the command takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to train, and the trainer's own options: mash --data DIR --out DIR [--resume] [--steps N]
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    options: Vec<OsString>,
}

/// Runs the trainer.
pub(crate) fn run(args: Args) -> Result<()> {
    project::run(python::trainer("songweave_training")?.args(args.options))
}

//! What a render says of itself.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Runs a `render` to its end and returns the SHA-256 of its samples, which it writes into the file `receipt`.
///
/// # Errors
/// When the render fails, or has missed a hop.
pub(crate) fn digest(render: &mut Command, receipt: &Path) -> Result<String> {
    let output = render.arg("--receipt").arg(receipt).output().context("cannot render")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    let receipt: Value = serde_json::from_slice(&std::fs::read(receipt)?)?;
    ensure!(receipt["missed_hops"] == 0, "{} hops were missed by {render:?}", receipt["missed_hops"]);
    let digest = receipt["sha256"].as_str().context("a receipt without a digest")?;
    Ok(digest.to_owned())
}

//! A patched crate's manifest beside the published one: cargo reads the former before the latter is downloaded.

use anyhow::{Context, Result, ensure};
use std::path::Path;
use toml::Table;

/// The tables in which the two manifests must be equal.
const COMPARED: [&str; 3] = ["features", "dependencies", "target"];

/// Makes sure that `ours` has the features and dependencies of `original`.
///
/// # Errors
/// One of them cannot be read, or they differ.
pub(crate) fn require_equal(ours: &Path, original: &Path) -> Result<()> {
    let (tables, expected) = (read(ours)?, read(original)?);
    for name in COMPARED {
        ensure!(
            normal(tables.get(name)) == normal(expected.get(name)),
            "[{name}] of {} is not that of {}: make it equal",
            ours.display(),
            original.display()
        );
    }
    Ok(())
}

fn read(path: &Path) -> Result<Table> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    text.parse().with_context(|| format!("{} is no manifest", path.display()))
}

/// A table in which `{ version = "1" }` is written `"1"`.
fn normal(value: Option<&toml::Value>) -> Option<toml::Value> {
    let Some(toml::Value::Table(table)) = value else { return value.cloned() };
    match table.get("version") {
        Some(version) if table.len() == 1 => Some(version.clone()),
        _ => {
            let entries = table.iter().filter_map(|(key, value)| Some((key.clone(), normal(Some(value))?)));
            Some(toml::Value::Table(entries.collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_and_the_long_form_of_a_version_are_equal() {
        let dependencies = |text: &str| text.parse::<Table>().ok().and_then(|table| normal(table.get("dependencies")));
        let short = dependencies("[dependencies]\na = \"1\"\nb = { version = \"2\", optional = true }\n");
        let long =
            dependencies("[dependencies.a]\nversion = \"1\"\n[dependencies.b]\nversion = \"2\"\noptional = true\n");
        assert!(short.is_some() && short == long);
        assert_ne!(short, dependencies("[dependencies]\na = \"1\"\nb = \"2\"\n"));
    }
}

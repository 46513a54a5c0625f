//! The licences of everything that is linked into the plugin and the program.

use crate::build::target::Target;
use crate::project;
use anyhow::{Context, Result, ensure};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};
use std::collections::{BTreeMap, BTreeSet};

/// What is handed out.
const ROOTS: [&str; 2] = ["songweave", "songweave-cli"];
/// What licence files are called, in capitals.
const NAMES: [&str; 5] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE"];

/// One text: a table of all parts and their licences, then every licence text once, with whom it is of.
pub(super) fn collect(target: &Target) -> Result<String> {
    let mut command = MetadataCommand::new();
    command.manifest_path(project::root().join("Cargo.toml"));
    let metadata = command.exec().context("cargo does not say what everything is made of")?;
    let linked = linked(&metadata);
    let parts: Vec<&Package> =
        metadata.packages.iter().filter(|package| package.source.is_some() && linked.contains(&package.id)).collect();
    ensure!(!parts.is_empty(), "cargo names no part of the plugin");
    let mut text =
        format!("What Songweave for {} is made of besides its own code, and under which licences.\n\n", target.os);
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in parts {
        let name = format!("{} {}", package.name, package.version);
        text += &format!("{name:<44} {}\n", package.license.as_deref().unwrap_or("see the text below"));
        for licence in licence_texts(package)? {
            texts.entry(licence).or_default().push(name.clone());
        }
    }
    for (licence, parts) in texts {
        text += &format!("\n{}\n{}\n\n{}\n", "=".repeat(80), parts.join(", "), licence.trim_end());
    }
    Ok(text)
}

/// Everything that the roots need when they run; more than one system's, which does no harm.
fn linked(metadata: &Metadata) -> BTreeSet<PackageId> {
    let nodes: BTreeMap<_, _> =
        metadata.resolve.iter().flat_map(|resolve| &resolve.nodes).map(|node| (&node.id, node)).collect();
    let roots = metadata.packages.iter().filter(|package| ROOTS.iter().any(|root| package.name == *root));
    let mut waiting: Vec<&PackageId> = roots.map(|package| &package.id).collect();
    let mut found = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if !found.insert(id.clone()) {
            continue;
        }
        let needed = nodes.get(id).into_iter().flat_map(|node| &node.deps);
        let runs = needed.filter(|needed| needed.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
        waiting.extend(runs.map(|needed| &needed.pkg));
    }
    found
}

/// The licence files in a package's folder.
fn licence_texts(package: &Package) -> Result<Vec<String>> {
    let folder = package.manifest_path.parent().context("a package without a folder")?;
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {folder}"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        if path.is_file() && NAMES.iter().any(|start| name.starts_with(start)) {
            texts.push(String::from_utf8_lossy(&std::fs::read(&path)?).replace("\r\n", "\n"));
        }
    }
    texts.sort();
    Ok(texts)
}

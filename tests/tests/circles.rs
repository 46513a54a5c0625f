//! No file of a crate takes names from one that takes names from it, straight or through others. What a file may have is
//! the names of the folders that it lies in: `band/sound.rs` may use what `band.rs` defines, and `band.rs` `band/sound.rs`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

/// A module by its names from the crate's root on; the root has none.
type Module = Vec<String>;
/// The files of a crate by their modules.
type Sources = BTreeMap<Module, String>;

/// The module of a file below `src`.
fn module(path: &str) -> Module {
    let names: Vec<String> = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    match names.last().map(String::as_str) {
        Some("lib" | "main" | "mod") => names[..names.len() - 1].to_vec(),
        _ => names,
    }
}

/// The code without comments and tests.
fn code(source: &str) -> String {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    source.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The paths in a tree of `use`, such as `a::{b, c::d}`.
fn paths(tree: &str, before: &[String], found: &mut Vec<Module>) {
    let (mut depth, mut start) = (0, 0);
    let ends = tree.char_indices().chain([(tree.len(), ',')]);
    for (at, character) in ends {
        depth += match character {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        if character != ',' || depth != 0 {
            continue;
        }
        let item = tree[start..at].trim();
        start = at + 1;
        let (head, group) = item.split_once('{').map_or((item, None), |(head, group)| (head, Some(group)));
        let names = head.split("::").map(|name| name.split_whitespace().next().unwrap_or_default().to_owned());
        let path: Module = before.iter().cloned().chain(names.filter(|name| !name.is_empty())).collect();
        match group {
            Some(group) => paths(group.strip_suffix('}').unwrap_or(group), &path, found),
            None => found.push(path),
        }
    }
}

/// What a file uses, as paths.
fn used(source: &str) -> Vec<Module> {
    uses(source, false)
}

/// What a file hands on under a name of its own.
fn handed_on(source: &str) -> Vec<Module> {
    uses(source, true)
}

fn uses(source: &str, only_public: bool) -> Vec<Module> {
    let mut found = Vec::new();
    let code = code(source);
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        let line = line.trim_start();
        if only_public && !line.starts_with("pub") {
            continue;
        }
        let line = line.strip_prefix("pub").map_or(line, |rest| rest.split_once(' ').map_or(rest, |(_, rest)| rest));
        let Some(first) = line.strip_prefix("use ") else { continue };
        let mut tree = first.to_owned();
        while !tree.contains(';') {
            let Some(more) = lines.next() else { break };
            tree.push_str(more);
        }
        paths(tree.split(';').next().unwrap_or_default(), &[], &mut found);
    }
    found
}

/// The module that a path of a file leads to, if it is one of the crate's.
fn target(sources: &Sources, from: &Module, path: &[String]) -> Option<Module> {
    let (mut at, rest) = match path.first()?.as_str() {
        "crate" => (vec![], &path[1..]),
        "self" => (from.clone(), &path[1..]),
        "super" => {
            let up = path.iter().take_while(|name| *name == "super").count();
            (from[..from.len().checked_sub(up)?].to_vec(), &path[up..])
        }
        name => {
            let child: Module = from.iter().cloned().chain([name.to_owned()]).collect();
            sources.contains_key(&child).then_some((child, &path[1..]))?
        }
    };
    for name in rest {
        at.push(name.clone());
        if !sources.contains_key(&at) {
            at.pop();
            // A name that this module only hands on belongs to the one that it comes from.
            let handed_on = handed_on(sources.get(&at).map_or("", String::as_str))
                .into_iter()
                .find(|path| path.len() > 1 && path.last() == Some(name));
            return handed_on.map_or(Some(at.clone()), |path| target(sources, &at, &path));
        }
    }
    Some(at)
}

/// Every module's imports, those from its own folders left out.
fn imports(sources: &Sources) -> BTreeMap<Module, BTreeSet<Module>> {
    let of = |(from, source): (&Module, &String)| {
        let to =
            used(source).into_iter().filter_map(|path| target(sources, from, &path)).filter(|to| !from.starts_with(to));
        (from.clone(), to.collect())
    };
    sources.iter().map(of).collect()
}

/// All modules that lie on a circle.
fn circles(sources: &Sources) -> Vec<String> {
    let imports = imports(sources);
    let reached = |from: &Module| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(module) = next.pop() {
            next.extend(imports[module].iter().filter(|to| seen.insert((*to).clone())));
        }
        seen
    };
    let reach: BTreeMap<&Module, BTreeSet<Module>> = imports.keys().map(|from| (from, reached(from))).collect();
    let tied = |a: &Module, b: &Module| a != b && reach[a].contains(b) && reach[b].contains(a);
    let pairs = imports.iter().flat_map(|(from, to)| to.iter().map(move |to| (from, to)));
    pairs
        .filter(|(from, to)| tied(from, to))
        .map(|(from, to)| format!("{} -> {}", from.join("::"), to.join("::")))
        .collect()
}

/// The crates of the workspace by their folders.
fn crates() -> BTreeMap<String, Sources> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let listed = Command::new("git").args(["ls-files", "*.rs"]).current_dir(root).output().unwrap();
    let mut crates: BTreeMap<String, Sources> = BTreeMap::new();
    for path in String::from_utf8(listed.stdout).unwrap().lines() {
        let Some((folder, file)) = path.split_once("src/").filter(|(_, file)| !file.ends_with("tests.rs")) else {
            continue;
        };
        // A file that is deleted but not committed yet is still listed.
        let Ok(source) = std::fs::read_to_string(root.join(path)) else { continue };
        crates.entry(folder.to_owned()).or_default().insert(module(file), source);
    }
    crates
}

#[test]
fn no_crate_has_a_circle_of_imports() {
    let crates = crates();
    let edges = |name: &str| imports(&crates[name]).values().map(BTreeSet::len).sum::<usize>();
    for (name, fewest) in [
        ("plugin/", 30),
        ("plugin/dsp/", 60),
        ("plugin/engine/", 60),
        ("plugin/library/", 20),
        ("plugin/cli/", 20),
        ("plugin/audio/", 15),
        ("plugin/host/", 5),
        ("models/", 30),
        ("xtask/", 60),
        ("xtask/score/", 15),
        ("xtask/synth/", 30),
        ("xtask/datasets/", 30),
        ("xtask/measure/", 30),
    ] {
        assert!(edges(name) >= fewest, "{name}: only {} imports were read", edges(name));
    }
    let found =
        crates.iter().flat_map(|(name, sources)| circles(sources).into_iter().map(move |tie| format!("{name}: {tie}")));
    let found: Vec<String> = found.collect();
    assert!(found.is_empty(), "circles of imports:\n{}", found.join("\n"));
}

#[test]
fn a_planted_circle_is_found() {
    let planted = |sources: [(&str, &str); 4]| {
        circles(&sources.into_iter().map(|(path, source)| (module(path), source.to_owned())).collect())
    };
    let sources = [
        ("lib.rs", "pub mod ear;\npub mod mouth;"),
        ("ear.rs", "use std::{fmt, sync::Arc};\n\npub(crate) use crate::{mouth::lips::{Lips, open}};"),
        ("mouth.rs", "pub mod lips;"),
        ("mouth/lips.rs", "use super::Mouth;\nuse super::super::ear;"),
    ];
    assert_eq!(planted(sources), ["ear -> mouth::lips", "mouth::lips -> ear"]);
    // Under the name that the root hands on.
    let mut handed_on = sources;
    handed_on[0].1 = "pub mod ear;\npub mod mouth;\npub use ear::{Drum, Ear};";
    handed_on[3].1 = "use crate::Ear;";
    assert_eq!(planted(handed_on), ["ear -> mouth::lips", "mouth::lips -> ear"]);
    let mut open = sources;
    open[3].1 = "use super::Mouth;\n// use crate::ear;\n#[cfg(test)]\nmod tests {\n    use crate::ear;\n}";
    assert_eq!(planted(open), [""; 0]);
}

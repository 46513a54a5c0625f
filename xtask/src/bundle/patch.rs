//! Applies checked search-and-replace edits to a copy of a crate's source.

use super::edits::{EDITS, Edit};
use crate::files;
use crate::project::Dependency;
use anyhow::{Context, Result, ensure};
use std::path::Path;

/// Copies the crate to `copy` with its edits applied.
pub(super) fn apply(dependency: &Dependency, copy: &Path) -> Result<()> {
    let Dependency { name, version, source } = dependency;
    for edit in EDITS.iter().filter(|edit| edit.package == *name) {
        ensure!(source.join(edit.file).is_file(), "{name} {version} has no {} to be patched: {}", edit.file, edit.why);
    }
    for path in files::below(source, &|_| true)? {
        let inside = path.strip_prefix(source)?;
        let content = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let edits: Vec<_> =
            EDITS.iter().filter(|edit| edit.package == *name && Path::new(edit.file) == inside).collect();
        let mut content = if edits.is_empty() { content } else { edited(&edits, version, content)? };
        if inside == Path::new("src/lib.rs") {
            // As for every crate from the registry: its warnings are not ours.
            content.splice(0..0, *b"#![allow(warnings)]\n");
        }
        files::write_if_changed(&copy.join(inside), &content)?;
    }
    Ok(())
}

fn edited(edits: &[&Edit], version: &str, content: Vec<u8>) -> Result<Vec<u8>> {
    let mut text = String::from_utf8(content)?;
    for edit in edits {
        let found = text.matches(edit.find).count();
        ensure!(
            found == edit.times,
            "the patch \"{}\" no longer fits {} {version}: its text stands {found} times in {}, not {}; check whether \
             upstream has cured the defect, then change xtask/src/bundle/edits.rs",
            edit.why,
            edit.package,
            edit.file,
            edit.times
        );
        text = text.replace(edit.find, edit.replace);
    }
    Ok(text.into_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_edit_whose_text_is_gone_is_named() {
        let edit = Edit { package: "p", file: "f", times: 1, find: "old", replace: "new", why: "a defect" };
        assert_eq!(edited(&[&edit], "1.0.0", b"an old text".to_vec()).unwrap(), b"an new text");
        for content in ["nothing", "old and old"] {
            let error = edited(&[&edit], "1.0.0", content.as_bytes().to_vec()).unwrap_err().to_string();
            assert!(error.contains("a defect"), "{error}");
        }
    }
}

//! Applies a patch: a sentence on what is wrong, then unified diffs of files as `git diff` writes them.

use crate::sources::Sources;
use anyhow::{Context, Result, ensure};
use diffy::patch_set::{FileOperation, ParseOptions, PatchSet};
use std::path::Path;

/// Applies the patch in the file `patch` to the sources of `original` (its name and version, for the message).
///
/// # Errors
/// The patch is no patch of existing files, has no word on what is wrong, or does not fit.
pub(crate) fn apply(patch: &Path, sources: &mut Sources, original: &str) -> Result<()> {
    let text = std::fs::read_to_string(patch).with_context(|| format!("cannot read {}", patch.display()))?;
    apply_text(&text, sources).with_context(|| {
        format!(
            "the patch {} does not fit {original}: if upstream has cured the defect, remove the patch, else write it anew",
            patch.display()
        )
    })
}

fn apply_text(text: &str, sources: &mut Sources) -> Result<()> {
    ensure!(!text.starts_with("--- "), "it does not open with what is wrong");
    for file in PatchSet::parse(text, ParseOptions::unidiff()) {
        let file = file?;
        let FileOperation::Modify { modified, .. } = file.operation().strip_prefix(1) else {
            anyhow::bail!("it changes more than the contents of files");
        };
        let inside = Path::new(modified.as_ref()).strip_prefix("src").context("it changes a file outside src")?;
        let source = sources.get_mut(inside).with_context(|| format!("there is no src/{}", inside.display()))?;
        let changes = file.patch().as_text().context("it is not a patch of text")?;
        *source = diffy::apply(source, changes).with_context(|| format!("src/{}", inside.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PATCH: &str =
        "A defect.\n\n--- a/src/f.rs\n+++ b/src/f.rs\n@@ -1,3 +1,3 @@\n fn f() {\n-    old();\n+    new();\n }\n";

    fn sources(text: &str) -> Sources {
        Sources::from([("f.rs".into(), text.to_owned())])
    }

    #[test]
    fn a_patch_fits_where_its_lines_have_moved_to() {
        for above in ["", "//! Above.\n\n"] {
            let mut patched = sources(&format!("{above}fn f() {{\n    old();\n}}\n"));
            apply_text(PATCH, &mut patched).unwrap();
            assert_eq!(patched, sources(&format!("{above}fn f() {{\n    new();\n}}\n")));
        }
    }

    #[test]
    fn a_patch_that_does_not_fit_is_named() {
        let folder = std::env::temp_dir().join(format!("songweave-patch-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("07-a-defect.patch");
        std::fs::write(&file, PATCH).unwrap();
        let error = apply(&file, &mut sources("fn f() {\n    cured();\n}\n"), "p 1.0.0").unwrap_err();
        let missing = apply(&file, &mut Sources::new(), "p 1.0.0").unwrap_err();
        std::fs::remove_dir_all(&folder).unwrap();
        for error in [error, missing] {
            let message = format!("{error:#}");
            assert!(message.contains("07-a-defect.patch") && message.contains("src/f.rs"), "{message}");
        }
    }

    #[test]
    fn a_patch_says_what_is_wrong() {
        let silent = PATCH.strip_prefix("A defect.\n\n").unwrap();
        assert!(apply_text(silent, &mut sources("fn f() {\n    old();\n}\n")).is_err());
    }
}

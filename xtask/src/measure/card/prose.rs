//! The hand-written half of a card: what no measurement gives.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result};

/// Sections by their `## ` headings.
#[derive(Debug, Default)]
pub(super) struct Prose(BTreeMap<String, String>);

impl Prose {
    /// Reads a Markdown file.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| {
            format!("cannot read {}, in which the card's limits and licences are written by hand", path.display())
        })?;
        Ok(Self::parse(&text))
    }

    /// Sections of a text; what stands before the first heading is for whoever edits it.
    pub(super) fn parse(text: &str) -> Self {
        let sections = format!("\n{text}");
        let sections = sections.split("\n## ").skip(1).filter_map(|section| section.split_once('\n'));
        Self(sections.map(|(heading, body)| (heading.trim().to_owned(), body.trim().to_owned())).collect())
    }

    /// A section that must be there.
    ///
    /// # Errors
    /// It is not.
    pub(super) fn section(&self, heading: &str) -> Result<&str> {
        let section = self.0.get(heading).filter(|body| !body.is_empty());
        Ok(section.with_context(|| format!("mash.limits.md has no section \"## {heading}\"; write it"))?)
    }

    /// A section that may be there, empty otherwise.
    pub(super) fn optional(&self, heading: &str) -> &str {
        self.0.get(heading).map_or("", String::as_str)
    }
}

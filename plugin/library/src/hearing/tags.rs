//! What a file says of itself.

use std::path::Path;

use lofty::{
    config::{ParseOptions, ParsingMode},
    file::TaggedFileExt,
    probe::Probe,
    tag::Accessor,
};

use crate::track::Tags;

/// Texts longer than this are no names, in characters.
const LONGEST: usize = 300;

/// Title, artist and album; nothing where there are no tags or none that can be read, which is no reason to leave a file out.
#[must_use]
pub fn read(path: &Path) -> Tags {
    let options = ParseOptions::new().read_properties(false).parsing_mode(ParsingMode::Relaxed).read_cover_art(false);
    let file = Probe::open(path)
        .ok()
        .and_then(|probe| probe.guess_file_type().ok())
        .map(|probe| probe.options(options).read());
    let Some(Ok(file)) = file else { return Tags::default() };
    let Some(tag) = file.primary_tag().or_else(|| file.first_tag()) else { return Tags::default() };
    let text = |text: Option<std::borrow::Cow<'_, str>>| {
        let text: String = text?.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect();
        let text = text.trim().to_owned();
        (!text.is_empty()).then_some(text)
    };
    Tags { title: text(tag.title()), artist: text(tag.artist()), album: text(tag.album()) }
}

//! Which songs are versions of one another: the same artist and the same title, whatever stands behind it in brackets.

use std::collections::HashMap;

/// Words behind a dash that tell a version and not another song.
const VERSION: [&str; 10] =
    ["live", "remaster", "remix", "mix", "version", "edit", "demo", "acoustic", "instrumental", "mono"];

/// A number a song, from artists and titles; songs that are versions of one another have the same one, and all others have their own.
pub(super) fn version_names<'a>(songs: impl Iterator<Item = (Option<&'a str>, &'a str)>) -> Vec<usize> {
    let mut known: HashMap<(String, String), usize> = HashMap::new();
    let number = |(position, (artist, name)): (usize, (Option<&str>, &str))| match artist {
        // Without an artist a title such as "Track 01" says nothing.
        Some(artist) => *known.entry((plain(artist), title(name))).or_insert(position),
        None => position,
    };
    songs.enumerate().map(number).collect()
}

/// A title without what tells its version.
fn title(title: &str) -> String {
    let lower = title.to_lowercase();
    let dashed = lower.split_once(" - ").filter(|(_, behind)| VERSION.iter().any(|word| behind.contains(word)));
    let kept = dashed.map_or(&*lower, |(before, _)| before);
    let (mut depth, mut text) = (0_u32, String::new());
    for letter in kept.chars() {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => text.push(letter),
            _ => {}
        }
    }
    let text = text.split(" feat. ").next().unwrap_or_default();
    let plain_text = plain(text);
    if plain_text.is_empty() { plain(&lower) } else { plain_text }
}

/// Letters and digits only, in lower case.
fn plain(text: &str) -> String {
    text.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_one_title_and_other_songs_another() {
        for version in ["Help!", "Help! (Live)", "Help! [2009 Remaster]", "help - Remastered 2011", "Help! feat. Anna"]
        {
            assert_eq!(title(version), "help", "{version}");
        }
        assert_eq!(title("(Sittin' On) The Dock"), "thedock");
        assert_ne!(title("Help - Me"), title("Help"));
        assert_eq!(title("(Untitled)"), "untitled");
    }
}

//! Where the sound of an MPEG-4 file begins: encoders put silence in front, which symphonia does not take away.

/// Samples to leave out at the start, and how many to keep when the file says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Priming {
    /// Samples before the sound.
    pub(crate) delay: usize,
    /// Samples of the sound.
    pub(crate) length: Option<usize>,
}

/// Reads the priming of an MPEG-4 file: Apple's `iTunSMPB` text, otherwise the first edit of the track. `None` for other
/// files and for files that say nothing.
#[must_use]
pub(crate) fn priming(file: &[u8]) -> Option<Priming> {
    if file.get(4..8)? != b"ftyp" {
        return None;
    }
    apple(file).or_else(|| edit(file))
}

/// Hexadecimal numbers: nothing, delay, padding, length.
fn apple(file: &[u8]) -> Option<Priming> {
    let tag = find(file, b"iTunSMPB")? + 8;
    let text = String::from_utf8_lossy(file.get(tag..(tag + 160).min(file.len()))?);
    let long = |word: &&str| word.len() >= 8 && word.bytes().all(|letter| letter.is_ascii_hexdigit());
    let mut numbers = text.split(|letter: char| !letter.is_ascii_hexdigit()).filter(long);
    let delay = usize::from_str_radix(numbers.nth(1)?, 16).ok()?;
    let length = usize::from_str_radix(numbers.nth(1)?, 16).ok()?;
    Some(Priming { delay, length: Some(length).filter(|&length| length > 0) })
}

/// The media time of the first edit, in samples as tracks of sound count.
fn edit(file: &[u8]) -> Option<Priming> {
    let list = find(file, b"edts")? + 8;
    if file.get(list..list + 4)? != b"elst" {
        return None;
    }
    let time = match file.get(list + 4)? {
        0 => i64::from(i32::from_be_bytes(file.get(list + 16..list + 20)?.try_into().ok()?)),
        _ => i64::from_be_bytes(file.get(list + 20..list + 28)?.try_into().ok()?),
    };
    let delay = usize::try_from(time).ok()?;
    // Encoders know delays of some thousand samples; a longer cut is an edit in earnest.
    (delay < 10_000).then_some(Priming { delay, length: None })
}

fn find(file: &[u8], wanted: &[u8]) -> Option<usize> {
    file.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apples_text_and_edit_lists_are_understood_and_other_files_left_alone() {
        let head = b"\0\0\0\x08ftyp".to_vec();
        let text = b"iTunSMPB\0\0\0\x84data\0\0\0\x01\0\0\0\0 00000000 00000840 0000026E 000000000077C952 00000000";
        let apple = [head.clone(), text.to_vec()].concat();
        assert_eq!(priming(&apple), Some(Priming { delay: 2_112, length: Some(0x0077_C952) }));
        let list = b"\0\0\0\x24edts\0\0\0\x1celst\0\0\0\0\0\0\0\x01\0\0\x01\xf4\0\0\x04\0\0\x01\0\0";
        let edited = [head.clone(), list.to_vec()].concat();
        assert_eq!(priming(&edited), Some(Priming { delay: 1_024, length: None }));
        assert_eq!(priming(&edited[..edited.len() - 6]), None);
        assert_eq!(priming(&head), None);
        assert_eq!(priming(&text[..]), None);
    }
}

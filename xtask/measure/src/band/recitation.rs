//! Whether chords are recited from training songs: the longest run of beats that two songs have in common, in any key.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use songweave_dsp::band::{Chord, Quality};

use songweave_score::songs::sung_song::SungSong;

/// Longest run that is looked for, in beats.
const LONGEST: usize = 512;

/// What a run is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Chords alone. Progressions are common property, so such runs are long between any two songs.
    Chords,
    /// The chord of a beat with what is sung over it: only this is a song.
    ChordsAndMelody,
}

/// A beat, free of its key: step of the root from the beat before, quality, and perhaps each step's class above the root.
type Beat = (u8, Quality, Vec<Option<u8>>);

/// The beats of a song under some chords; a beat without chord ends a run.
fn beats(song: &SungSong, chords: &[Option<Chord>], of: Of) -> Vec<Option<Beat>> {
    let per_beat = song.steps_per_beat.max(1) as usize;
    let mut before = None;
    let beat = |(steps, chord): (&[_], &Option<Chord>)| {
        let chord = (*chord)?;
        let above = |class: u8, root: u8| (12 + class % 12 - root % 12) % 12;
        let moved = above(chord.root, before.unwrap_or(chord.root));
        before = Some(chord.root);
        let sung = |step: &songweave_score::songs::sung_song::SungStep| step.key.map(|key| above(key, chord.root));
        let melody = if of == Of::Chords { Vec::new() } else { steps.iter().map(sung).collect() };
        Some((moved, chord.quality, melody))
    };
    song.melody.chunks(per_beat).zip(chords.iter().step_by(per_beat)).map(beat).collect()
}

/// Hashes of all runs of a length, without those in which nothing changes.
fn runs(beats: &[Option<Beat>], length: usize) -> impl Iterator<Item = u64> + '_ {
    beats.windows(length).filter_map(|run| {
        let mut hasher = DefaultHasher::new();
        for (index, beat) in run.iter().enumerate() {
            let (moved, quality, melody) = beat.as_ref()?;
            // How a run is reached is not part of it.
            let moved = if index == 0 { 0 } else { *moved };
            (moved, *quality, melody).hash(&mut hasher);
        }
        run[1..].iter().flatten().any(|beat| beat.0 != 0).then(|| hasher.finish())
    })
}

/// The longest run in beats that any of the `played` songs has in common with any of the `trained` ones.
#[must_use]
pub fn longest_run(played: &[(&SungSong, &[Option<Chord>])], trained: &[SungSong], of: Of) -> usize {
    let played: Vec<_> = played.iter().map(|(song, chords)| beats(song, chords, of)).collect();
    let trained: Vec<_> = trained.iter().map(|song| beats(song, &song.chords, of)).collect();
    let common = |length: usize| {
        let known: HashSet<u64> = trained.iter().flat_map(|beats| runs(beats, length)).collect();
        played.iter().flat_map(|beats| runs(beats, length)).any(|run| known.contains(&run))
    };
    // A part of a common run is common, but for those in which nothing changes: from two beats on.
    let (mut shortest, mut longest) = (1, LONGEST);
    while shortest < longest {
        let middle = (shortest + longest).div_ceil(2);
        if common(middle) { shortest = middle } else { longest = middle - 1 }
    }
    shortest
}

#[cfg(test)]
mod tests {
    use super::*;
    use songweave_score::songs::sung_song::SungStep;

    fn song(keys: &[u8], roots: &[u8]) -> SungSong {
        let hold = |key: &u8| [SungStep { key: Some(*key), onset: false }; 4];
        let chord = |root: &u8| [Some(Chord { root: *root, quality: Quality::Major, bass: *root }); 4];
        SungSong {
            melody: keys.iter().flat_map(hold).collect(),
            chords: roots.iter().flat_map(chord).collect(),
            steps_per_bar: 16,
            steps_per_beat: 4,
            ..SungSong::default()
        }
    }

    #[test]
    fn runs_are_found_in_any_key_and_end_where_the_melody_differs() {
        let trained = song(&[60, 64, 65, 69, 67, 71, 60], &[0, 0, 5, 5, 7, 7, 0]);
        let played = song(&[62, 66, 67, 71, 70, 73, 62], &[2, 2, 7, 7, 9, 9, 2]);
        let pair = [(&played, played.chords.as_slice())];
        assert_eq!(longest_run(&pair, std::slice::from_ref(&trained), Of::Chords), 7);
        assert_eq!(longest_run(&pair, &[trained], Of::ChordsAndMelody), 4);
    }
}

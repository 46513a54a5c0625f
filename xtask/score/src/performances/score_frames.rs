//! The score of a part, frame by frame: which pitch classes sound, where notes begin, how high they lie.

use songweave_dsp::stream::layout::StreamLayout;

use crate::notation::note::Note;

/// What a part plays in one frame.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ScoreFrame {
    /// Sum of the velocities (0…1) of sounding notes, `[pitch class]` from C on.
    pub chroma: [f32; 12],
    /// Sum of the velocities (0…1) of notes that begin in this frame.
    pub onset: f32,
    /// Mean MIDI key of sounding notes / 128; 0 where none sounds.
    pub register: f32,
}

/// The first `frames` frames of notes whose time counts in seconds from the first sample of the first frame's window.
/// A frame stands for the hop in the middle of its window. Drums (not `pitched`) have onsets only: their keys name
/// instruments.
#[must_use]
pub fn score_frames(notes: &[Note], pitched: bool, layout: &StreamLayout, frames: usize) -> Vec<ScoreFrame> {
    let mut score = vec![ScoreFrame::default(); frames];
    let mut sounding = vec![0u16; frames];
    // The middle of a window is where the frame's hop ends half a hop later.
    let lead = (layout.window - layout.hop) as f64 / 2.0;
    let rate = f64::from(layout.sample_rate);
    let frame_of = |seconds: f64| ((seconds * rate - lead) / layout.hop as f64).floor();
    for note in notes {
        let (first, last) = (frame_of(note.start), frame_of(note.start + note.length));
        if (0.0..frames as f64).contains(&first) {
            score[first as usize].onset += note.velocity;
        }
        if !pitched || last < 0.0 || first >= frames as f64 {
            continue;
        }
        let class = (note.key.round() as i32).rem_euclid(12) as usize;
        for frame in first.max(0.0) as usize..=(last as usize).min(frames - 1) {
            score[frame].chroma[class] += note.velocity;
            score[frame].register += note.key / 128.0;
            sounding[frame] += 1;
        }
    }
    for (frame, &count) in score.iter_mut().zip(&sounding) {
        frame.register /= f32::from(count.max(1));
    }
    score
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_sound_begin_and_lie_where_they_are_played() {
        let layout = StreamLayout::for_sample_rate(48_000.0);
        let hop = f64::from(layout.hop_seconds());
        let middle = layout.window as f64 / 2.0 / 48_000.0;
        let note = |frame: f64, frames: f64, key| Note {
            start: middle + frame * hop,
            length: frames * hop,
            key,
            velocity: 0.5,
        };
        let notes = [note(-20.0, 22.0, 60.0), note(4.0, 3.0, 64.0), note(6.0, 500.0, 76.0), note(900.0, 1.0, 61.0)];
        let score = score_frames(&notes, true, &layout, 10);
        assert_eq!((score[2].chroma[0], score[3].chroma[0]), (0.5, 0.0));
        let onsets: Vec<usize> = (0..10).filter(|&frame| score[frame].onset > 0.0).collect();
        assert_eq!(onsets, [4, 6]);
        assert_eq!((score[4].chroma[4], score[6].chroma[4], score[9].chroma[4]), (0.5, 1.0, 0.5));
        assert!((score[6].register - 70.0 / 128.0).abs() < 1e-6 && score[3].register == 0.0);
        let drums = score_frames(&notes, false, &layout, 10);
        assert_eq!((drums[4].onset, drums[4].chroma, drums[4].register), (0.5, [0.0; 12], 0.0));
    }
}

//! What the band thought: its chords and what it heard of the voice, from the render that was made again.

use crate::harte::harte;
use songweave_dsp::band::{Chord, VoiceHeard};
use songweave_dsp::exchange::telemetry::BandColumn;

/// Chords and voice of a song, addressed by its samples.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chart {
    /// Each chord from the sample on at which it begins; `None` where there is no harmony.
    pub chords: Vec<(u64, Option<Chord>)>,
    /// What is heard of the voice around a sample.
    pub voice: Vec<(u64, VoiceHeard)>,
}

impl Chart {
    /// The chart of a band's columns, which lie `hop` samples apart.
    pub(crate) fn of(columns: &[BandColumn], hop: usize) -> Self {
        let mut chart = Self::default();
        for column in columns {
            let (chord, since) = column.chord;
            let since = u64::try_from(since).unwrap_or(0);
            let present = chart.chords.last().and_then(|(_, chord)| *chord);
            if chord != present {
                chart.chords.push((since, chord));
            }
            // The voice was heard in a window of four hops, which begins with this one.
            chart.voice.extend(u64::try_from(column.sample + 2 * hop as i64).ok().map(|middle| (middle, column.voice)));
        }
        chart
    }

    /// The chord that sounds at a sample.
    #[must_use]
    pub fn chord_at(&self, sample: u64) -> Option<Chord> {
        let after = self.chords.partition_point(|(since, _)| *since <= sample);
        self.chords.get(after.checked_sub(1)?)?.1
    }

    /// A marker for every chord: `chord: C:min7/Eb`, `chord: N` for none.
    pub(crate) fn markers(&self) -> Vec<(u64, String)> {
        let text = |chord: Option<Chord>| format!("chord: {}", chord.map_or_else(|| "N".to_owned(), harte));
        self.chords.iter().map(|(since, chord)| (*since, text(*chord))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use songweave_dsp::band::Quality;

    fn column(sample: i64, chord: (Option<Chord>, i64), voicing: f32) -> BandColumn {
        let voice = VoiceHeard { key: 60.5, voicing, ..VoiceHeard::default() };
        BandColumn {
            sample,
            voice,
            chord,
            sounding: Default::default(),
            tune: Default::default(),
            transport: Default::default(),
        }
    }

    #[test]
    fn chords_are_told_where_they_begin_and_only_once() {
        let minor = Some(Chord { root: 0, quality: Quality::Minor7, bass: 3 });
        let columns = [
            column(-512, (None, 0), 0.0),
            column(0, (None, 0), 0.9),
            column(512, (minor, 700), 0.9),
            column(1024, (minor, 700), 0.2),
            column(1536, (None, 1600), 0.2),
        ];
        let chart = Chart::of(&columns, 512);
        assert_eq!(chart.chords, [(700, minor), (1600, None)]);
        assert_eq!(chart.markers(), [(700, "chord: C:min7/Eb".to_owned()), (1600, "chord: N".to_owned())]);
        assert_eq!([699, 700, 1599, 1600].map(|at| chart.chord_at(at).is_some()), [false, true, true, false]);
        assert_eq!(chart.voice.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [512, 1024, 1536, 2048, 2560]);
    }
}

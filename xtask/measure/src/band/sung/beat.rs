//! Whether the band notices that a song is not sung to the host's beat.

use anyhow::Result;
use serde::Serialize;
use songweave_engine::band::take::beat::SungBeat;
use songweave_score::songs::structure_song::StructureSong;
use songweave_synth::voices::evaluation_singers::Sung;

use super::stage::Stage;

/// The host's tempo against the singer's where they differ.
const OTHER: f64 = 1.13;
/// A tempo is right within this share of it; halves and doubles of it are right as well.
const RIGHT: f64 = 0.005;

/// What is told of the beat of a song.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct BeatFigures {
    /// Whether it is told that the host's beat is another one, in a host that has the singer's.
    pub false_alarm: bool,
    /// Whether that is told in a host that has another one.
    pub noticed: bool,
    /// Whether the singer's tempo is told there.
    pub tempo_told: bool,
}

impl BeatFigures {
    /// The plugin learns the song in a host with another tempo; `in_time` is what was told in one with the singer's.
    ///
    /// # Errors
    /// The plugin fails.
    pub fn measure(song: &StructureSong, sung: &Sung, in_time: SungBeat, stage: &Stage) -> Result<Self> {
        let told = stage.chart(sung, OTHER * song.tempo, &super::figures::LEARN)?.beat;
        let right = |tempo: f32| {
            let octaves = (f64::from(tempo) / song.tempo).log2();
            (octaves - octaves.round()).abs() < RIGHT.ln_1p() / std::f64::consts::LN_2
        };
        Ok(Self {
            false_alarm: in_time.advice().is_some(),
            noticed: told.advice().is_some(),
            tempo_told: matches!(told, SungBeat::Otherwise(tempo) if right(tempo)),
        })
    }
}

//! What `auto` makes of two songs whose scores are known: how often it changes its mind, and how much still clashes.
//!
//! Clashes are counted in the scores, at the gains that the lanes give each part, as if the parts were separated without
//! a fault. They are not those that the network was trained on, which smooth over phrases.

use serde::Serialize;
use songweave_dsp::{
    exchange::{controls::Controls, frame::Transport, telemetry::MaskColumn},
    mash::mask::crossfade,
    stream::{
        layout::{PARTS, Part, SONGS, StreamLayout},
        path::BlockInfo,
    },
};
use songweave_engine::runtime::offline::Offline;
use songweave_models::{MashNetwork, WeightError};

use songweave_score::notation::note::Note;
use songweave_synth::song::{Song, Stereo, silence};

/// Dissonance of the interval classes 0…6: unison, seconds, thirds, fourth, tritone.
const DISSONANCE: [f64; 7] = [0.0, 1.0, 0.5, 0.1, 0.1, 0.05, 0.7];
/// Two onsets closer than this in seconds are heard as one, and up to the second number as one that failed.
const AS_ONE: f64 = 0.035;
const FLAM: f64 = 0.12;
/// Gain from which a part counts as heard.
const HEARD: f32 = 0.7;
/// Length of a bar in seconds where no tempo is known.
pub(crate) const BAR_SECONDS: f64 = 2.0;

/// What two songs do to each other, from the scores. Everything is 0 when only one song is heard.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Clash {
    /// Mean dissonance of the notes of one song against those of the other, 0…1, against all of them at full gain.
    pub harmony: f64,
    /// Share of onsets that are 35 to 120 ms beside one of the other song.
    pub rhythm: f64,
    /// Share of the time in which both sing.
    pub voices: f64,
    /// Share of the time in which both songs are heard: what is left of the mashup.
    pub both_heard: f64,
}

/// What `auto` makes of two songs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AutoFigures {
    /// Length in bars, of two seconds where no tempo is given.
    pub bars: f64,
    /// Moments in a bar at which some part changes songs, on average.
    pub changes_per_bar: f64,
    /// The same in the bar with the most.
    pub most_changes_in_a_bar: usize,
    /// Both songs added up.
    pub plain_sum: Clash,
    /// With the plugin's own faders: the voice of A over the rest of B.
    pub faders: Clash,
    /// With `auto` at 100 %.
    pub auto: Clash,
}

/// Gains of each part, `[song][part]`.
type Gains = [[f32; PARTS]; SONGS];

/// Plays two songs with `auto` at 100 %, in a host at `tempo` beats per minute in four-four time or in one without a
/// transport. `None` where a score is missing or nothing is to be heard.
#[must_use]
pub fn measure_auto(a: &Song, b: &Song, tempo: Option<f64>, network: &MashNetwork) -> Option<AutoFigures> {
    let scores = [score(a)?, score(b)?];
    let layout = StreamLayout::for_sample_rate(a.rate as f32);
    let samples = a.samples().min(b.samples());
    let columns = columns(&layout, [a, b], tempo, network).ok()?;
    let lanes = Lanes { columns: &columns, layout };
    let seconds = samples as f64 / f64::from(a.rate);
    let hops = samples / layout.hop;
    let times: Vec<f64> = (0..hops).map(|hop| hop as f64 * f64::from(layout.hop_seconds())).collect();
    if times.is_empty() {
        return None;
    }
    let bar = tempo.map_or(BAR_SECONDS, |tempo| 240.0 / tempo);
    let changes = lanes.changes();
    Some(AutoFigures {
        bars: seconds / bar,
        changes_per_bar: changes.len() as f64 * bar / seconds,
        most_changes_in_a_bar: most_within(&changes, bar),
        plain_sum: clash(&scores, &times, |_| [[1.0; PARTS]; SONGS]),
        faders: clash(&scores, &times, |_| gains(Controls::default().faders)),
        auto: clash(&scores, &times, |seconds| lanes.gains(seconds)),
    })
}

fn score(song: &Song) -> Option<[&[Note]; PARTS]> {
    let [vocals, drums, bass, other] = song.notes.each_ref().map(|notes| notes.as_deref());
    Some([vocals?, drums?, bass?, other?])
}

fn columns(
    layout: &StreamLayout,
    songs: [&Song; SONGS],
    tempo: Option<f64>,
    network: &MashNetwork,
) -> Result<Vec<MaskColumn>, WeightError> {
    let mixtures = songs.map(mixture);
    let [a, b] = mixtures.each_ref().map(|song| [song[0].as_slice(), song[1].as_slice()]);
    let transport = |sample: usize| Transport {
        playing: tempo.is_some(),
        tempo,
        beats: tempo.map(|tempo| sample as f64 / f64::from(layout.sample_rate) * tempo / 60.0),
        time_signature: Some((4, 4)),
        ..Transport::default()
    };
    let controls = Controls { auto: 1.0, ..Controls::default() };
    let info = |sample| BlockInfo { controls, transport: transport(sample), position_samples: None };
    Ok(Offline::new(*layout, network.clone())?.render(a, b, layout.hop, info).columns)
}

fn mixture(song: &Song) -> Stereo {
    let mut sum = silence(song.samples());
    for part in &song.parts {
        for (sum, channel) in sum.iter_mut().zip(part) {
            sum.iter_mut().zip(channel).for_each(|(sum, sample)| *sum += sample);
        }
    }
    sum
}

/// What the faders did.
struct Lanes<'a> {
    columns: &'a [MaskColumn],
    layout: StreamLayout,
}

impl Lanes<'_> {
    /// The frame whose window lies around a time.
    fn column(&self, seconds: f64) -> Option<&MaskColumn> {
        let centre = seconds * f64::from(self.layout.sample_rate) + self.layout.window as f64 / 2.0;
        self.columns.get(((centre / self.layout.hop as f64) as usize).saturating_sub(1)).or(self.columns.last())
    }

    fn gains(&self, seconds: f64) -> Gains {
        self.column(seconds).map_or([[0.0; PARTS]; SONGS], |column| gains(column.faders))
    }

    /// Times in seconds at which parts come to be heard more from the other song.
    fn changes(&self) -> Vec<f64> {
        let changed =
            |two: &[MaskColumn]| (0..PARTS).any(|part| (two[0].faders[part] > 0.5) != (two[1].faders[part] > 0.5));
        let hops = self.columns.windows(2).enumerate().filter(|(_, two)| changed(two)).map(|(hop, _)| hop);
        hops.map(|hop| hop as f64 * f64::from(self.layout.hop_seconds())).collect()
    }
}

fn gains(faders: [f32; PARTS]) -> Gains {
    let parts = faders.map(crossfade);
    std::array::from_fn(|song| parts.map(|part| part[song]))
}

/// Most times within any span.
pub(crate) fn most_within(times: &[f64], span: f64) -> usize {
    // Changes stand on hops, so two that are a bar apart may be a hop nearer.
    let within = |from: usize| times[from..].iter().take_while(|time| **time < times[from] + span - 0.02).count();
    (0..times.len()).map(within).max().unwrap_or(0)
}

fn clash(scores: &[[&[Note]; PARTS]; SONGS], times: &[f64], gains: impl Fn(f64) -> Gains) -> Clash {
    let (mut dissonance, mut pairs, mut voices, mut both) = (0.0, 0.0, 0.0, 0);
    for &seconds in times {
        let gains = gains(seconds);
        let [a, b] = [0, 1].map(|song| sounding(&scores[song], seconds, &gains[song]));
        for one in a.iter().filter(|one| one.part != Part::Drums) {
            for other in b.iter().filter(|other| other.part != Part::Drums) {
                let weight = f64::from(one.note.velocity * other.note.velocity);
                pairs += weight;
                dissonance += weight * f64::from(one.gain * other.gain) * interval(one.note.key - other.note.key);
            }
        }
        let voice = |notes: &[Sounding]| notes.iter().find(|sounding| sounding.part == Part::Vocals).map(|it| it.gain);
        voices += voice(&a).zip(voice(&b)).map_or(0.0, |(a, b)| f64::from(a * b));
        both += usize::from([&a, &b].iter().all(|notes| notes.iter().any(|sounding| sounding.gain > HEARD)));
    }
    let share = |sum: f64, of: f64| if of > 0.0 { sum / of } else { 0.0 };
    Clash {
        harmony: share(dissonance, pairs),
        rhythm: flams(scores, gains),
        voices: voices / times.len() as f64,
        both_heard: both as f64 / times.len() as f64,
    }
}

/// A note that sounds.
struct Sounding<'a> {
    part: Part,
    note: &'a Note,
    gain: f32,
}

fn sounding<'a>(score: &[&'a [Note]; PARTS], seconds: f64, gains: &[f32; PARTS]) -> Vec<Sounding<'a>> {
    let sounds = |note: &&Note| note.start <= seconds && seconds < note.start + note.length;
    let part = |part: Part| {
        let gain = gains[part as usize];
        score[part as usize].iter().filter(sounds).map(move |note| Sounding { part, note, gain })
    };
    Part::ALL.into_iter().flat_map(part).collect()
}

fn interval(semitones: f32) -> f64 {
    let class = semitones.round().rem_euclid(12.0) as usize;
    DISSONANCE[class.min(12 - class)]
}

/// Share of onsets of either song that nearly meet one of the other, by loudness and gain.
fn flams(scores: &[[&[Note]; PARTS]; SONGS], gains: impl Fn(f64) -> Gains) -> f64 {
    let onsets: [Vec<(f64, f32, f32)>; SONGS] = std::array::from_fn(|song| {
        let of = |part: usize| scores[song][part].iter().map(move |note| (part, note));
        let heard = |(part, note): (usize, &Note)| (note.start, note.velocity, gains(note.start)[song][part]);
        let mut onsets: Vec<_> = (0..PARTS).flat_map(of).map(heard).collect();
        onsets.sort_by(|one, other| one.0.total_cmp(&other.0));
        onsets
    });
    let (mut failed, mut all) = (0.0, 0.0);
    for song in 0..SONGS {
        for &(start, velocity, gain) in &onsets[song] {
            let others = &onsets[1 - song];
            let from = others.partition_point(|other| other.0 < start - FLAM);
            let near = others[from..].iter().take_while(|other| other.0 <= start + FLAM);
            let apart = |other: &(f64, f32, f32)| if (other.0 - start).abs() <= AS_ONE { 0.0 } else { other.2 };
            // One that meets it hides the others.
            let met = near.clone().filter(|other| apart(other) == 0.0).map(|other| other.2).fold(0.0, f32::max);
            let worst = near.map(apart).fold(0.0, f32::max);
            failed += f64::from(velocity * gain * (worst - met).max(0.0));
            all += f64::from(velocity);
        }
    }
    if all > 0.0 { failed / all } else { 0.0 }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use songweave_synth::demo_songs::{TEMPO, song_a, song_b};

    fn notes(keys: &[f32], shift: f64) -> Vec<Note> {
        let note =
            |(n, key): (usize, &f32)| Note { start: n as f64 * 0.5 + shift, length: 0.5, key: *key, velocity: 0.8 };
        keys.iter().enumerate().map(note).collect()
    }

    fn times() -> Vec<f64> {
        (0..200).map(|hop| f64::from(hop) * 0.01).collect()
    }

    /// Clash of a song whose four parts play C with one whose parts play another key later, at some gains.
    fn between(key: f32, shift: f64, gains: Gains) -> Clash {
        let [a, b] = [notes(&[60.0; 4], 0.0), notes(&[key; 4], shift)];
        clash(&[[&a; PARTS], [&b; PARTS]], &times(), |_| gains)
    }

    const SUM: Gains = [[1.0; PARTS]; SONGS];

    #[test]
    fn seconds_and_tritones_clash_and_unisons_do_not() {
        assert_eq!(between(72.0, 0.0, SUM), Clash { harmony: 0.0, rhythm: 0.0, voices: 1.0, both_heard: 1.0 });
        let (second, tritone) = (between(49.0, 0.0, SUM).harmony, between(66.0, 0.0, SUM).harmony);
        assert!((second - 1.0).abs() < 1e-6 && (tritone - 0.7).abs() < 1e-6, "{second} {tritone}");
    }

    #[test]
    fn onsets_that_nearly_meet_clash_and_those_between_beats_do_not() {
        let at = |shift| between(60.0, shift, SUM).rhythm;
        assert_eq!((at(0.02), at(0.25)), (0.0, 0.0));
        assert!(at(0.08) > 0.99, "{}", at(0.08));
    }

    #[test]
    fn one_song_alone_never_clashes_and_a_voice_over_the_other_songs_backing_is_a_mashup() {
        let only_a = [[1.0; PARTS], [0.0; PARTS]];
        assert_eq!(between(61.0, 0.08, only_a), Clash::default());
        let mash = between(60.0, 0.0, [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 1.0, 1.0]]);
        assert_eq!((mash.voices, mash.both_heard), (0.0, 1.0));
    }

    #[test]
    fn lanes_change_at_most_twice_a_bar_and_what_is_heard_clashes_no_more_than_the_sum() {
        let (mut a, mut b) = (song_a(), song_b());
        let network = MashNetwork::embedded().unwrap();
        b.notes = [(); PARTS].map(|()| Some(notes(&[61.0; 30], 0.0)));
        a.notes[0] = None;
        assert_eq!(measure_auto(&a, &b, Some(TEMPO), &network), None);
        a.notes = [(); PARTS].map(|()| Some(notes(&[60.0; 30], 0.08)));
        for tempo in [Some(TEMPO), None] {
            let figures = measure_auto(&a, &b, tempo, &network).unwrap();
            assert!(figures.most_changes_in_a_bar <= 2 && figures.changes_per_bar <= 2.0, "{figures:?}");
            assert!((figures.bars - 8.0).abs() < 1.0, "{figures:?}");
            let (sum, auto) = (figures.plain_sum, figures.auto);
            assert!(sum.harmony > 0.99 && sum.rhythm > 0.9 && sum.both_heard > 0.9, "{figures:?}");
            assert!(auto.harmony < sum.harmony && auto.rhythm < sum.rhythm && auto.voices < sum.voices, "{figures:?}");
        }
    }

    #[test]
    fn the_most_restless_bar_is_found() {
        assert_eq!(most_within(&[0.0, 1.0, 2.0, 2.5, 3.0, 9.0], 2.0), 3);
        assert_eq!(most_within(&[], 2.0), 0);
    }
}

//! The band of Accompany: hears the voice, decides the harmony, arranges it for four instruments.
//!
//! The output is later than the input by the latency, so a step is decided when it has begun in the input but not yet in
//! the output: what is played falls on the step, and the voice has been heard up to it.

use std::{
    collections::VecDeque,
    sync::{Arc, LazyLock},
};

use songweave_dsp::{
    band::{BandNote, BandStep, Chord, VoiceHeard, instruments::ToneFrame},
    exchange::{
        controls::BandControls,
        frame::{AnalysisFrame, SingerHeard},
    },
    tune::TuneGuide,
};

use songweave_models::{
    SongChordNetwork, WeightError, chords::ChordNetwork, groove::GrooveNetwork, instruments::InstrumentNetwork,
    melody::MelodyNetwork,
};

use crate::runtime::fault::NetworkFault;

pub mod arrange;
mod bars;
pub mod grid;
pub mod harmony;
pub mod heard;
pub mod melody;
pub mod overrides;
pub mod place;
pub mod sound;
pub mod steps;
pub mod take;
pub mod view;

use arrange::{Arranger, Singing, StepNote, StyleSettings};
use grid::{Grid, GridTime};
use harmony::{Harmonised, Harmony, Overrides};
use heard::StepHeard;
use melody::{MelodyWriter, guide::Guide};
use sound::Sound;
use steps::Pool;
use take::{TakeTwo, shared::SharedTake};
use view::BandView;

/// Hops after a step's beginning at which it is decided. The output plays it in the next hop, so this is the latest.
const DECIDED_AFTER: usize = 3;
/// Hops from the middle of a frame's window, which its pitch belongs to, to the frame's end.
const HEARD_AFTER: usize = 2;
/// A step of which less than this has been heard tells nothing: what sounds in it is still the end of the last note.
const GLIMPSE: f32 = 0.3;
/// A step with less voice than this is not sung.
const SUNG: f32 = 0.15;

/// A frame whose time has not come yet.
#[derive(Debug, Clone, Copy)]
struct Coming {
    time: Option<GridTime>,
    generation: u32,
}

/// Names and SHA-256 digests (hexadecimal) of the band's networks in the binary.
#[must_use]
pub fn networks() -> &'static [(String, String)] {
    static NETWORKS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
        let chords =
            ChordNetwork::embedded().map(|network| (network.metadata().name.clone(), network.digest().to_owned()));
        let groove =
            GrooveNetwork::embedded().map(|network| (network.metadata().name.clone(), network.digest().to_owned()));
        let instruments =
            InstrumentNetwork::embedded().map(|network| (network.metadata().name.clone(), network.digest().to_owned()));
        let melody =
            MelodyNetwork::embedded().map(|network| (network.metadata().name.clone(), network.digest().to_owned()));
        let song_chords =
            SongChordNetwork::embedded().map(|network| (network.metadata().name.clone(), network.digest().to_owned()));
        [chords, song_chords, groove, melody, instruments].into_iter().flatten().collect()
    });
    &NETWORKS
}

/// Hears the frames, decides what is played.
pub struct Band {
    grid: Grid,
    harmony: Harmony,
    arranger: Arranger,
    sound: Sound,
    guide: Guide,
    take_two: TakeTwo,
    coming: VecDeque<Coming>,
    /// Steps that were heard, wholly or in part, and not decided yet; the first one is the next to be decided.
    heard: VecDeque<(GridTime, StepHeard)>,
    pool: Pool,
    last: StepHeard,
    silent_steps: u32,
    due: Option<Coming>,
    chord: Option<Chord>,
    notes: Vec<StepNote>,
    view: BandView,
    hop: Option<u64>,
    /// MIDI keys that are held in the last frame, one bit each.
    keys: u128,
}

impl Band {
    /// The band with the networks in the binary.
    ///
    /// # Errors
    /// When a weight file in the binary is damaged, which a test rules out.
    pub fn embedded() -> Result<Self, WeightError> {
        let arranger = Arranger::new(GrooveNetwork::embedded()?);
        let harmony = Harmony::new(ChordNetwork::embedded()?);
        Ok(Self::new(harmony, arranger, Self::sound()?, MelodyWriter::embedded()?, TakeTwo::embedded(Arc::default())?))
    }

    /// Shares a take with others; what is in it is known from the first step on.
    ///
    /// # Errors
    /// When the network of whole songs fails.
    pub fn share(&mut self, take: Arc<SharedTake>) -> Result<(), NetworkFault> {
        self.take_two.share(take)
    }

    /// The instruments with the networks in the binary.
    ///
    /// # Errors
    /// When a weight file in the binary is damaged, which a test rules out.
    pub fn sound() -> Result<Sound, WeightError> {
        Ok(Sound::new(InstrumentNetwork::embedded()?))
    }

    /// A band that has heard nothing.
    #[must_use]
    pub fn new(harmony: Harmony, arranger: Arranger, sound: Sound, melody: MelodyWriter, take_two: TakeTwo) -> Self {
        Self {
            grid: Grid::default(),
            harmony,
            arranger,
            sound,
            guide: Guide::new(melody),
            take_two,
            coming: VecDeque::new(),
            heard: VecDeque::new(),
            pool: Pool::default(),
            last: StepHeard::default(),
            silent_steps: 0,
            due: None,
            chord: None,
            notes: Vec::new(),
            view: BandView::default(),
            hop: None,
            keys: 0,
        }
    }

    /// Forgets everything heard.
    pub fn reset(&mut self) {
        self.harmony.reset();
        self.arranger.reset();
        self.sound.reset();
        self.guide.reset();
        self.grid = Grid::default();
        self.coming.clear();
        self.heard.clear();
        self.pool = Pool::default();
        (self.last, self.silent_steps) = (StepHeard::default(), 0);
        (self.due, self.chord, self.hop) = (None, None, None);
        self.view = BandView::default();
    }

    /// Another mode is on: forgets everything heard, once.
    pub fn leave(&mut self) {
        if self.hop.is_some() {
            self.reset();
        }
    }

    /// What the notes sound like in the hop that is played with the last step.
    #[must_use]
    pub fn tones(&self) -> &[ToneFrame] {
        self.sound.tones()
    }

    /// What the tuner may aim at in the last frame.
    #[must_use]
    pub const fn guide(&self) -> TuneGuide {
        self.guide.told()
    }

    /// What is known of the music.
    #[must_use]
    pub const fn view(&self) -> &BandView {
        &self.view
    }

    /// What is played from this frame on. Frames come in order. A jump of the host's ends the notes, but what was heard is
    /// remembered; a stream that begins anew is another song.
    ///
    /// # Errors
    /// When a network fails.
    pub fn hear(&mut self, frame: &AnalysisFrame, singer: &SingerHeard) -> Result<BandStep, NetworkFault> {
        if self.hop.is_some_and(|hop| frame.position.hop <= hop) {
            self.reset();
        }
        self.hop = Some(frame.position.hop);
        let overrides = self.overrides(&frame.controls.band);
        self.take_two.hop(frame.controls.band.learn, &overrides)?;
        let time = self.grid.hear(frame);
        self.coming.push_back(Coming { time, generation: frame.position.generation });
        self.keys = singer.keys;
        self.listen(&singer.voice, frame.hop_seconds());
        let mut step = BandStep::EMPTY;
        let lag = DECIDED_AFTER + frame.layout.look_ahead;
        if self.coming.len() > lag
            && let Some(due) = self.coming.pop_front()
        {
            self.decide(due, lag, frame, &mut step)?;
        }
        self.sound.play(frame, &step);
        let middle = self.coming.len().checked_sub(HEARD_AFTER + 1).and_then(|index| self.coming.get(index));
        let now = middle.and_then(|coming| coming.time);
        let notes = now.and_then(|time| time.spot()).map_or([None; 3], |spot| self.take_two.notes(&spot));
        self.guide.follow(now.map(|time| time.place), &self.view, frame, notes)?;
        self.view.melody = self.guide.plan();
        Ok(step)
    }

    /// Pools the voice into the step that its frame's middle lies in.
    fn listen(&mut self, voice: &VoiceHeard, hop_seconds: f32) {
        let at = |back: usize| self.coming.len().checked_sub(back + 1).and_then(|index| self.coming.get(index));
        let Some(time) = at(HEARD_AFTER).and_then(|coming| coming.time) else { return };
        let begins = at(HEARD_AFTER + 1)
            .and_then(|before| before.time)
            .is_none_or(|before| !before.place.is_same_step(&time.place));
        if begins || self.heard.is_empty() {
            if let Some((time, last)) = self.heard.back() {
                self.guide.hear(last);
                if let Some(spot) = time.spot() {
                    self.take_two.hear(&spot, last);
                }
            }
            self.pool.begin();
            self.heard.push_back((time, StepHeard::default()));
        }
        self.pool.hear(voice, hop_seconds);
        self.take_two.listen(&time, voice.onset, hop_seconds);
        let passed = (time.since / time.step_seconds).clamp(0.0, 1.0) as f32;
        // The frame that ends a step completes it.
        let rest = (time.step_seconds - time.since) as f32;
        let passed = if rest < hop_seconds { 1.0 } else { passed };
        if let Some((_, last)) = self.heard.back_mut() {
            *last = self.pool.step(passed);
        }
    }

    /// Decides the step that begins in the frame that is due, `lag` hops before the present one.
    fn decide(
        &mut self,
        due: Coming,
        lag: usize,
        frame: &AnalysisFrame,
        step: &mut BandStep,
    ) -> Result<(), NetworkFault> {
        let rate = f64::from(frame.layout.sample_rate);
        let end = -((lag * frame.layout.hop) as i32);
        let before = self.due.replace(due);
        let (was, is) = (before.and_then(|before| before.time), due.time);
        let jumped = before.is_some_and(|before| before.generation != due.generation);
        let Some(time) = is else {
            if was.is_some() {
                self.leave_step();
                self.stop(end - frame.layout.hop as i32, step);
            }
            return Ok(());
        };
        let entered = was.is_none_or(|was| !was.place.is_same_step(&time.place));
        if !entered && !jumped {
            return Ok(());
        }
        if was.is_some() && entered {
            self.leave_step();
        }
        // Shifted a little, so that steps that begin between two samples are rounded alike whatever the host's rounding.
        let since = (time.since * rate + 0.012).round() as i32;
        let continues = was.is_some_and(|was| was.place.is_followed_by(&time.place));
        let begins_here = since <= frame.layout.hop as i32;
        if jumped || (was.is_some() && !continues) {
            self.stop(end - since.min(frame.layout.hop as i32), step);
        }
        if begins_here {
            self.play(&time, end - since, frame, step)?;
        }
        Ok(())
    }

    /// The first of the heard steps is over.
    fn leave_step(&mut self) {
        self.last = self.heard.pop_front().map_or_else(StepHeard::default, |(_, heard)| heard);
        self.silent_steps = if self.last.voiced() < SUNG { self.silent_steps.saturating_add(1) } else { 0 };
    }

    fn stop(&mut self, at: i32, step: &mut BandStep) {
        step.silence = Some(at);
        if self.chord.take().is_some() {
            step.chord = Some((None, at));
        }
    }

    /// Decides a step that begins `at` samples after the frame's last one.
    fn play(
        &mut self,
        time: &GridTime,
        at: i32,
        frame: &AnalysisFrame,
        step: &mut BandStep,
    ) -> Result<(), NetworkFault> {
        let controls = &frame.controls.band;
        let heard = self.heard.iter().map(|(_, heard)| *heard);
        let ahead: Vec<StepHeard> = heard.filter(|heard| heard.heard >= GLIMPSE).collect();
        let overrides = self.overrides(controls);
        let live = self.harmony.step(&time.place, &self.last, &ahead, &overrides)?;
        let known = time.spot().and_then(|spot| self.take_two.step(&spot, controls.intro));
        let harmony = known.map_or(live, |known| Harmonised {
            chord: known.harmony.chord.map(|chord| overrides.chord.unwrap_or(chord)),
            ..known.harmony
        });
        let singing =
            Singing { voiced: self.last.voiced(), level: self.last.level, silent_steps: self.silent_steps, known };
        let settings = StyleSettings {
            style: controls.style,
            density: controls.density,
            adventure: controls.adventure,
            seed: controls.seed,
        };
        self.notes.clear();
        let next = harmony.plan.first().copied().flatten();
        self.arranger.step(time, harmony.chord, next, &singing, &settings, &mut self.notes)?;
        if harmony.chord != self.chord {
            step.chord = Some((harmony.chord, at));
            self.chord = harmony.chord;
        }
        let samples = time.step_seconds * f64::from(frame.layout.sample_rate);
        for note in &self.notes {
            step.push(BandNote {
                instrument: note.instrument,
                key: note.key.min(127),
                velocity: note.velocity.min(127),
                offset: at + (f64::from(note.delay) * samples).round() as i32,
                length: (f64::from(note.length) * samples).round().max(1.0) as u32,
            });
        }
        let sings = self.silent_steps == 0;
        let goes_by = self.take_two.goes_by(time.spot().as_ref());
        self.view = BandView {
            place: Some(time.place),
            step_seconds: time.step_seconds as f32,
            harmony,
            plan: *self.arranger.plan(),
            goes_by,
            sings,
            ..self.view
        };
        Ok(())
    }

    fn overrides(&self, controls: &BandControls) -> Overrides {
        let heard = self.view.harmony.key.map(|estimate| estimate.key);
        let chord = overrides::chord(controls, self.keys, heard);
        Overrides {
            key: controls.key,
            minor: controls.minor,
            chord,
            adventure: controls.adventure,
            seed: controls.seed,
        }
    }
}

#[cfg(test)]
mod tests;

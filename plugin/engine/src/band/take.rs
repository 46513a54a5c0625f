//! Take two: what was heard of a song is learned, and the band then plays with the whole song in view.
//!
//! While it learns the band plays live, as it does where nothing was learned. What was learned is studied in portions, a few of
//! them a hop, so what is played is a function of the state, the stream and nothing else. The network's answers depend on
//! what was heard alone; what the user sets only chooses among them, which takes no time.

pub mod beat;
pub mod departure;
pub mod features;
pub mod knowledge;
pub mod known;
pub mod learned;
pub mod plan;
pub mod repeats;
pub mod sections;
pub mod shared;
pub mod song;
pub mod view;

use std::{collections::BTreeMap, sync::Arc};

use songweave_dsp::exchange::controls::Intro;
use songweave_models::{SongChordNetwork, WeightError};

use super::{
    grid::GridTime,
    harmony::{Harmonised, Overrides, PLAN},
    heard::StepHeard,
};
use crate::runtime::fault::NetworkFault;
use beat::BeatListener;
use departure::Departure;
use knowledge::{Knowledge, Study};
use known::{Cue, GoesBy, Known, Span};
use learned::{Sheet, Spot};
use plan::PlannedBeat;
use shared::{Changes, SharedTake};
use view::SongView;

/// Portions of a study in a hop.
const PORTIONS: usize = 8;
/// Bars for which the last chord is held.
const LAST_CHORD: usize = 2;
/// Level in dB by which a section must differ from the song to be played as loudly or as softly as can be.
const DYNAMICS: f32 = 8.0;

/// Learns a song, and knows it afterwards.
pub struct TakeTwo {
    shared: Arc<SharedTake>,
    network: SongChordNetwork,
    /// The changes that are known here.
    seen: Changes,
    study: Option<Study>,
    knowledge: Knowledge,
    sheet: Sheet,
    /// Bars by where they begin.
    bars: BTreeMap<i64, usize>,
    beats: Vec<PlannedBeat>,
    /// What the beats were planned for.
    planned_for: Option<Overrides>,
    departure: Departure,
    /// The step of the song that was heard last.
    heard: Option<usize>,
    learning: bool,
    /// Of the passes since it began to learn.
    beat: BeatListener,
}

impl TakeTwo {
    /// Learns into a take, and knows what is in it; with the network in the binary.
    ///
    /// # Errors
    /// When a weight file in the binary is damaged, which a test rules out.
    pub fn embedded(shared: Arc<SharedTake>) -> Result<Self, WeightError> {
        Ok(Self {
            shared,
            network: SongChordNetwork::embedded()?,
            seen: Changes::default(),
            study: None,
            knowledge: Knowledge::default(),
            sheet: Sheet::default(),
            bars: BTreeMap::new(),
            beats: Vec::new(),
            planned_for: None,
            departure: Departure::default(),
            heard: None,
            learning: false,
            beat: BeatListener::default(),
        })
    }

    /// Shares another take, and studies what is in it to the end; to be called before audio starts.
    ///
    /// # Errors
    /// When the network fails.
    pub fn share(&mut self, shared: Arc<SharedTake>) -> Result<(), NetworkFault> {
        self.shared = shared;
        self.seen = Changes::default();
        self.look();
        self.go_on(usize::MAX)
    }

    /// A hop has passed: goes on with what there is to study, or learns while `learning`; `wanted` is what the user wants of the
    /// harmony.
    ///
    /// # Errors
    /// When the network fails.
    pub fn hop(&mut self, learning: bool, wanted: &Overrides) -> Result<(), NetworkFault> {
        if learning && !self.learning {
            self.beat = BeatListener::default();
        }
        self.learning = learning;
        if !learning {
            self.look();
            self.go_on(PORTIONS)?;
        }
        let wanted = Overrides { chord: None, ..*wanted };
        if self.planned_for != Some(wanted) && !self.knowledge.bars.is_empty() {
            self.beats = plan::plan(&self.knowledge, &wanted, &self.sheet.chords);
            self.planned_for = Some(wanted);
            self.shared.show(SongView::new(&self.knowledge, &self.beats, &self.sheet));
        }
        Ok(())
    }

    /// Takes notice of a take that has changed.
    fn look(&mut self) {
        let changes = self.shared.changes();
        if changes == self.seen {
            return;
        }
        let take = self.shared.take();
        if changes.heard != self.seen.heard {
            let (song, bars) = take.song();
            self.study = Some(Study::new(song, bars));
        }
        self.sheet = take.sheet;
        self.planned_for = None;
        self.seen = changes;
    }

    fn go_on(&mut self, portions: usize) -> Result<(), NetworkFault> {
        let Some(study) = &mut self.study else { return Ok(()) };
        if let Some(knowledge) = study.go_on(&mut self.network, portions)? {
            self.study = None;
            let begins = knowledge.bars.iter().enumerate().filter_map(|(index, bar)| Some((bar.ticks?, index)));
            self.bars = begins.collect();
            self.knowledge = knowledge;
            self.planned_for = None;
            self.departure = Departure::default();
            if self.knowledge.bars.is_empty() {
                self.beats.clear();
                self.shared.show(SongView::default());
            }
        }
        Ok(())
    }

    /// A hop of the voice at `time` with the strength of a note that began in it, 0 for none.
    pub fn listen(&mut self, time: &GridTime, onset: f32, hop_seconds: f32) {
        if self.learning {
            self.beat.hear(onset, (time.quarters(), time.tempo()), hop_seconds);
        }
    }

    /// A step is over and was heard completely.
    pub fn hear(&mut self, spot: &Spot, heard: &StepHeard) {
        if self.learning {
            self.shared.learn(spot.ticks, &spot.place, heard);
            if spot.place.step == 0 {
                self.shared.tell(self.beat.told());
            }
        } else if let Some((bar, step)) = self.find(spot) {
            // After a jump it is open again what is sung.
            if self.heard.is_some_and(|last| last + 1 != step) {
                self.departure = Departure::default();
            }
            self.heard = Some(step);
            let over = self.knowledge.sung.is_none_or(|(first, last)| bar < first || bar > last);
            self.departure.hear(&self.knowledge.song, step, heard, over);
        }
    }

    /// The bar and the step of the known song at a place; `None` where it is not known, or in another metre now.
    fn find(&self, spot: &Spot) -> Option<(usize, usize)> {
        let bar = *self.bars.get(&spot.ticks)?;
        let step = self.knowledge.bars[bar].first + spot.place.step as usize;
        let place = self.knowledge.song.places().get(step)?;
        let same = (place.step, place.steps_per_bar, place.steps_per_beat)
            == (spot.place.step, spot.place.steps_per_bar, spot.place.steps_per_beat);
        same.then_some((bar, step))
    }

    /// What the band does at a step with so many bars of introduction; `None` where it plays live: where the song is not known,
    /// while it is learned, and while the singer sings something else.
    #[must_use]
    pub fn step(&self, spot: &Spot, intro: Intro) -> Option<Known> {
        if self.learning || self.departure.has_left() {
            return None;
        }
        let (bar, step) = self.find(spot)?;
        let beat = self.knowledge.song.beats().partition_point(|first| *first <= step).checked_sub(1)?;
        let cue = self.cue(bar, spot.place.step, intro)?;
        let now = self.beats.get(beat)?;
        let plan: [_; PLAN] = std::array::from_fn(|ahead| self.beats.get(beat + ahead + 1).map(|beat| beat.chord));
        Some(Known {
            harmony: Harmonised {
                chord: matches!(cue, Cue::Play | Cue::LastChord { .. }).then_some(now.chord),
                key: Some(now.key),
                plan,
            },
            cue,
            energy: self.energy(bar),
            spans: [self.span(bar, spot.place.bar), self.span(bar + 1, spot.place.bar.saturating_add(1))],
        })
    }

    /// Whether something else is sung than what was learned.
    #[must_use]
    pub const fn has_left(&self) -> bool {
        self.departure.has_left()
    }

    /// The song as it is planned.
    #[must_use]
    pub fn shown(&self) -> Arc<SongView> {
        self.shared.shown()
    }

    /// What the band goes by at a step.
    #[must_use]
    pub fn goes_by(&self, spot: Option<&Spot>) -> GoesBy {
        let known = spot.is_some_and(|spot| self.find(spot).is_some());
        match (self.learning, known, self.departure.has_left()) {
            (true, ..) => GoesBy::Learning,
            (_, true, true) => GoesBy::Departure,
            (_, true, false) => GoesBy::Song,
            _ => GoesBy::Ear,
        }
    }

    /// What was sung at a place in the song, and a step before and after it, as MIDI keys.
    pub fn notes(&self, spot: &Spot) -> [Option<u8>; 3] {
        let Some((_, step)) = self.find(spot).filter(|_| !self.learning && !self.departure.has_left()) else {
            return [None; 3];
        };
        let song = &self.knowledge.song;
        [Some(step), step.checked_sub(1), Some(step + 1)].map(|step| song.key(step?))
    }

    /// What the band does in a bar; `None` when nobody sings in the whole song.
    fn cue(&self, bar: usize, step: u32, intro: Intro) -> Option<Cue> {
        let (first, last) = self.knowledge.sung?;
        let before = first.saturating_sub(bar);
        Some(match (bar < first, bar > last) {
            (true, _) if before <= intro.bars() => Cue::Play,
            (true, _) if before == 1 && intro == Intro::CountIn => Cue::CountIn,
            (true, _) => Cue::Rest,
            (_, true) if bar <= last + LAST_CHORD => Cue::LastChord { strikes: bar == last + 1 && step == 0 },
            (_, true) => Cue::Rest,
            _ => Cue::Play,
        })
    }

    fn section(&self, bar: usize) -> Option<&sections::Section> {
        let sections = &self.knowledge.sections;
        sections.partition_point(|section| section.first <= bar).checked_sub(1).and_then(|index| sections.get(index))
    }

    fn span(&self, bar: usize, number: i64) -> Span {
        let Some(section) = self.section(bar) else { return Span { first: number, bars: 1, material: 0, style: None } };
        let ticks = self.knowledge.bars.get(section.first).and_then(|bar| bar.ticks);
        Span {
            first: number - (bar as i64 - section.first as i64),
            bars: section.bars as i64,
            material: section.material,
            style: ticks.and_then(|ticks| self.sheet.styles.get(&ticks)).copied(),
        }
    }

    fn energy(&self, bar: usize) -> f32 {
        let section = self.section(bar).map_or(0.0, |section| section.level);
        (section / DYNAMICS).clamp(-1.0, 1.0)
    }
}

#[cfg(test)]
mod tests;

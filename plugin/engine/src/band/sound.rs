//! What the band's notes sound like: asks the instrument networks for the tone of every note that sounds.
//!
//! Keeps the same schedule as the audio thread, so that both know the same notes without a word.

use songweave_dsp::{
    band::{
        BandStep, INSTRUMENTS, Instrument, Style,
        instruments::{FRAMES, Frames, NoteId, ToneFrame, VOICES},
        schedule::{NoteEvent, Schedule},
        tone::Tone,
    },
    exchange::{controls::BandControls, frame::AnalysisFrame},
    stream::layout::DECISION_DELAY,
};
use songweave_models::instruments::{InstrumentNetwork, NoteQuery, NoteTone, PROGRAMS, Role};

/// Seconds after a note's beginning and after its end in which every frame has a tone of its own; later, one a hop.
const LIVELY: f32 = 0.05;
/// Seconds after which a released note and a stroke on a drum are over.
const LONGEST_RELEASE: f32 = 4.0;
const LONGEST_STROKE: f32 = 6.0;
/// A note all of whose amplitudes are below this is over.
const INAUDIBLE: f32 = 1e-5;
/// Seconds in which a closed hat chokes an open one to a third.
const CHOKE: f32 = 0.02;
/// General MIDI keys of the hats: those that choke, and the one that is choked.
const CLOSED_HATS: [u8; 2] = [42, 44];
const OPEN_HAT: u8 = 46;

/// The sounds of each style, `[style][instrument]`, as places in [`Instrument::sounds`].
const STYLE_SOUNDS: [[u8; INSTRUMENTS]; 6] = [
    [0, 0, 0, 0], // Ballad: standard kit, finger bass, piano, strings
    [0, 0, 0, 1], // Pop: standard kit, finger bass, piano, warm pad
    [0, 0, 3, 1], // Rock: standard kit, finger bass, clean guitar, warm pad
    [2, 1, 1, 1], // Funk: drum machine, synth bass, electric piano, warm pad
    [0, 2, 2, 0], // Latin: standard kit, upright bass, nylon guitar, strings
    [1, 2, 0, 0], // Swing: brush kit, upright bass, piano, strings
];

/// Level in dB at which each instrument plays a note of velocity 100, `[instrument]`: under a voice, with room for many, and beside
/// each other as near to the sound font's own mix in thirds of an octave as validation songs can tell.
const LEVELS: [f32; INSTRUMENTS] = [-29.0, -25.0, -32.0, -31.0];

/// Gain that brings a program to its instrument's level.
fn gain(network: &InstrumentNetwork, program: usize) -> f32 {
    let instrument = match PROGRAMS[program].role {
        Role::Drums => Instrument::Drums,
        Role::Bass => Instrument::Bass,
        Role::Keys => Instrument::Keys,
        Role::Pad => Instrument::Pad,
    };
    libm::powf(10.0, (LEVELS[instrument as usize] - network.level(program)) / 20.0)
}

/// Index in [`PROGRAMS`] of what an instrument plays with.
fn program(controls: &BandControls, instrument: Instrument) -> usize {
    let chosen = controls.sounds[instrument as usize];
    let style = Style::ALL.iter().position(|style| *style == controls.style).unwrap_or(0);
    let sound = usize::from(chosen.unwrap_or(STYLE_SOUNDS[style][instrument as usize]));
    let before: usize = Instrument::ALL[..instrument as usize].iter().map(|before| before.sounds().len()).sum();
    (before + sound.min(instrument.sounds().len() - 1)).min(PROGRAMS.len() - 1)
}

/// A note that sounds or rings out.
#[derive(Debug, Clone, Copy)]
struct Voice {
    note: NoteId,
    velocity: u8,
    program: usize,
    released: Option<i64>,
    choked: Option<i64>,
}

/// A tone that is asked for.
struct Wanted {
    voice: usize,
    frame: usize,
    query: NoteQuery,
}

/// The instruments' sounds.
pub struct Sound {
    network: InstrumentNetwork,
    /// Gain of each program, linear, `[program]`.
    gains: Vec<f32>,
    schedule: Schedule,
    voices: Vec<Voice>,
    /// What is asked for in this hop, `[program]`.
    wanted: Vec<Vec<Wanted>>,
    answers: Vec<NoteTone>,
    tones: Vec<ToneFrame>,
}

impl Sound {
    /// Silent instruments.
    #[must_use]
    pub fn new(network: InstrumentNetwork) -> Self {
        Self {
            gains: (0..PROGRAMS.len()).map(|program| gain(&network, program)).collect(),
            network,
            schedule: Schedule::default(),
            voices: Vec::new(),
            wanted: PROGRAMS.iter().map(|_| Vec::new()).collect(),
            answers: Vec::new(),
            tones: Vec::new(),
        }
    }

    /// Forgets all notes.
    pub fn reset(&mut self) {
        self.schedule = Schedule::default();
        self.voices.clear();
        self.tones.clear();
    }

    /// The tones of the hop that was played last.
    #[must_use]
    pub fn tones(&self) -> &[ToneFrame] {
        &self.tones
    }

    /// Plays what was decided about a frame: finds the tones of the hop that the output plays with this decision.
    pub fn play(&mut self, frame: &AnalysisFrame, step: &BandStep) {
        let (layout, hop) = (&frame.layout, frame.layout.hop as i64);
        let now = (frame.position.hop as i64 + 1) * hop;
        let begin = now + DECISION_DELAY as i64 * hop - layout.latency() as i64;
        self.schedule.take(step, now);
        self.schedule.pass(begin, layout.hop);
        for index in 0..self.schedule.events().len() {
            let event = self.schedule.events()[index];
            self.hear(&event, begin, &frame.controls.band);
        }
        self.schedule.finish();
        self.tones.clear();
        self.ask(begin, &Frames::of(layout));
        self.answer(frame, begin);
    }

    /// A note begins or ends.
    fn hear(&mut self, event: &NoteEvent, hop: i64, controls: &BandControls) {
        let at = hop + event.at as i64;
        if event.velocity == 0 {
            // A stroke on a drum rings out by itself.
            if event.instrument != Instrument::Drums
                && let Some(voice) = self.voices.iter_mut().find(|voice| voice.note == event.note())
            {
                voice.released = voice.released.or(Some(at));
            }
            return;
        }
        if event.instrument == Instrument::Drums && CLOSED_HATS.contains(&event.key) {
            let open = |voice: &&mut Voice| (voice.note.instrument, voice.note.key) == (Instrument::Drums, OPEN_HAT);
            self.voices.iter_mut().filter(open).for_each(|voice| voice.choked = voice.choked.or(Some(at)));
        }
        if self.voices.len() == VOICES {
            self.voices.remove(0);
        }
        let program = program(controls, event.instrument);
        let voice = Voice { note: event.note(), velocity: event.velocity, program, released: None, choked: None };
        self.voices.push(voice);
    }

    /// Lists the frames of the hop that need a tone.
    fn ask(&mut self, hop: i64, frames: &Frames) {
        self.wanted.iter_mut().for_each(Vec::clear);
        for (index, voice) in self.voices.iter().enumerate() {
            let seconds = |frame: usize, since: i64| (frames.middle(hop, frame) - since) as f32 / frames.sample_rate;
            let last = FRAMES - 1;
            let age = seconds(0, voice.note.begin);
            let released = voice.released.or(voice.choked).map(|since| seconds(0, since));
            let lively = age < LIVELY || released.is_some_and(|seconds| seconds < LIVELY);
            let begins = voice.note.begin - hop;
            let first = if begins > 0 { begins as usize / frames.hop } else { 0 };
            for frame in if lively { first.min(last) } else { last }..FRAMES {
                let age = seconds(frame, voice.note.begin).max(0.0);
                let released = voice.released.map(|since| seconds(frame, since)).filter(|since| *since >= 0.0);
                let query = NoteQuery { key: voice.note.key, velocity: voice.velocity, age, released };
                self.wanted[voice.program].push(Wanted { voice: index, frame, query });
            }
        }
    }

    /// Asks the networks, and forgets the notes that are over.
    fn answer(&mut self, frame: &AnalysisFrame, hop: i64) {
        let frames = Frames::of(&frame.layout);
        for program in 0..self.wanted.len() {
            let queries: Vec<NoteQuery> = self.wanted[program].iter().map(|wanted| wanted.query).collect();
            if queries.is_empty() {
                continue;
            }
            self.answers.resize(queries.len(), NoteTone::SILENT);
            self.network.tones(program, &queries, &mut self.answers);
            for (wanted, tone) in self.wanted[program].iter().zip(&self.answers) {
                let voice = &self.voices[wanted.voice];
                let mut tone = Tone { hz: tone.hz, partials: tone.partials, noise: tone.noise };
                tone.fade(self.gains[program]);
                if let Some(since) = voice.choked {
                    let seconds = (frames.middle(hop, wanted.frame) - since).max(0) as f32 / frames.sample_rate;
                    tone.fade(libm::expf(-seconds / CHOKE));
                }
                let is_last = wanted.frame == FRAMES - 1 && is_over(voice, &wanted.query, &tone);
                let (position, note) = (frame.position, voice.note);
                self.tones.push(ToneFrame { position, note, frame: wanted.frame, is_last, tone });
            }
        }
        let over = |note: NoteId| self.tones.iter().any(|tone| tone.is_last && tone.note == note);
        self.voices.retain(|voice| !over(voice.note));
    }
}

/// Whether nothing more is to come of a note.
fn is_over(voice: &Voice, query: &NoteQuery, tone: &Tone) -> bool {
    let drum = voice.note.instrument == Instrument::Drums;
    let long =
        if drum { query.age > LONGEST_STROKE } else { query.released.is_some_and(|since| since > LONGEST_RELEASE) };
    let fades = drum || query.released.is_some_and(|since| since > LIVELY);
    let amplitudes = tone.partials.iter().flatten().chain(tone.noise.iter().flatten());
    long || (fades && query.age > LIVELY && amplitudes.copied().fold(0.0, f32::max) < INAUDIBLE)
}

#[cfg(test)]
mod tests;

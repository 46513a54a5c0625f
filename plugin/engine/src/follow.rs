//! What the inference thread hears of the songs beside the mask: key, tempo, how they fit, and the transposition that
//! brings song B into song A's key. All of it follows from the frames alone, so a bounce hears the same.

pub mod fit;
pub mod key;
pub mod onset;
pub mod tempo;
pub mod transposition;
pub mod words;

use songweave_dsp::{
    exchange::{
        decision::MashDecision,
        frame::{AnalysisFrame, SongsHeard},
    },
    mash::mask,
    stream::layout::{BANDS, Part, SONGS},
};

use fit::{Fit, TempoMatch};
use key::{KeyEstimate, KeyTracker};
use onset::{Density, Onsets};
use tempo::{TempoEstimate, TempoTracker};
use transposition::Transposer;

/// Time in seconds over which the registers are taken.
const REGISTER_MEMORY: f32 = 4.0;
/// Hops between two looks at the fit: about 170 ms.
const FIT_EVERY: u64 = 16;
/// Seconds of both songs before the density and the register are told.
const FIRST_FIT: f32 = 4.0;

/// What is known of one song.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SongHeard {
    /// Its key as it came in, `None` while it is not sure.
    pub key: Option<KeyEstimate>,
    /// Its tempo, `None` while it is not sure.
    pub tempo: Option<TempoEstimate>,
    /// Onsets per second in what is heard of it.
    pub density: f32,
}

/// What is known of both songs, for whoever shows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Listening {
    /// `[song]`: A, B.
    pub songs: [SongHeard; SONGS],
    /// Whether song B is there.
    pub b_present: bool,
    /// The host's tempo in beats per minute, while it plays.
    pub host_tempo: Option<f32>,
    /// Semitones by which B has to be transposed to have the notes of A's key, `None` while that is not sure.
    pub transposition: Option<i8>,
    /// Semitones by which B is transposed.
    pub transposed: i8,
    /// Whether that follows the keys.
    pub match_keys: bool,
    /// Where the drums' fader stands, 0 = A … 1 = B.
    pub drums: f32,
    /// Frequency in Hz about which the registers meet, while both songs are heard.
    pub meet_hz: Option<f32>,
    /// How the songs fit.
    pub fit: Fit,
}

impl Listening {
    /// Nothing heard.
    pub const NOTHING: Self = Self {
        songs: [SongHeard { key: None, tempo: None, density: 0.0 }; SONGS],
        b_present: false,
        host_tempo: None,
        transposition: None,
        transposed: 0,
        match_keys: false,
        drums: 0.5,
        meet_hz: None,
        fit: Fit { key: None, tempo: None, density: None, register: None },
    };
}

impl Default for Listening {
    fn default() -> Self {
        Self::NOTHING
    }
}

/// Everything that follows one song.
struct SongListener {
    key: KeyTracker,
    onsets: Onsets,
    tempo: TempoTracker,
    density: Density,
    /// Mean power of what is heard of it, `[band]`.
    power: [f32; BANDS],
}

impl SongListener {
    fn new(hop_seconds: f32) -> Self {
        Self {
            key: KeyTracker::new(hop_seconds),
            onsets: Onsets::default(),
            tempo: TempoTracker::new(hop_seconds),
            density: Density::new(hop_seconds),
            power: [0.0; BANDS],
        }
    }

    fn heard(&self) -> SongHeard {
        SongHeard { key: self.key.estimate(), tempo: self.tempo.estimate(), density: self.density.rate() }
    }
}

/// Listens to both songs, frame by frame.
pub struct Listener {
    hop_seconds: f32,
    songs: [SongListener; SONGS],
    transposer: Transposer,
    generation: Option<u32>,
    /// Seconds for which both songs have been there.
    together: f32,
    listening: Listening,
}

impl Default for Listener {
    /// Nothing heard. The first frame says how long hops are.
    fn default() -> Self {
        Self::new(AnalysisFrame::default().hop_seconds())
    }
}

impl Listener {
    /// A listener for hops of so many seconds.
    fn new(hop_seconds: f32) -> Self {
        Self {
            hop_seconds,
            songs: [SongListener::new(hop_seconds), SongListener::new(hop_seconds)],
            transposer: Transposer::default(),
            generation: None,
            together: 0.0,
            listening: Listening::NOTHING,
        }
    }

    /// Hears a frame of both songs and what was decided about it; returns the transposition of B in semitones for this frame: the one
    /// that follows the keys where the controls ask for it, otherwise theirs.
    /// Frames come in order; one of a new generation makes it forget, and song B is forgotten when it goes.
    pub fn hear(&mut self, frame: &AnalysisFrame, songs: &SongsHeard, decision: &MashDecision) -> i8 {
        if self.generation != Some(frame.position.generation) {
            *self = Self { generation: Some(frame.position.generation), ..Self::new(frame.hop_seconds()) };
        }
        if self.listening.b_present && !songs.b_present {
            self.songs[1] = SongListener::new(self.hop_seconds);
        }
        self.together = if songs.b_present { self.together + self.hop_seconds } else { 0.0 };
        let gains = mask::gains(decision, &frame.controls);
        let keep = libm::expf(-self.hop_seconds / REGISTER_MEMORY);
        for (index, song) in self.songs.iter_mut().enumerate() {
            let power = &songs.bands[index].power;
            song.key.hear(&songs.chroma[index]);
            let rise = song.onsets.hear(power, &gains[index]);
            song.tempo.hear(rise.whole);
            song.density.hear(rise.heard);
            for (mean, (power, gain)) in song.power.iter_mut().zip(power.iter().zip(gains[index])) {
                *mean += (1.0 - keep) * (power * gain * gain - *mean);
            }
        }
        let scales = [0, 1].map(|song: usize| self.songs[song].key.scales());
        let automatic = self.transposer.step(scales, &frame.transport, self.hop_seconds);
        let controls = &frame.controls;
        self.listening.match_keys = controls.match_keys;
        self.listening.transposed = if controls.match_keys { automatic } else { controls.transpose_b };
        self.listening.b_present = songs.b_present;
        self.note(frame, decision);
        self.listening.transposed
    }

    /// What is known now.
    #[must_use]
    pub const fn listening(&self) -> &Listening {
        &self.listening
    }

    fn note(&mut self, frame: &AnalysisFrame, decision: &MashDecision) {
        let faders = mask::effective_faders(&frame.controls, &decision.lead);
        let heard = &mut self.listening;
        heard.drums = faders[Part::Drums as usize];
        let tempo = frame.transport.tempo.filter(|tempo| frame.transport.playing && *tempo > 0.0);
        heard.host_tempo = tempo.map(|tempo| tempo as f32);
        if frame.position.hop.is_multiple_of(FIT_EVERY) {
            heard.songs = [self.songs[0].heard(), self.songs[1].heard()];
            self.measure_fit();
        }
    }

    fn measure_fit(&mut self) {
        let heard = &mut self.listening;
        let [a, b] = heard.songs;
        heard.transposition = self.transposer.wanted().filter(|_| heard.b_present);
        let chroma = [0, 1].map(|song| self.songs[song].key.chroma());
        let tempi = a.tempo.zip(b.tempo).filter(|_| heard.b_present);
        let both = self.together >= FIRST_FIT;
        let power = [&self.songs[0].power, &self.songs[1].power];
        let register = if both { fit::register_fit(power, heard.transposed) } else { None };
        heard.meet_hz = register.map(|(_, hz)| hz);
        heard.fit = Fit {
            key: heard.transposition.map(|wanted| fit::key_fit(wanted, [&chroma[0], &chroma[1]], heard.transposed)),
            tempo: tempi.map(|(a, b)| TempoMatch::of([a, b]).fit()),
            density: both.then(|| fit::density_fit([a.density, b.density])),
            register: register.map(|(fit, _)| fit),
        };
    }
}

//! The parameter values that travel with the audio.

use crate::{
    band::{INSTRUMENTS, Quality, Style},
    stream::layout::{PARTS, Part},
};

/// What the plugin does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Two songs through a mask.
    #[default]
    Mash,
    /// A band that follows the voice.
    Accompany,
}

/// What the user asks of the band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandControls {
    /// How it plays.
    pub style: Style,
    /// How much it plays, 0…1.
    pub density: f32,
    /// From the most likely to the surprising, 0…1.
    pub adventure: f32,
    /// Another seed, another accompaniment.
    pub seed: u32,
    /// Pitch class of the tonic, 0 = C … 11 = B; `None` hears it.
    pub key: Option<u8>,
    /// Minor (`true`) or major; `None` hears it.
    pub minor: Option<bool>,
    /// Root of the chord, 0 = C … 11 = B; `None` leaves the chords to the band.
    pub chord_root: Option<u8>,
    /// Kind of the chord; `None` takes the one that the key has on its root. Not used without a root.
    pub chord_quality: Option<Quality>,
    /// Whether what is sung is learned.
    pub learn: bool,
    /// What the band plays before the singer, where it knows the song.
    pub intro: Intro,
    /// Tempo in beats per minute, used in hosts without a transport.
    pub tempo: f32,
    /// What each instrument is played with, as a place in [`crate::band::Instrument::sounds`]; `None` leaves it to the style.
    pub sounds: [Option<u8>; INSTRUMENTS],
    /// Gain of each instrument, linear, `[instrument]`.
    pub levels: [f32; INSTRUMENTS],
    /// How far the band steps back while somebody sings, 0…1.
    pub duck: f32,
    /// Gain of the voice, linear.
    pub voice: f32,
}

impl Default for BandControls {
    /// A pop band that hears everything for itself.
    fn default() -> Self {
        Self {
            style: Style::Pop,
            density: 0.5,
            adventure: 0.3,
            seed: 1,
            key: None,
            minor: None,
            chord_root: None,
            chord_quality: None,
            learn: false,
            intro: Intro::None,
            tempo: 100.0,
            sounds: [None; INSTRUMENTS],
            levels: [1.0; INSTRUMENTS],
            duck: 0.3,
            voice: 1.0,
        }
    }
}

/// What the band plays before the singer, where it knows the song.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Intro {
    /// Nothing.
    #[default]
    None,
    /// A bar of beats.
    CountIn,
    /// Two bars of music.
    TwoBars,
    /// Four bars of music.
    FourBars,
    /// Eight bars of music.
    EightBars,
}

impl Intro {
    /// Every one, in index order.
    pub const ALL: [Self; 5] = [Self::None, Self::CountIn, Self::TwoBars, Self::FourBars, Self::EightBars];

    /// Bars of music before the bar in which somebody begins to sing.
    #[must_use]
    pub const fn bars(self) -> usize {
        match self {
            Self::None | Self::CountIn => 0,
            Self::TwoBars => 2,
            Self::FourBars => 4,
            Self::EightBars => 8,
        }
    }
}

/// What the voice is tuned to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TuneTarget {
    /// The notes of a scale.
    #[default]
    Scale,
    /// The keys held over MIDI; without any the voice is left alone.
    Midi,
    /// The notes of the band's chord.
    Chord,
    /// The melody that the plugin writes.
    Melody,
}

/// Which notes a scale has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TuneScale {
    /// All twelve.
    Chromatic,
    /// Major.
    Major,
    /// Natural minor.
    Minor,
    /// Major or minor as the arranger hears it; chromatic before it does.
    #[default]
    Auto,
}

/// What the user asks of the tuner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TuneControls {
    /// From the voice as it is (0) to the target (1).
    pub amount: f32,
    /// Time constant in seconds with which the pitch goes to a target, 0 = at once.
    pub speed: f32,
    /// What the voice is tuned to.
    pub target: TuneTarget,
    /// Tonic of the scale and of the melody, 0 = C … 11 = B; `None` hears it.
    pub key: Option<u8>,
    /// The scale.
    pub scale: TuneScale,
    /// Shift of the formants in semitones, −12…12.
    pub formant: f32,
    /// How much of the voice's own vibrato and glides stays, 0…1.
    pub humanise: f32,
    /// Frequency of A4 in Hz.
    pub reference: f32,
    /// Lowest and highest MIDI key of the melody that the plugin writes.
    pub melody_range: (u8, u8),
    /// The melody's temperature: from the most likely to the surprising, 0…1.
    pub melody_adventure: f32,
    /// Pitch classes that may be sung in place of the scale's, one bit each from C on; 0 = the scale's.
    pub notes: u16,
    /// Whether the notes that were learned of the song go before the target.
    pub song: bool,
}

impl TuneControls {
    /// Off; when turned up, a gentle correction to the scale that is heard.
    pub const OFF: Self = Self {
        amount: 0.0,
        speed: 0.03,
        target: TuneTarget::Scale,
        key: None,
        scale: TuneScale::Auto,
        formant: 0.0,
        humanise: 0.0,
        reference: 440.0,
        melody_range: (48, 72),
        melody_adventure: 0.3,
        notes: 0,
        song: false,
    };

    /// Whether the voice may be changed at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.amount > 0.0 || self.formant != 0.0
    }
}

impl Default for TuneControls {
    /// [`Self::OFF`].
    fn default() -> Self {
        Self::OFF
    }
}

/// A snapshot of the parameters at one sample, in plain units. A…B values are 0 = only A … 1 = only B.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Controls {
    /// What the plugin does.
    pub mode: Mode,
    /// Effect against delayed input A, 0…1.
    pub mix: f32,
    /// Output gain, linear.
    pub output_gain: f32,
    /// Passes input A, delayed by the latency.
    pub bypass: bool,
    /// Shifts all faders towards A or B; 0.5 leaves them where they are.
    pub balance: f32,
    /// A…B fader of each part, `[part]`.
    pub faders: [f32; PARTS],
    /// How far the faders follow the network's lead, 0…1.
    pub auto: f32,
    /// From a plain crossfade (0) to full separation (1).
    pub depth: f32,
    /// Time constant with which vocals, drums and bass come into the mask, in seconds, 0 = at once.
    pub attack: f32,
    /// Time constant with which they go, in seconds, 0 = at once.
    pub release: f32,
    /// Below this frequency in Hz the mask is not used.
    pub low: f32,
    /// Above this frequency in Hz the mask is not used.
    pub high: f32,
    /// Holds the shares as they are.
    pub freeze: bool,
    /// Listen to what the mask takes away.
    pub delta: bool,
    /// Listen to one part of what is heard; `None` to all.
    pub solo: Option<Part>,
    /// Transposition of song B without its drums in semitones, −6…6; not used with `match_keys`.
    pub transpose_b: i8,
    /// Transposes song B by [`crate::exchange::decision::MashDecision::transpose_b`] instead.
    pub match_keys: bool,
    /// What is asked of the band.
    pub band: BandControls,
    /// What is asked of the tuner.
    pub tune: TuneControls,
}

impl Default for Controls {
    /// Voice of A over the rest of B.
    fn default() -> Self {
        Self {
            mode: Mode::Mash,
            mix: 1.0,
            output_gain: 1.0,
            bypass: false,
            balance: 0.5,
            faders: [0.0, 1.0, 1.0, 1.0],
            auto: 0.0,
            depth: 1.0,
            attack: 0.0,
            release: 0.0,
            low: 20.0,
            high: 20_000.0,
            freeze: false,
            delta: false,
            solo: None,
            transpose_b: 0,
            match_keys: false,
            band: BandControls::default(),
            tune: TuneControls::default(),
        }
    }
}

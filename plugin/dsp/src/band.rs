//! What the band plays and what it hears: plain values of fixed size that cross between the threads, and what makes sound of it.

pub mod duck;
pub mod held_keys;
pub mod instruments;
pub(crate) mod path;
pub mod player;
pub mod schedule;
pub mod sink;
pub mod tone;

/// Instruments of the band. The order is the index order of every `[instrument]` array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Instrument {
    /// Drum kit; keys are General MIDI drums.
    Drums,
    /// Bass.
    Bass,
    /// Keys: the rhythm of the harmony.
    Keys,
    /// Pad: held chords.
    Pad,
}

/// Number of instruments.
pub const INSTRUMENTS: usize = 4;

impl Instrument {
    /// All instruments in index order.
    pub const ALL: [Self; INSTRUMENTS] = [Self::Drums, Self::Bass, Self::Keys, Self::Pad];

    /// Lower-case name, as used in parameter ids and file names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drums => "drums",
            Self::Bass => "bass",
            Self::Keys => "keys",
            Self::Pad => "pad",
        }
    }

    /// Names of what it can be played with.
    #[must_use]
    pub const fn sounds(self) -> &'static [&'static str] {
        match self {
            Self::Drums => &["Standard kit", "Brush kit", "Drum machine"],
            Self::Bass => &["Finger bass", "Synth bass", "Upright bass"],
            Self::Keys => &["Piano", "Electric piano", "Nylon guitar", "Clean guitar", "Organ"],
            Self::Pad => &["Strings", "Warm pad"],
        }
    }

    /// MIDI channel, counted from 0: keys 0, bass 1, pad 2, drums 9.
    #[must_use]
    pub const fn channel(self) -> u8 {
        match self {
            Self::Drums => 9,
            Self::Bass => 1,
            Self::Keys => 0,
            Self::Pad => 2,
        }
    }
}

/// How the band plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum Style {
    /// Slow, with room between the notes.
    Ballad,
    /// Pop.
    #[default]
    Pop,
    /// Rock.
    Rock,
    /// Funk: short notes off the beat.
    Funk,
    /// Latin American.
    Latin,
    /// Jazz with swung eighths.
    Swing,
}

/// Number of styles.
pub const STYLES: usize = 6;

impl Style {
    /// All styles in index order.
    pub const ALL: [Self; STYLES] = [Self::Ballad, Self::Pop, Self::Rock, Self::Funk, Self::Latin, Self::Swing];

    /// Its name, as the user sees it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ballad => "Ballad",
            Self::Pop => "Pop",
            Self::Rock => "Rock",
            Self::Funk => "Funk",
            Self::Latin => "Latin",
            Self::Swing => "Swing",
        }
    }
}

/// Kind of a chord.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum Quality {
    /// Major triad.
    #[default]
    Major,
    /// Minor triad.
    Minor,
    /// Major seventh.
    Major7,
    /// Minor seventh.
    Minor7,
    /// Dominant seventh.
    Dominant7,
    /// Suspended fourth.
    Sus4,
    /// Suspended second.
    Sus2,
    /// Diminished triad.
    Diminished,
    /// Half-diminished seventh.
    HalfDiminished7,
    /// Augmented triad.
    Augmented,
}

/// Number of chord qualities.
pub const QUALITIES: usize = 10;

impl Quality {
    /// All qualities in index order.
    pub const ALL: [Self; QUALITIES] = [
        Self::Major,
        Self::Minor,
        Self::Major7,
        Self::Minor7,
        Self::Dominant7,
        Self::Sus4,
        Self::Sus2,
        Self::Diminished,
        Self::HalfDiminished7,
        Self::Augmented,
    ];

    /// Semitones of its notes above the root, root first.
    #[must_use]
    pub const fn intervals(self) -> &'static [u8] {
        match self {
            Self::Major => &[0, 4, 7],
            Self::Minor => &[0, 3, 7],
            Self::Major7 => &[0, 4, 7, 11],
            Self::Minor7 => &[0, 3, 7, 10],
            Self::Dominant7 => &[0, 4, 7, 10],
            Self::Sus4 => &[0, 5, 7],
            Self::Sus2 => &[0, 2, 7],
            Self::Diminished => &[0, 3, 6],
            Self::HalfDiminished7 => &[0, 3, 6, 10],
            Self::Augmented => &[0, 4, 8],
        }
    }

    /// What is written after the root in a lead sheet.
    #[must_use]
    pub const fn short(self) -> &'static str {
        match self {
            Self::Major => "",
            Self::Minor => "m",
            Self::Major7 => "maj7",
            Self::Minor7 => "m7",
            Self::Dominant7 => "7",
            Self::Sus4 => "sus4",
            Self::Sus2 => "sus2",
            Self::Diminished => "dim",
            Self::HalfDiminished7 => "m7b5",
            Self::Augmented => "aug",
        }
    }

    /// Short name in Harte's syntax ("Symbolic representation of musical chords", ISMIR 2005).
    #[must_use]
    pub const fn harte(self) -> &'static str {
        match self {
            Self::Major => "maj",
            Self::Minor => "min",
            Self::Major7 => "maj7",
            Self::Minor7 => "min7",
            Self::Dominant7 => "7",
            Self::Sus4 => "sus4",
            Self::Sus2 => "sus2",
            Self::Diminished => "dim",
            Self::HalfDiminished7 => "hdim7",
            Self::Augmented => "aug",
        }
    }
}

/// Names of the pitch classes, as they are usually spelled.
pub const CLASS_NAMES: [&str; 12] = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];

/// A chord.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Chord {
    /// Pitch class of the root, 0 = C … 11 = B.
    pub root: u8,
    /// Its kind.
    pub quality: Quality,
    /// Pitch class of the bass note, 0 = C … 11 = B.
    pub bass: u8,
}

impl Chord {
    /// Its name as musicians write it, such as `F# m7` in pieces: root, kind, and the bass note where it is another.
    #[must_use]
    pub fn names(self) -> (&'static str, &'static str, Option<&'static str>) {
        let bass = (self.bass % 12 != self.root % 12).then(|| CLASS_NAMES[usize::from(self.bass % 12)]);
        (CLASS_NAMES[usize::from(self.root % 12)], self.quality.short(), bass)
    }

    /// Whether a pitch class (0…11) is one of its notes; the bass note is one of them.
    #[must_use]
    pub fn contains(self, class: u8) -> bool {
        class % 12 == self.bass || self.quality.intervals().contains(&((12 + class % 12 - self.root % 12) % 12))
    }
}

/// What is heard of the voice in one hop.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct VoiceHeard {
    /// Pitch as a MIDI key with fractions (69 = 440 Hz); the last one while there is none, 0 before the first.
    pub key: f32,
    /// How sure it is that there is a pitch, 0…1. Below 0.5 counts as unvoiced.
    pub voicing: f32,
    /// Level in dB against the voice's own: its loudest moments have -10, whatever its gain; -120 in silence and before
    /// anybody has sung.
    pub level: f32,
    /// Strength of a note's beginning in this hop, 0…1; 0 in hops in which none begins.
    pub onset: f32,
}

/// A note of the band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BandNote {
    /// Who plays.
    pub instrument: Instrument,
    /// MIDI key, 0…127.
    pub key: u8,
    /// MIDI velocity, 1…127. With 0 the note of this instrument and key that sounds is prolonged, if there is one.
    pub velocity: u8,
    /// Its beginning in samples after the last sample of the frame of its decision; mostly negative.
    pub offset: i32,
    /// Its length in samples. Nothing sounds longer, so that no note is ever left hanging.
    pub length: u32,
}

/// Most notes that begin in one hop; more are lost.
pub const MOST_NOTES: usize = 24;

/// What the band does from one frame on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandStep {
    /// Notes that begin; the first `None` ends the list.
    pub notes: [Option<BandNote>; MOST_NOTES],
    /// All notes that sound end here, in samples after the frame's last sample: the host jumped or stopped.
    pub silence: Option<i32>,
    /// Another chord (`None`: no harmony) from so many samples after the frame's last sample on.
    pub chord: Option<(Option<Chord>, i32)>,
}

impl BandStep {
    /// Nothing is played.
    pub const EMPTY: Self = Self { notes: [None; MOST_NOTES], silence: None, chord: None };

    /// Adds a note; one too many is lost.
    pub fn push(&mut self, note: BandNote) {
        if let Some(place) = self.notes.iter_mut().find(|place| place.is_none()) {
            *place = Some(note);
        }
    }

    /// The notes in the order in which they were added.
    pub fn notes(&self) -> impl Iterator<Item = BandNote> + '_ {
        self.notes.iter().map_while(|note| *note)
    }
}

//! The programs that the band can play.

/// Which player of the band takes a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Drums: each key is another drum, and a hit rings until it is over.
    Drums,
    /// Bass.
    Bass,
    /// Keys and guitars.
    Keys,
    /// Pad.
    Pad,
}

/// A program of the sound font that the network was learned from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Program {
    /// Name for the user, unique.
    pub name: &'static str,
    /// Who plays it.
    pub role: Role,
    /// Number in General MIDI, 0…127; of a drum kit, the program of the drum channel.
    pub number: u8,
    /// Lowest and highest MIDI key that was learned.
    pub keys: (u8, u8),
    /// Frequency of the first partial as a share of the key's: less than 1 where a stop sounds below.
    pub fundamental: f32,
}

impl Program {
    /// Number of keys.
    #[must_use]
    pub const fn count(&self) -> usize {
        (self.keys.1 - self.keys.0) as usize + 1
    }

    /// The learned key that is nearest to `key`, and the factor on its frequencies.
    pub(super) fn nearest(&self, key: u8) -> (usize, f32) {
        let nearest = key.clamp(self.keys.0, self.keys.1);
        let semitones = f32::from(key) - f32::from(nearest);
        // Another drum is not the same drum at another pitch.
        let factor = if self.role == Role::Drums { 1.0 } else { libm::exp2f(semitones / 12.0) };
        (usize::from(nearest - self.keys.0), factor)
    }

    /// Seconds after its onset that were learned of a note.
    #[must_use]
    pub fn seconds(&self) -> f32 {
        if self.role == Role::Drums { 3.0 } else { 8.0 }
    }
}

const fn drums(name: &'static str, number: u8) -> Program {
    Program { name, role: Role::Drums, number, keys: (35, 81), fundamental: 1.0 }
}

const fn bass(name: &'static str, number: u8) -> Program {
    Program { name, role: Role::Bass, number, keys: (24, 72), fundamental: 1.0 }
}

const fn keys(name: &'static str, number: u8) -> Program {
    Program { name, role: Role::Keys, number, keys: (28, 100), fundamental: 1.0 }
}

const fn pad(name: &'static str, number: u8) -> Program {
    Program { name, role: Role::Pad, number, keys: (36, 96), fundamental: 1.0 }
}

/// All programs. The order is permanent: states and weight files hold indices of it.
pub const PROGRAMS: [Program; 13] = [
    drums("Standard kit", 0),
    drums("Brush kit", 40),
    drums("TR-808", 25),
    bass("Finger bass", 33),
    bass("Synth bass", 38),
    bass("Upright bass", 32),
    keys("Piano", 0),
    keys("Electric piano", 4),
    keys("Nylon guitar", 24),
    keys("Clean guitar", 27),
    // The sound font's drawbars begin two octaves below the key.
    Program { fundamental: 0.25, ..keys("Organ", 16) },
    pad("Strings", 48),
    pad("Warm pad", 89),
];

//! A chord in seconds: when it sounds and which tones it has.

/// A chord from begin to end in seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Chord {
    /// Begin in seconds.
    pub start: f64,
    /// End in seconds.
    pub end: f64,
    /// Root as pitch class, 0 = C.
    pub root: u8,
    /// Lowest tone as pitch class.
    pub bass: u8,
    /// Tones in semitones above the root, ascending, the first is 0.
    pub tones: Vec<u8>,
}

impl Chord {
    /// The tones as keys around `middle`, each in the octave nearest to it, ascending.
    #[must_use]
    pub fn voiced(&self, middle: f32) -> Vec<f32> {
        let near = |tone: &u8| {
            let class = f32::from((self.root + tone) % 12);
            class + 12.0 * ((middle - class) / 12.0).round()
        };
        let mut keys: Vec<f32> = self.tones.iter().map(near).collect();
        keys.sort_by(f32::total_cmp);
        keys
    }

    /// The lowest tone in the octave from `lowest` on.
    #[must_use]
    pub fn bass_key(&self, lowest: f32) -> f32 {
        lowest + (f32::from(self.bass) - lowest).rem_euclid(12.0)
    }

    /// Seconds from begin to end.
    #[must_use]
    pub fn length(&self) -> f64 {
        self.end - self.start
    }

    /// The chord moved by semitones.
    #[must_use]
    pub fn moved(&self, keys: i32) -> Self {
        let by = |class: u8| (i32::from(class) + keys).rem_euclid(12) as u8;
        Self { root: by(self.root), bass: by(self.bass), ..self.clone() }
    }
}

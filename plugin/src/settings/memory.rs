//! What the editor remembers of an instance while its window is closed. All but the history is saved with the project.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Loaded, Values, history::History};

/// A sound that is kept to be compared with another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The values.
    pub values: Values,
    /// The preset that they come from.
    pub preset: Option<Loaded>,
}

/// The size of the window.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WindowSize {
    /// Width of the picture in its own points.
    pub width: f32,
    /// Height of the picture in its own points.
    pub height: f32,
    /// How large a point is, 1 = as the system has it.
    pub zoom: f32,
}

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// The size of the window, `None` before it was changed.
    pub window: Option<WindowSize>,
    /// Whether the editor is light.
    pub light: bool,
    /// The preset that was loaded last.
    pub preset: Option<Loaded>,
    /// Which of two sounds is heard: the second, or the first.
    pub second: bool,
    /// The other one; `None` until it was chosen once.
    pub other: Option<Kept>,
    /// What was done to each of the two.
    #[serde(skip)]
    pub histories: [History; 2],
    /// Gestures that have begun: what each parameter was before, and what it was set to last.
    #[serde(skip)]
    pub begun: BTreeMap<String, [f32; 2]>,
}

impl Memory {
    /// What was done to the sound that is heard.
    pub const fn history(&mut self) -> &mut History {
        &mut self.histories[self.second as usize]
    }

    /// Chooses the other sound, given the values that are heard now; returns those that are to be heard.
    pub fn compare(&mut self, present: Values) -> Values {
        let other = self.other.take().unwrap_or_else(|| Kept { values: present.clone(), preset: self.preset.clone() });
        self.other = Some(Kept { values: present, preset: self.preset.take() });
        self.preset = other.preset;
        self.second = !self.second;
        other.values
    }

    /// Forgets everything but the window, as for another project.
    pub fn replaced_by(&mut self, saved: Self) {
        let window = saved.window.filter(|size| size.is_sound()).or(self.window);
        *self = Self { window, ..saved };
    }
}

impl WindowSize {
    /// Whether a window can have this size.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let pixels = 100.0..=20_000.0;
        pixels.contains(&self.width) && pixels.contains(&self.height) && (0.5..=4.0).contains(&self.zoom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(value: f32) -> Values {
        Values::from([("vocals".to_owned(), value)])
    }

    #[test]
    fn the_first_comparison_begins_with_the_same_and_then_each_keeps_its_own() {
        let preset = Some(Loaded { name: "Mine".to_owned(), own: true, values: values(0.1) });
        let mut memory = Memory { preset: preset.clone(), ..Memory::default() };
        assert_eq!(memory.compare(values(0.1)), values(0.1));
        assert!(memory.second && memory.preset == preset);
        memory.preset = None;
        assert_eq!(memory.compare(values(0.9)), values(0.1));
        assert!(!memory.second && memory.preset == preset);
        assert_eq!(memory.compare(values(0.1)), values(0.9));
        assert_eq!(memory.preset, None);
    }

    #[test]
    fn a_damaged_size_is_not_taken() {
        let size = WindowSize { width: 900.0, height: 700.0, zoom: 1.25 };
        let mut memory = Memory { window: Some(size), ..Memory::default() };
        for width in [f32::NAN, -1.0, 0.0, 1e9] {
            memory.replaced_by(Memory { window: Some(WindowSize { width, ..size }), ..Memory::default() });
            assert_eq!(memory.window, Some(size));
        }
    }
}

//! How a song repeats: sections of four or eight bars, some of which return, each with two bars that alternate and a fill.

use songweave_dsp::band::Style;

use super::StyleSettings;
use crate::band::take::known::Span;

/// Which of three materials a section has; it returns with the section.
const FORM: [u8; 8] = [0, 0, 1, 0, 0, 2, 1, 1];
/// Fewest bars of a section that ends in a fill.
const SHORTEST_FILLED: i64 = 4;
/// Material of the sections that are fuller and higher, as choruses are.
const CHORUS: u8 = 1;
/// Steps of the density and of the adventure: a small movement of a knob changes nothing.
const DENSITIES: f32 = 8.0;
const ADVENTURES: f32 = 4.0;

/// Everything that patterns are made from. Equal ones give equal patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SectionKey {
    pub(super) seed: u32,
    /// Number of the section, or of its first bar where the song is known.
    pub(super) section: i64,
    /// Its first bar and how many it has.
    pub(super) first: i64,
    pub(super) bars: i64,
    /// Index of the material, which returns with later sections.
    pub(super) material: u8,
    pub(super) style: Style,
    /// 0…8
    pub(super) density: u8,
    /// 0…4
    pub(super) adventure: u8,
}

impl SectionKey {
    /// The section of a bar: `known` where the song was learned, else by counting.
    pub(super) fn of(bar: i64, settings: &StyleSettings, known: Option<&Span>) -> Self {
        let adventure = (unit(settings.adventure) * ADVENTURES).round() as u8;
        let density = (unit(settings.density) * DENSITIES).round() as u8;
        let bars = length(adventure);
        let section = bar.div_euclid(bars);
        let material = FORM[section.rem_euclid(FORM.len() as i64) as usize];
        let first = section.saturating_mul(bars);
        let key =
            Self { seed: settings.seed, section, first, bars, material, style: settings.style, density, adventure };
        known.map_or(key, |span| Self {
            section: span.first,
            first: span.first,
            bars: span.bars,
            material: span.material,
            style: span.style.unwrap_or(key.style),
            ..key
        })
    }

    /// Whether this is one of the fuller sections.
    pub(super) const fn is_chorus(&self) -> bool {
        self.material == CHORUS
    }

    /// Place of a bar in its section, and whether it is the last.
    pub(super) const fn bar_of(&self, bar: i64) -> (usize, bool) {
        let inside = bar.saturating_sub(self.first);
        let inside = if inside < 0 { 0 } else { inside };
        (inside as usize, inside + 1 == self.bars && self.bars >= SHORTEST_FILLED)
    }

    /// Density 0…1, a little more in choruses.
    pub(super) fn density(&self) -> f32 {
        let more = if self.is_chorus() { 0.1 } else { 0.0 };
        (f32::from(self.density) / DENSITIES + more).min(1.0)
    }

    /// Adventure 0…1.
    pub(super) fn adventure(&self) -> f32 {
        f32::from(self.adventure) / ADVENTURES
    }

    /// What the material's chances depend on. Density and adventure only bend them, so that a turned knob changes the
    /// arrangement by degrees.
    pub(super) fn question(&self) -> [u64; 3] {
        [self.seed.into(), self.material.into(), self.style as u64]
    }
}

/// Bars of a section.
const fn length(adventure: u8) -> i64 {
    if adventure >= 3 { 4 } else { 8 }
}

/// A knob's value in 0…1, half for what is no number.
pub(super) fn unit(value: f32) -> f32 {
    if value.is_finite() { value.clamp(0.0, 1.0) } else { 0.5 }
}

//! Several inputs that are one.

use super::{FeatureMap, LANES};

/// An input whose channels are those of one map and then those of another, where there is one.
#[derive(Debug, Clone, Copy)]
pub struct Joined<'a>(pub &'a FeatureMap, pub Option<&'a FeatureMap>);

impl Joined<'_> {
    /// Rows and columns.
    #[must_use]
    pub const fn size(&self) -> (usize, usize) {
        (self.0.rows, self.0.columns)
    }

    /// Writes a row, `[column][channel]`.
    #[inline(always)]
    pub(super) fn copy_row(&self, row: usize, to: &mut [f32]) {
        let maps = [Some(self.0), self.1];
        let channels = maps.iter().flatten().map(|map| map.channels).sum::<usize>();
        let mut before = 0;
        for map in maps.into_iter().flatten() {
            for (to, from) in to.chunks_exact_mut(channels).zip(map.row(row).chunks_exact(map.channels)) {
                // In pieces of one size, since calls of the system's copy would take longer than the copying.
                let (to, last_to) = to[before..before + map.channels].as_chunks_mut::<LANES>();
                let (from, last_from) = from.as_chunks::<LANES>();
                to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
                last_to.iter_mut().zip(last_from).for_each(|(to, from)| *to = *from);
            }
            before += map.channels;
        }
    }
}

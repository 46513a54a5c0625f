//! Where the host's play head is for each block.

use super::options::BlockSize;

/// One block to be processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Rendered samples before it.
    pub(super) rendered: usize,
    /// The play head at its first frame, in samples.
    pub(super) position: u64,
    /// Frames.
    pub(super) frames: usize,
    /// The play head does not follow on from the block before.
    pub(super) jumped: bool,
}

/// Blocks one after the other; none crosses the loop's end.
pub(super) struct Schedule {
    lengths: Box<dyn Iterator<Item = usize>>,
    loop_range: Option<(u64, u64)>,
    rendered: usize,
    position: u64,
    jumped: bool,
}

impl Schedule {
    pub(super) fn new(block_size: BlockSize, loop_range: Option<(u64, u64)>) -> Self {
        Self { lengths: Box::new(block_size.lengths()), loop_range, rendered: 0, position: 0, jumped: true }
    }

    /// The next block, which ends at `end` rendered samples at the latest; `None` when that is reached.
    pub(super) fn next(&mut self, end: usize) -> Option<Step> {
        let left = end.checked_sub(self.rendered).filter(|left| *left > 0)?;
        let mut frames = self.lengths.next()?.min(left);
        if let Some((_, to)) = self.loop_range.filter(|(_, to)| self.position < *to) {
            frames = frames.min((to - self.position) as usize);
        }
        let step = Step { rendered: self.rendered, position: self.position, frames, jumped: self.jumped };
        self.rendered += frames;
        self.position += frames as u64;
        self.jumped = false;
        if let Some((from, _)) = self.loop_range.filter(|(_, to)| self.position == *to) {
            (self.position, self.jumped) = (from, true);
        }
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_split_at_its_end() {
        let mut schedule = Schedule::new(BlockSize::Fixed(100), Some((150, 250)));
        let steps: Vec<_> = std::iter::from_fn(|| schedule.next(420)).collect();
        let seen: Vec<_> = steps.iter().map(|step| (step.position, step.frames, step.jumped)).collect();
        assert_eq!(seen, [(0, 100, true), (100, 100, false), (200, 50, false), (150, 100, true), (150, 70, true)]);
        assert_eq!(steps.iter().map(|step| step.frames).sum::<usize>(), 420);
    }
}

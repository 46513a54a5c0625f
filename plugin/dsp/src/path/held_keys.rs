//! The MIDI keys that are held at each sample.

/// Key events of one host block that are kept; more act at once.
const CAPACITY: usize = 128;

/// MIDI keys that are held, and the ones that go down or up in this block.
#[derive(Debug, Clone)]
pub(super) struct HeldKeys {
    held: u128,
    /// Sample, key, whether it goes down.
    coming: [(usize, u8, bool); CAPACITY],
    count: usize,
    next: usize,
}

impl Default for HeldKeys {
    fn default() -> Self {
        Self { held: 0, coming: [(0, 0, false); CAPACITY], count: 0, next: 0 }
    }
}

impl HeldKeys {
    /// Lets all keys go.
    pub(super) fn reset(&mut self) {
        (self.held, self.count, self.next) = (0, 0, 0);
    }

    /// A key goes down or up at a sample of the block that comes.
    pub(super) fn play(&mut self, sample: usize, key: u8, down: bool) {
        match self.coming.get_mut(self.count) {
            Some(place) => {
                *place = (sample, key, down);
                self.count += 1;
            }
            None => self.set(key, down),
        }
    }

    /// Takes the events up to a sample.
    pub(super) fn pass(&mut self, sample: usize) {
        while self.next < self.count && self.coming[self.next].0 <= sample {
            let (_, key, down) = self.coming[self.next];
            self.set(key, down);
            self.next += 1;
        }
    }

    /// Ends the block; what was said to come after its end happens now.
    pub(super) fn end_block(&mut self) {
        self.pass(usize::MAX);
        (self.count, self.next) = (0, 0);
    }

    /// Keys that are held, one bit each.
    pub(super) const fn held(&self) -> u128 {
        self.held
    }

    fn set(&mut self, key: u8, down: bool) {
        let bit = 1_u128 << (key & 127);
        if down { self.held |= bit } else { self.held &= !bit }
    }
}

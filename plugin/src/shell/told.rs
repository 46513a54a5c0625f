//! The notes that the host has been told of and not yet seen end.

/// Keys that sound, one bit each, `[MIDI channel]`.
#[derive(Debug, Default)]
pub(super) struct Told([u128; 16]);

impl Told {
    /// A note begins, or with velocity 0 ends. `channel` 0…15, `key` 0…127.
    pub(super) fn note(&mut self, channel: u8, key: u8, velocity: u8) {
        let Some(keys) = self.0.get_mut(usize::from(channel)) else { return };
        let bit = 1_u128.checked_shl(key.into()).unwrap_or(0);
        *keys = if velocity > 0 { *keys | bit } else { *keys & !bit };
    }

    /// Channel and key of a note that sounds, which is then taken for ended; `None` when none does.
    pub(super) fn take(&mut self) -> Option<(u8, u8)> {
        let channel = self.0.iter().position(|keys| *keys != 0)?;
        let key = self.0[channel].trailing_zeros();
        self.0[channel] &= self.0[channel] - 1;
        Some((channel as u8, key as u8))
    }
}

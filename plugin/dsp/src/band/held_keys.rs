//! The MIDI keys that are held at each sample: pressed, or sounding on under the sustain pedal.

/// Key events of one host block that are kept for their samples; where more come, the earliest act at once.
const CAPACITY: usize = 128;
/// MIDI channels.
const CHANNELS: usize = 16;

/// What MIDI can do to the keys that are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyEvent {
    /// A key goes down.
    On {
        /// MIDI channel, 0…15.
        channel: u8,
        /// MIDI key, 0…127.
        key: u8,
    },
    /// Keys go up; under the pedal they sound on.
    Off {
        /// MIDI channel, 0…15; `None` means all of them.
        channel: Option<u8>,
        /// MIDI key, 0…127; `None` means all of them.
        key: Option<u8>,
    },
    /// Keys end at once, pedal or not.
    Choke {
        /// MIDI channel, 0…15; `None` means all of them.
        channel: Option<u8>,
        /// MIDI key, 0…127; `None` means all of them.
        key: Option<u8>,
    },
    /// The sustain pedal of a channel goes down or up.
    Sustain {
        /// MIDI channel, 0…15.
        channel: u8,
        /// Whether it is down.
        down: bool,
    },
}

impl KeyEvent {
    /// Numbers of the control changes that mean something here, see [`Self::of_controller`]. Hosts of VST3 send no others.
    pub const CONTROLLERS: [u8; 8] = [64, 120, 121, 123, 124, 125, 126, 127];

    /// A key of the first channel goes down or up.
    #[must_use]
    pub const fn pressed(key: u8, down: bool) -> Self {
        if down { Self::On { channel: 0, key } } else { Self::Off { channel: Some(0), key: Some(key) } }
    }

    /// What a control change means for the keys, `value` 0…1: sustain (64), all sound off (120), reset all controllers (121),
    /// all notes off (123) and the changes of mode (124 to 127), which end all notes as well. `None` for all others.
    ///
    /// All notes off ends what the pedal holds, too (MIDI 1.0 would leave it to the pedal): hosts send it to end what hangs.
    #[must_use]
    pub fn of_controller(channel: u8, controller: u8, value: f32) -> Option<Self> {
        match controller {
            64 => Some(Self::Sustain { channel, down: value >= 0.5 }),
            120 | 123..=127 => Some(Self::Choke { channel: Some(channel), key: None }),
            121 => Some(Self::Sustain { channel, down: false }),
            _ => None,
        }
    }
}

/// The keys of one channel, one bit each.
#[derive(Debug, Clone, Copy, Default)]
struct Channel {
    pressed: u128,
    /// Keys that went up while the pedal was down.
    sustained: u128,
    pedal: bool,
}

impl Channel {
    const fn release(&mut self, keys: u128) {
        if self.pedal {
            self.sustained |= self.pressed & keys;
        }
        self.pressed &= !keys;
    }

    const fn choke(&mut self, keys: u128) {
        self.pressed &= !keys;
        self.sustained &= !keys;
    }
}

/// MIDI keys that are held, and what happens to them in this block.
#[derive(Debug, Clone)]
pub(crate) struct HeldKeys {
    channels: [Channel; CHANNELS],
    held: u128,
    coming: [(usize, KeyEvent); CAPACITY],
    count: usize,
    next: usize,
}

impl Default for HeldKeys {
    fn default() -> Self {
        let none = KeyEvent::Off { channel: None, key: None };
        Self { channels: [Channel::default(); CHANNELS], held: 0, coming: [(0, none); CAPACITY], count: 0, next: 0 }
    }
}

impl HeldKeys {
    /// Lets all keys and pedals go, and forgets what was to come.
    pub(crate) fn reset(&mut self) {
        (self.count, self.next) = (0, 0);
        self.release();
    }

    /// Lets all keys and pedals go. What comes in this block still comes.
    pub(crate) const fn release(&mut self) {
        self.channels = [Channel { pressed: 0, sustained: 0, pedal: false }; CHANNELS];
        self.held = 0;
    }

    /// Something happens at a sample of the block that comes.
    pub(crate) fn play(&mut self, sample: usize, event: KeyEvent) {
        if self.count == CAPACITY {
            self.pass(usize::MAX);
            (self.count, self.next) = (0, 0);
        }
        self.coming[self.count] = (sample, event);
        self.count += 1;
    }

    /// Takes the events up to a sample.
    pub(crate) fn pass(&mut self, sample: usize) {
        while self.next < self.count && self.coming[self.next].0 <= sample {
            self.take(self.coming[self.next].1);
            self.next += 1;
        }
    }

    /// Ends the block; what was said to come after its end happens now.
    pub(crate) fn end_block(&mut self) {
        self.pass(usize::MAX);
        (self.count, self.next) = (0, 0);
    }

    /// Keys that are held on any channel, one bit each.
    pub(crate) const fn held(&self) -> u128 {
        self.held
    }

    fn take(&mut self, event: KeyEvent) {
        match event {
            KeyEvent::On { channel, key } => {
                self.channels[usize::from(channel) % CHANNELS].pressed |= 1 << (key & 127);
            }
            KeyEvent::Off { channel, key } => self.those(channel).for_each(|channel| channel.release(keys(key))),
            KeyEvent::Choke { channel, key } => self.those(channel).for_each(|channel| channel.choke(keys(key))),
            KeyEvent::Sustain { channel, down } => {
                let channel = &mut self.channels[usize::from(channel) % CHANNELS];
                channel.pedal = down;
                if !down {
                    channel.sustained = 0;
                }
            }
        }
        self.held = self.channels.iter().fold(0, |held, channel| held | channel.pressed | channel.sustained);
    }

    fn those(&mut self, channel: Option<u8>) -> impl Iterator<Item = &mut Channel> {
        let number = channel.map(|channel| usize::from(channel) % CHANNELS);
        self.channels
            .iter_mut()
            .enumerate()
            .filter(move |(index, _)| number.is_none_or(|number| number == *index))
            .map(|(_, channel)| channel)
    }
}

/// The bits of a key, or of all.
fn keys(key: Option<u8>) -> u128 {
    key.map_or(u128::MAX, |key| 1 << (key & 127))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn on(channel: u8, key: u8) -> KeyEvent {
        KeyEvent::On { channel, key }
    }

    const fn off(channel: u8, key: u8) -> KeyEvent {
        KeyEvent::Off { channel: Some(channel), key: Some(key) }
    }

    fn controller(channel: u8, number: u8, value: f32) -> KeyEvent {
        KeyEvent::of_controller(channel, number, value).unwrap_or_else(|| unreachable!("{number} is one of the keys'"))
    }

    #[test]
    fn the_controllers_are_all_that_mean_something() {
        let heard = (0..=u8::MAX).filter(|number| KeyEvent::of_controller(0, *number, 1.0).is_some());
        assert!(heard.eq(KeyEvent::CONTROLLERS));
    }

    /// Keys held after events at sample 0.
    fn after(events: &[KeyEvent]) -> Vec<u32> {
        let mut keys = HeldKeys::default();
        events.iter().for_each(|event| keys.play(0, *event));
        keys.pass(0);
        (0..128).filter(|key| keys.held() >> key & 1 == 1).collect()
    }

    #[test]
    fn the_pedal_holds_what_is_let_go_under_it() {
        let (down, up) = (controller(3, 64, 1.0), controller(3, 64, 0.0));
        assert_eq!(after(&[on(3, 60), on(3, 64), down, off(3, 60)]), [60, 64]);
        assert_eq!(after(&[on(3, 60), on(3, 64), down, off(3, 60), up]), [64]);
        assert_eq!(after(&[down, on(3, 60), off(3, 60), on(3, 60), up]), [60], "it was pressed again");
        assert_eq!(after(&[controller(2, 64, 1.0), on(3, 60), off(3, 60)]), [], "another channel's pedal");
        assert_eq!(after(&[down, on(3, 60), off(3, 60), controller(3, 121, 0.0)]), [], "all controllers reset");
    }

    #[test]
    fn all_notes_off_and_all_sound_off_end_the_keys_of_their_channel_whatever_the_pedal_says() {
        let held = [controller(0, 64, 1.0), on(0, 60), off(0, 60), on(0, 64), on(1, 67)];
        for number in [120, 123] {
            assert_eq!(after(&[&held[..], &[controller(0, number, 0.0)]].concat()), [67], "CC{number}");
        }
        assert!(KeyEvent::of_controller(0, 1, 1.0).is_none());
    }

    #[test]
    fn a_key_on_two_channels_is_held_until_both_let_go() {
        assert_eq!(after(&[on(0, 60), on(1, 60), off(0, 60)]), [60]);
        assert_eq!(after(&[on(0, 60), on(1, 60), off(0, 60), off(1, 60)]), []);
    }

    #[test]
    fn one_event_lets_many_keys_go_and_those_after_it_stay() {
        let all = KeyEvent::Off { channel: None, key: None };
        let mut events: Vec<KeyEvent> = (0..100).map(|key| on(key % 16, key)).collect();
        events.extend([all, on(0, 60)]);
        assert_eq!(after(&events), [60]);
        let choke = KeyEvent::Choke { channel: None, key: Some(60) };
        assert_eq!(after(&[controller(0, 64, 1.0), on(0, 60), on(0, 62), off(0, 60), choke]), [62]);
    }

    #[test]
    fn more_events_than_there_is_room_for_keep_their_order() {
        let mut keys = HeldKeys::default();
        for round in 0..3 * CAPACITY {
            keys.play(round, if round % 2 == 0 { on(0, 60) } else { off(0, 60) });
        }
        keys.play(500, on(0, 64));
        keys.end_block();
        assert_eq!(keys.held(), 1 << 64);
    }

    #[test]
    fn letting_go_leaves_what_comes_in_the_block() {
        let mut keys = HeldKeys::default();
        keys.play(0, on(0, 60));
        keys.end_block();
        keys.play(5, on(0, 64));
        keys.release();
        keys.pass(10);
        assert_eq!(keys.held(), 1 << 64);
    }
}

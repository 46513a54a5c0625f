//! Where the host is: tells its jumps from its playing on.

use super::BlockInfo;
use crate::{exchange::frame::Transport, stream::layout::StreamLayout};

/// What the host told in the last block.
#[derive(Debug, Clone, Copy)]
enum Told {
    /// Its position, and the one that it should tell next, in samples.
    Samples { heard: i64, expected: i64 },
    /// Its position in quarters, its tempo, and the seconds by which it should have moved on; in hosts that tell nothing else.
    Beats { heard: f64, tempo: f64, moved: f64 },
}

/// Follows the host's position from block to block.
#[derive(Debug, Clone, Default)]
pub(super) struct Timeline {
    last: Option<Told>,
}

impl Timeline {
    /// Forgets where the host was.
    pub(super) const fn reset(&mut self) {
        self.last = None;
    }

    /// Hears what the host says at the beginning of a block of `frames` samples; returns whether it has jumped: a seek, or the end of
    /// a loop. A difference of less than a hop is no jump.
    pub(super) fn follow(&mut self, info: &BlockInfo, frames: usize, layout: &StreamLayout) -> bool {
        let moved = if info.transport.playing { frames } else { 0 };
        if let Some(now) = info.position_samples {
            return self.follow_samples(now, moved as i64, layout.hop as u64);
        }
        let seconds = moved as f64 / f64::from(layout.sample_rate);
        self.follow_beats(&info.transport, seconds, layout.hop_seconds().into())
    }

    /// A play head that is told to move and never does is none, so it does not jump either.
    fn follow_samples(&mut self, now: i64, moved: i64, hop: u64) -> bool {
        let last = self.last.replace(Told::Samples { heard: now, expected: now.saturating_add(moved) });
        let Some(Told::Samples { heard, expected }) = last else { return false };
        now != heard && now.abs_diff(expected) > hop
    }

    /// Quarters pass at the tempo that the host told before, at the one that it tells now, or, on a ramp, at one between.
    fn follow_beats(&mut self, transport: &Transport, seconds: f64, hop: f64) -> bool {
        let told = transport.beats.zip(transport.tempo);
        let Some((now, tempo)) = told.filter(|(beats, tempo)| beats.is_finite() && tempo.is_finite() && *tempo > 0.0)
        else {
            self.last = None;
            return false;
        };
        let last = self.last.replace(Told::Beats { heard: now, tempo, moved: seconds });
        let Some(Told::Beats { heard, tempo: before, moved }) = last else { return false };
        let (slow, fast) = (tempo.min(before) / 60.0, tempo.max(before) / 60.0);
        !(slow * moved - fast * hop..=fast * (moved + hop)).contains(&(now - heard))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f32 = 48_000.0;

    /// Blocks after which a jump was noticed, for what a host says at each: beats, tempo and position in samples.
    fn jumps(frames: usize, said: impl IntoIterator<Item = (f64, f64, Option<i64>)>) -> Vec<usize> {
        let layout = StreamLayout::for_sample_rate(RATE);
        let mut timeline = Timeline::default();
        let jumped = said.into_iter().map(|(beats, tempo, position_samples)| {
            let transport = Transport { playing: true, beats: Some(beats), tempo: Some(tempo), ..Transport::default() };
            timeline.follow(&BlockInfo { transport, position_samples, ..BlockInfo::default() }, frames, &layout)
        });
        jumped.enumerate().filter_map(|(block, jumped)| jumped.then_some(block)).collect()
    }

    #[test]
    fn a_ramp_of_the_tempo_is_no_jump_in_hosts_that_tell_beats_only() {
        for (frames, change) in [(64, 40.0), (512, -6.0), (4096, 20.0), (8192, -15.0)] {
            let seconds = frames as f64 / f64::from(RATE);
            // From 150 BPM on, `change` BPM faster every second; beats are the integral of the tempo.
            let said = (0..200)
                .map(|block| f64::from(block) * seconds)
                .take_while(|time| *time < 5.0)
                .map(|time| ((150.0 * time + change * time * time / 2.0) / 60.0, 150.0 + change * time, None));
            assert_eq!(jumps(frames, said), [], "{change} BPM a second in blocks of {frames}");
        }
    }

    #[test]
    fn a_loop_and_a_seek_are_jumps_in_hosts_that_tell_beats_only() {
        let beats = |block: usize| block as f64 * 512.0 / f64::from(RATE) * 2.0;
        let looped = (0..100).map(|block| (8.0 + beats(block % 40), 120.0, None));
        assert_eq!(jumps(512, looped), [40, 80]);
        let sought = (0..20).map(|block| (beats(block) + if block < 7 { 0.0 } else { 0.25 }, 120.0, None));
        assert_eq!(jumps(512, sought), [7]);
        let stepped = (0..20).map(|block| (beats(block), if block < 9 { 120.0 } else { 60.0 }, None)).take(10);
        assert_eq!(jumps(512, stepped), [], "the tempo of the next block is no jump");
    }

    #[test]
    fn samples_count_where_the_host_tells_them_whatever_the_beats_do() {
        let said = (0..50).map(|block| (f64::from(block % 7) * 10.0, 120.0, Some(i64::from(block) * 512)));
        assert_eq!(jumps(512, said), []);
        let said = (0..50).map(|block| (0.0, 120.0, Some(i64::from(block % 20) * 512)));
        assert_eq!(jumps(512, said), [20, 40]);
    }

    #[test]
    fn a_play_head_that_never_moves_does_not_jump() {
        assert_eq!(jumps(1024, (0..20).map(|_| (0.0, 120.0, Some(1_000)))), []);
    }
}

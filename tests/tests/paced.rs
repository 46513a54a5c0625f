//! Played in real time and bounced, the plugin gives the same bits. Alone in its process, so that nothing of the tests takes
//! the inference thread's time.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use songweave_host::{Block, ClapPlugin, Transport, silent_bus};
use songweave_tests::{
    accompany::choose,
    bounce::{SONGWEAVE, instance, parameter, songs},
};

const RATE: f64 = 48_000.0;
const BLOCK: usize = 512;
/// Four seconds: two bars at 120 BPM.
const LENGTH: usize = 375 * BLOCK;
/// A machine that is busy with other things misses hops, and then nothing can be compared.
const ATTEMPTS: usize = 10;

/// Runs the songs through a fresh plugin, paced as a sound card does or as fast as it goes. Returns the output and the hops
/// that were missed.
fn run(mode: &str, songs: &[Vec<Vec<f32>>; 2], paced: bool) -> (Vec<Vec<f32>>, f64) {
    let mut plugin = instance(SONGWEAVE).unwrap();
    plugin.set_offline(!paced).unwrap();
    choose(&mut plugin, "Mode", mode).unwrap();
    choose(&mut plugin, "Chord root", "C").unwrap();
    let mut processor = plugin.activate(RATE, BLOCK as u32).unwrap();
    let mut out = vec![vec![]; 2];
    let begun = Instant::now();
    for start in (0..LENGTH).step_by(BLOCK) {
        if paced {
            sleep(Duration::from_secs_f64(start as f64 / RATE).saturating_sub(begun.elapsed()));
        }
        let mut inputs =
            songs.clone().map(|song| song.iter().map(|c| c[start..start + BLOCK].to_vec()).collect::<Vec<_>>());
        let mut outputs = [silent_bus(2, BLOCK)];
        let block = &mut Block {
            frames: BLOCK,
            inputs: &mut inputs,
            outputs: &mut outputs,
            events: &[],
            transport: Some(Transport { position: start as u64, ..Transport::default() }),
            events_out: &mut vec![],
        };
        processor.process(block).unwrap();
        for (out, channel) in out.iter_mut().zip(&outputs[0]) {
            out.extend_from_slice(channel);
        }
    }
    plugin.deactivate(processor);
    (out, missed(&mut plugin))
}

fn missed(plugin: &mut ClapPlugin) -> f64 {
    let counter = parameter(plugin, "Missed hops");
    plugin.value(counter).unwrap()
}

#[test]
fn what_is_played_in_real_time_is_what_is_bounced() {
    let songs = songs(41, LENGTH);
    for mode in ["Mash", "Accompany"] {
        let (bounced, missed) = run(mode, &songs, false);
        assert_eq!(missed, 0.0);
        assert!(bounced[0][LENGTH / 2..] != songs[0][0][LENGTH / 2 - 3_072..LENGTH - 3_072], "{mode} does nothing");
        let whole = (0..ATTEMPTS).map(|_| run(mode, &songs, true)).find(|(_, missed)| *missed == 0.0);
        let (played, _) = whole.unwrap_or_else(|| panic!("{mode}: this machine is too busy to play in real time"));
        assert!(played == bounced, "{mode}: other bits in real time");
    }
}

//! The audio path under LLVM's `RealtimeSanitizer`, which ends the process at a system call, a lock or an allocation in real time.
//! `cargo xtask sanitize` runs it; only a nightly compiler has the sanitizer.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{
    hint::black_box,
    process::Command,
    sync::{Arc, atomic::Ordering::Relaxed},
    thread::sleep,
    time::Duration,
};

use songweave_dsp::{
    exchange::{
        controls::{BandControls, Controls, Mode, TuneControls, TuneTarget},
        frame::Transport,
        link::NeverWait,
        telemetry::{Telemetry, columns},
    },
    stream::{
        layout::StreamLayout,
        path::{AudioPath, BlockInfo},
    },
};
use songweave_engine::runtime::{slot::ModelSlot, status::Status, thread::Engine};
use songweave_tests::signal::{block_sizes, noise};

/// Where LLVM's sanitizer ends the process that makes a system call, takes a lock or allocates.
fn in_real_time<T>(work: impl FnOnce() -> T) -> T {
    unsafe extern "C" {
        fn __rtsan_realtime_enter();
        fn __rtsan_realtime_exit();
    }
    // SAFETY: the run time of the sanitizer has these, which take nothing; the second follows the first.
    unsafe { __rtsan_realtime_enter() };
    let told = work();
    // SAFETY: as above.
    unsafe { __rtsan_realtime_exit() };
    told
}

/// What a real-time thread must not do, by name. The sanitizer of LLVM 22 does not see every sleep (`clock_nanosleep`).
const PLANTED: [(&str, fn()); 4] = [
    ("waits", || std::thread::park_timeout(Duration::from_micros(1))),
    ("opens a file", || drop(black_box(std::fs::File::open("/dev/null")))),
    ("writes a line", || eprintln!("planted")),
    ("allocates", || drop(black_box(Box::new([1_u8; 4096])))),
];

/// Does what the variable `PLANTED` names in real time: [`planted_calls_end_the_process`] starts it.
#[test]
fn planted() {
    let wanted = std::env::var("PLANTED").unwrap_or_default();
    PLANTED.iter().filter(|(name, _)| *name == wanted).for_each(|(_, work)| in_real_time(work));
}

#[test]
fn planted_calls_end_the_process() {
    for wanted in PLANTED.iter().map(|(name, _)| *name).chain([""]) {
        let mut child = Command::new(std::env::current_exe().unwrap());
        let output = child.args(["planted", "--exact"]).env("PLANTED", wanted).output().unwrap();
        assert_eq!(output.status.success(), wanted.is_empty(), "{wanted}: {output:?}");
    }
}

/// Both modes with everything that moves, while the inference thread decides.
#[test]
fn the_audio_path_makes_no_system_call() {
    for (rate, mask_delay) in [(44_100.0, 0), (96_000.0, 30)] {
        let (slot, status) = (Arc::new(ModelSlot::embedded().unwrap()), Arc::new(Status::default()));
        let layout = StreamLayout::for_sample_rate(rate).with_mask_delay(mask_delay);
        let (engine, audio) = Engine::start(layout, slot, status, Arc::default(), None).unwrap();
        let telemetry = Arc::new(Telemetry::default());
        telemetry.watched.store(true, Relaxed);
        let mut path = AudioPath::new(layout, false, audio, telemetry.clone(), columns().0).with_parts();
        let (mut left, mut position) = (noise(1, 8192), 0);
        let mut right = noise(2, 8192);
        for (number, size) in block_sizes(5, 1024).take(600).enumerate() {
            let tune = TuneControls { amount: 1.0, target: TuneTarget::Melody, key: Some(0), ..TuneControls::OFF };
            let controls = Controls {
                mode: if number < 300 { Mode::Mash } else { Mode::Accompany },
                freeze: number % 30 > 20,
                attack: 0.01,
                transpose_b: (number % 13) as i8 - 6,
                band: BandControls { chord_root: Some(0), ..BandControls::default() },
                tune,
                ..Controls::default()
            };
            let beats = Some(f64::from(position) / 20_000.0);
            let transport = Transport { playing: true, tempo: Some(150.0), beats, ..Transport::default() };
            let info = BlockInfo { controls, transport, position_samples: Some(position.into()) };
            let side = [noise(3, size), noise(4, size)];
            in_real_time(|| {
                path.play_key(size / 2, 60, number % 2 == 0);
                let main = &mut [&mut left[..size], &mut right[..size]];
                path.process(main, &[&side[0], &side[1]], &info, &mut NeverWait, &mut ());
                if number % 200 == 150 {
                    path.reset(&controls);
                }
            });
            position += size as i32;
            // Leaves the inference thread its time.
            sleep(Duration::from_millis(2));
        }
        let hops = telemetry.hops.load(Relaxed);
        let missed = telemetry.missed.load(Relaxed);
        assert!(hops > 100 && missed < hops, "{missed} of {hops} hops were decided too late");
        drop(engine);
    }
}

//! The inference thread: same bits as without a thread, nothing missed when faster than the clock, damage contained.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    thread,
};

use songweave_dsp::{
    exchange::{
        controls::Controls,
        telemetry::{Telemetry, columns},
    },
    stream::{
        layout::StreamLayout,
        path::{AudioPath, BlockInfo},
    },
};
use songweave_engine::runtime::{clock::WallClock, slot::ModelSlot, status::Status, thread::Engine};
use songweave_tests::{
    drive::Driven,
    signal::{block_sizes, noise},
};

const RATE: f32 = 48_000.0;

struct Instance {
    engine: Option<Engine>,
    path: AudioPath,
    clock: WallClock,
    telemetry: Arc<Telemetry>,
    status: Arc<Status>,
    slot: Arc<ModelSlot>,
}

impl Instance {
    fn new(offline: bool) -> Self {
        let (slot, status) = (Arc::new(ModelSlot::embedded().unwrap()), Arc::new(Status::default()));
        let layout = StreamLayout::for_sample_rate(RATE);
        let (engine, audio) = Engine::start(layout, slot.clone(), status.clone(), Arc::default(), None).unwrap();
        let telemetry = Arc::new(Telemetry::default());
        let path = AudioPath::new(layout, false, audio, telemetry.clone(), columns().0);
        let clock = engine.clock(offline).unwrap();
        Self { engine: Some(engine), path, clock, telemetry, status, slot }
    }

    fn render(
        &mut self,
        main: &[Vec<f32>],
        side: &[Vec<f32>],
        mut sizes: impl Iterator<Item = usize>,
    ) -> Vec<Vec<f32>> {
        let mut out = main.to_vec();
        let mut start = 0;
        while start < out[0].len() {
            let end = out[0].len().min(start + sizes.next().unwrap());
            let mut block: Vec<&mut [f32]> = out.iter_mut().map(|channel| &mut channel[start..end]).collect();
            let side: Vec<&[f32]> = side.iter().map(|channel| &channel[start..end]).collect();
            self.clock.begin_block(end - start);
            self.path.process(&mut block, &side, &BlockInfo::default(), &mut self.clock, &mut ());
            start = end;
        }
        out
    }
}

fn song(seed: u64) -> Vec<Vec<f32>> {
    vec![noise(seed, 200_000), noise(seed + 1, 200_000)]
}

#[test]
fn threads_give_the_same_bits_as_none_offline_and_faster_than_the_clock_and_two_at_once() {
    let (main, side) = (song(1), song(3));
    let wanted = Driven::new(RATE, false).run(&main, &side, std::iter::repeat(512), |_| Controls::default());
    for (offline, largest) in [(true, 1), (true, 8192), (false, 700), (false, 8192)] {
        let renders: Vec<_> = (0..2)
            .map(|seed| {
                let (main, side) = (main.clone(), side.clone());
                thread::spawn(move || {
                    let mut instance = Instance::new(offline);
                    let out = instance.render(&main, &side, block_sizes(seed, largest));
                    (out, instance.telemetry.missed.load(Relaxed))
                })
            })
            .collect();
        for render in renders {
            let (out, missed) = render.join().unwrap();
            assert_eq!(missed, 0, "offline {offline}, blocks up to {largest}");
            assert!(out == wanted, "other bits: offline {offline}, blocks up to {largest}");
        }
    }
}

#[test]
fn without_its_thread_the_audio_goes_on_and_the_misses_are_counted() {
    let mut instance = Instance::new(false);
    instance.engine = None;
    let out = instance.render(&song(1), &song(3), std::iter::repeat(512));
    assert!(out.iter().flatten().all(|sample| sample.is_finite()));
    assert!(out[0][100_000..].iter().any(|sample| sample.abs() > 0.1), "no hole");
    assert_eq!(instance.telemetry.missed.load(Relaxed), 200_000 / 512 - 2);
}

#[test]
fn a_reset_forgets_and_repeats_the_same_bits() {
    let (main, side) = (song(5), song(7));
    let mut instance = Instance::new(true);
    instance.path.reset(&Controls::default());
    let first = instance.render(&main, &side, std::iter::repeat(512));
    instance.path.reset(&Controls::default());
    instance.clock.reset();
    assert!(first == instance.render(&main, &side, std::iter::repeat(333)));
}

#[test]
fn a_network_swapped_in_mid_stream_goes_on_without_a_miss() {
    let mut instance = Instance::new(true);
    instance.render(&song(1), &song(3), std::iter::repeat(512));
    instance.slot.load_embedded().unwrap();
    instance.render(&song(1), &song(3), std::iter::repeat(512));
    assert_eq!((instance.telemetry.missed.load(Relaxed), instance.status.fault()), (0, None));
}

#[test]
fn a_wrong_weight_file_is_refused_with_one_sentence_and_the_present_one_stays() {
    let slot = ModelSlot::embedded().unwrap();
    let before = slot.info();
    let path = std::env::temp_dir().join(format!("songweave-wrong-{}.safetensors", std::process::id()));
    for (bytes, reason) in [(&b""[..], "refused"), (b"not a weight file at all", "refused")] {
        std::fs::write(&path, bytes).unwrap();
        let error = slot.load(&path).unwrap_err().to_string();
        assert!(error.contains(reason) && error.contains("The present model stays."), "{error}");
        assert_eq!(error.lines().count(), 1);
    }
    std::fs::remove_file(&path).unwrap();
    assert!(slot.load(&path).unwrap_err().to_string().contains("cannot be read"));
    assert_eq!(slot.info(), before);
}

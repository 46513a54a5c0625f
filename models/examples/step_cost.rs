//! Prints what one hop of the mash network costs: `cargo run --release -p songweave-models --example step_cost`, in a tight
//! loop and at the pace of playing, where other programs have filled the caches between two hops.

use std::{hint::black_box, thread::sleep, time::Duration, time::Instant};

use songweave_models::{MashNetwork, MashOutput, WeightError, mash};

/// From one hop to the next while playing.
const HOP: Duration = Duration::from_micros(10_667);

fn main() -> Result<(), WeightError> {
    let mut network = MashNetwork::embedded()?;
    println!("{} parameters, hops of two songs", network.parameters());
    measure("tight loop", &mut network, 20_000, Duration::ZERO);
    measure("paced", &mut network, 1_000, HOP);
    Ok(())
}

/// Runs the network over `hops` hops with a pause before each.
fn measure(name: &str, network: &mut MashNetwork, hops: usize, pause: Duration) {
    let mut out = MashOutput::default();
    let mut microseconds = Vec::with_capacity(hops);
    for hop in 0..hops {
        let songs = [0, 1].map(|song| {
            let power = std::array::from_fn(|band| (((hop * 7 + band * 13 + song * 5) % 101) as f32 * 1e-2).powi(4));
            mash::features(&power, &[0.1; mash::BANDS])
        });
        sleep(pause);
        let start = Instant::now();
        if let Err(error) = network.step(black_box(&songs), black_box(&mut out)) {
            eprintln!("{error}");
        }
        microseconds.push(start.elapsed().as_secs_f64() * 1e6);
    }
    microseconds.sort_by(f64::total_cmp);
    let at = |share: f64| microseconds[(share * (hops - 1) as f64) as usize];
    println!("{name}: p50 {:.1} µs, p99 {:.1} µs, max {:.1} µs per hop", at(0.5), at(0.99), at(1.0));
}

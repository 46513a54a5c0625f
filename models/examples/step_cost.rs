//! Prints what one hop of the mash network costs: `cargo run --release -p songweave-models --example step_cost`.

use std::{hint::black_box, time::Instant};

use songweave_models::{MashNetwork, MashOutput, WeightError, mash};

/// Hops that are measured.
const HOPS: usize = 20_000;

fn main() -> Result<(), WeightError> {
    let mut network = MashNetwork::embedded()?;
    let mut out = MashOutput::default();
    let mut microseconds = Vec::with_capacity(HOPS);
    for hop in 0..HOPS {
        let songs = [0, 1].map(|song| {
            let power = std::array::from_fn(|band| (((hop * 7 + band * 13 + song * 5) % 101) as f32 * 1e-2).powi(4));
            mash::features(&power, &[0.1; mash::BANDS])
        });
        let start = Instant::now();
        if let Err(error) = network.step(black_box(&songs), black_box(&mut out)) {
            eprintln!("{error}");
        }
        microseconds.push(start.elapsed().as_secs_f64() * 1e6);
    }
    microseconds.sort_by(f64::total_cmp);
    let at = |share: f64| microseconds[(share * (HOPS - 1) as f64) as usize];
    println!("{} parameters, {HOPS} hops of two songs", network.parameters());
    println!("p50 {:.1} µs, p99 {:.1} µs, max {:.1} µs per hop", at(0.5), at(0.99), at(1.0));
    Ok(())
}

//! The mash network in this project's own runtime against onnxruntime and tract: same weights, both songs, one hop at a time,
//! one thread, all in one run. `cargo xtask bench` makes what it needs and starts it; the figures leave as JSON.
//!
//! Runtimes take turns, a few hops each in the tight loop and one hop each at the pace of playing, so that a machine that
//! is busy for a while slows all of them. A runtime whose answers differ from ours is an error, not a peer.

mod ours;
mod python;
mod schedule;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use serde_json::{Map, Value, json};
use songweave_models::mash::{BANDS, FEATURES, PARTS, SONGS, features};
use std::ops::Range;
use std::path::PathBuf;

/// Numbers of one answer: shares `[song][part][band]`, then leads `[part]`.
const ANSWER: usize = SONGS * PARTS * BANDS + PARTS;
/// Runtimes to be measured with, as `session.py` calls them.
const PEERS: [&str; 2] = ["onnxruntime", "tract"];
/// Hops of which the answers are compared: further than attention reaches.
const COMPARED: usize = 400;
/// The largest difference of a share or lead that rounding explains.
const TOLERANCE: f32 = 1e-4;
/// Hops of material, heard over and over.
const MATERIAL: usize = 1000;

/// Features of both songs in one hop.
type Songs = [[f32; FEATURES]; SONGS];

/// Measures the mash network against onnxruntime and tract
#[derive(Parser)]
struct Args {
    /// Weight file
    #[arg(long)]
    weights: PathBuf,
    /// The same network as an ONNX graph of one hop; of several the fastest is taken
    #[arg(long, required = true)]
    graph: Vec<PathBuf>,
    /// A Python that has onnxruntime and tract
    #[arg(long)]
    python: PathBuf,
    /// The script that runs a graph in one of them
    #[arg(long)]
    session: PathBuf,
    /// Folder for what the processes exchange
    #[arg(long)]
    scratch: PathBuf,
    /// Hops of each runtime in the tight loop
    #[arg(long, default_value_t = 4000)]
    hops: usize,
    /// Hops of each runtime at the pace of playing
    #[arg(long, default_value_t = 1000)]
    paced_hops: usize,
}

/// The mash network in some runtime, with its memory of the hops so far.
trait Runtime {
    /// Key of its figures.
    fn name(&self) -> &'static str;

    /// Version and form, for the reader.
    fn describe(&self) -> &str;

    /// The first hops of the material, from silence: `[hop][ANSWER]`. Called once, before anything else.
    fn answers(&mut self, hops: usize) -> Result<Vec<f32>>;

    /// The next hops, over material that begins again when it ends: microseconds of each.
    fn run(&mut self, hops: Range<usize>) -> Result<Vec<f64>>;
}

fn main() -> Result<()> {
    let args = Args::parse();
    let material: Vec<Songs> = (0..MATERIAL).map(heard).collect();
    let mut runtimes: Vec<Box<dyn Runtime + '_>> = vec![Box::new(ours::Ours::new(&args.weights, &material)?)];
    for peer in PEERS {
        runtimes.push(Box::new(python::PythonRuntime::start(peer, &args, &material)?));
    }
    let differences = compare(&mut runtimes)?;
    let tight = schedule::tight(&mut runtimes, args.hops)?;
    let paced = schedule::paced(&mut runtimes, args.paced_hops)?;
    let mut figures = Map::new();
    for (i, runtime) in runtimes.iter().enumerate() {
        let mut entry = json!({
            "runtime": runtime.describe(),
            "tight_us": tight[i].figures(),
            "paced_us": paced[i].figures(),
        });
        if i > 0 {
            entry["largest_difference"] = json!(differences[i]);
            entry["ours_over_it"] = json!({"tight": tight[0].over(&tight[i]), "paced": paced[0].over(&paced[i])});
        }
        figures.insert(runtime.name().to_owned(), entry);
    }
    println!("{:#}", Value::Object(figures));
    Ok(())
}

/// Material that looks like two songs: no two hops are alike.
fn heard(hop: usize) -> Songs {
    std::array::from_fn(|song| {
        let power = std::array::from_fn(|band| (((hop * 7 + band * 13 + song * 5) % 101) as f32 * 1e-2).powi(4));
        features(&power, &[0.1; BANDS])
    })
}

/// Lets all runtimes answer the same hops; the largest difference of each to the first.
fn compare(runtimes: &mut [Box<dyn Runtime + '_>]) -> Result<Vec<f32>> {
    let answers = runtimes.iter_mut().map(|runtime| runtime.answers(COMPARED)).collect::<Result<Vec<_>>>()?;
    let ours = answers.first().context("no runtime")?;
    let mut differences = Vec::new();
    for (runtime, theirs) in runtimes.iter().zip(&answers) {
        let name = runtime.name();
        ensure!(theirs.len() == COMPARED * ANSWER, "{name} gave {} numbers instead of {}", theirs.len(), ours.len());
        let distance = |(ours, theirs): (&f32, &f32)| (ours - theirs).abs();
        let largest = ours.iter().zip(theirs).map(distance).fold(0.0, f32::max);
        let finite = theirs.iter().all(|value| value.is_finite());
        ensure!(
            finite && largest <= TOLERANCE,
            "{name} is no peer: its answers differ by up to {largest:e}; does songweave_training/mash/onnx_graph.py fit models/src/networks/mash/layers.rs?"
        );
        differences.push(largest);
    }
    Ok(differences)
}

//! `cargo xtask screenshot`: the editor as a host shows it, while the demo songs play.

use crate::build::bundle;
use crate::display::Display;
use crate::project;
use anyhow::{Context, Result, ensure};
use cost::Cost;
use songweave_audio::decode::decode;
use songweave_cli::drawing::picture::Picture;
use songweave_host::{Block, Bus, ClapPlugin, ClapProcessor, HostWindow, Transport};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

mod cost;
mod sheet;

/// Frames in a block.
const FRAMES: usize = 512;
/// An editor that drew something has more colours than this.
const DRAWN: usize = 100;
/// Time after which an editor has opened and only draws.
const SETTLED: Duration = Duration::from_secs(2);
/// Time between two turns of the host's main loop.
const TURN: Duration = Duration::from_millis(20);

/// What the command takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the picture goes
    #[arg(long, value_name = "FILE.png")]
    output: Option<PathBuf>,
    /// Size of the editor, 1 to 2
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Seconds of music before the picture is taken
    #[arg(long, default_value_t = 7.0)]
    seconds: f64,
    /// A parameter's value by its name, e.g. Auto=100% (repeatable)
    #[arg(long = "param", value_name = "NAME=VALUE")]
    params: Vec<String>,
    /// The track's music instead of the demo's song A
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// The host's tempo in quarter notes per minute
    #[arg(long, default_value_t = 120.0)]
    tempo: f64,
    /// A place in the editor at size 1 that is clicked on, one a second, e.g. 340,23 for the Listen page (repeatable)
    #[arg(long = "click", value_name = "X,Y", value_parser = place)]
    clicks: Vec<[f64; 2]>,
    /// The size that the host drags the window to, at size 1
    #[arg(long, value_name = "WIDTH,HEIGHT", value_parser = place)]
    window: Option<[f64; 2]>,
    /// No song B
    #[arg(long)]
    alone: bool,
    /// Let the band learn the track's music before
    #[arg(long)]
    learn: bool,
    /// Every page, mode and size instead, each as a picture beside this one, which shows them all
    #[arg(long, value_name = "FILE.png", conflicts_with = "output")]
    sheet: Option<PathBuf>,
    /// Use the X server that is there
    #[arg(long, hide = true)]
    child: bool,
    /// The plugin that a child loads
    #[arg(long, hide = true)]
    bundle: Option<PathBuf>,
}

/// Takes the picture on an X server of its own.
pub(crate) fn run(args: Args) -> Result<()> {
    ensure!((1.0..=2.0).contains(&args.scale), "--scale goes from 1 to 2");
    ensure!((0.0..=60.0).contains(&args.seconds), "--seconds goes from 0 to 60");
    if let Some(sheet) = &args.sheet {
        return sheet::run(sheet);
    }
    let output = args.output.clone().unwrap_or_else(|| project::root().join("docs/editor.png"));
    if let (true, Some(bundle)) = (args.child, &args.bundle) {
        return take(bundle, &output, &args);
    }
    let bundles = bundle::current()?;
    if let Some(folder) = output.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let display = Display::start()?;
    let mut command = display.own_command()?;
    let [scale, seconds, tempo] = [args.scale, args.seconds, args.tempo].map(|number| number.to_string());
    command.args(["screenshot", "--child", "--bundle"]).arg(&bundles.clap);
    command.args(["--scale", &scale, "--seconds", &seconds, "--tempo", &tempo]);
    command.args(args.input.iter().flat_map(|input| ["--input".as_ref(), input.as_os_str()]));
    command.args(args.clicks.iter().flat_map(|[x, y]| ["--click".to_owned(), format!("{x},{y}")]));
    command.args(args.window.iter().flat_map(|[x, y]| ["--window".to_owned(), format!("{x},{y}")]));
    command.args(args.alone.then_some("--alone"));
    command.args(args.learn.then_some("--learn"));
    command.args(args.params.iter().flat_map(|param| ["--param", param]));
    project::run(command.arg("--output").arg(&output))?;
    println!("{}", output.display());
    Ok(())
}

fn take(bundle: &Path, output: &Path, args: &Args) -> Result<()> {
    let (id, _) = ClapPlugin::list(bundle)?.into_iter().next().context("the bundle holds no plugin")?;
    let mut plugin = ClapPlugin::load(bundle, &id)?;
    for param in &args.params {
        set(&mut plugin, param)?;
    }
    let songs = Arc::new(songs(args.input.as_deref(), args.alone)?);
    if args.learn {
        learn(&mut plugin, &songs, args.tempo)?;
    }
    let processor = plugin.activate(songs.rate.into(), FRAMES as u32)?;
    let mut window = HostWindow::open(640, 480)?;
    let (width, height) = plugin.open_editor(window.id(), args.scale)?;
    window.resize(width.try_into()?, height.try_into()?)?;
    if let Some(size) = args.window {
        let [width, height] = size.map(|side| (side * args.scale) as u32);
        let (width, height) = plugin.resize_editor(width, height)?;
        window.resize(width.try_into()?, height.try_into()?)?;
    }
    let buses = Buses::of(&mut plugin);
    let (seconds, tempo) = (args.seconds, args.tempo);
    let audio = thread::spawn(move || play(processor, &songs, buses, (seconds, tempo), Pace::Clock));
    let mut clicks = (1..).zip(&args.clicks).peekable();
    let opened = Instant::now();
    let mut cost = None;
    while !audio.is_finished() {
        plugin.idle();
        window.idle();
        if let Some((_, [x, y])) = clicks.next_if(|(second, _)| opened.elapsed() > Duration::from_secs(*second)) {
            window.click((x * args.scale) as i16, (y * args.scale) as i16)?;
        }
        if cost.is_none() && opened.elapsed() > SETTLED {
            cost = Some(Cost::begin());
        }
        sleep(TURN);
    }
    if let Some(told) = cost.and_then(|cost| cost.told()) {
        println!("{told}");
    }
    let (width, height, rows) = window.picture()?;
    let picture = Picture::from_rows(width, height, rows).context("the window has fewer pixels than it says")?;
    ensure!(picture.colours() > DRAWN, "the editor drew nothing");
    picture.write(output)?;
    plugin.close_editor();
    plugin.deactivate(audio.join().ok().context("the audio thread panicked")??);
    Ok(())
}

/// The band learns song A, as fast as it can.
fn learn(plugin: &mut ClapPlugin, songs: &Songs, tempo: f64) -> Result<()> {
    set(plugin, "Learn=On")?;
    plugin.set_offline(true)?;
    let processor = plugin.activate(songs.rate.into(), FRAMES as u32)?;
    let seconds = songs.a.len() as f64 / f64::from(songs.rate);
    let processor = play(processor, songs, Buses::of(plugin), (seconds, tempo), Pace::Offline)?;
    plugin.deactivate(processor);
    plugin.set_offline(false)?;
    set(plugin, "Learn=Off")
}

/// Two numbers with a comma between them.
fn place(text: &str) -> Result<[f64; 2], String> {
    let numbers: Vec<f64> = text.split(',').filter_map(|number| number.trim().parse().ok()).collect();
    numbers.try_into().map_err(|_| "takes two numbers with a comma between them, as in 340,23".to_owned())
}

/// Sets a parameter by `NAME=VALUE`.
fn set(plugin: &mut ClapPlugin, param: &str) -> Result<()> {
    let (name, text) = param.split_once('=').with_context(|| format!("\"{param}\" does not look like NAME=VALUE"))?;
    let known = plugin.parameters();
    let info = known.iter().find(|info| info.name == name).with_context(|| format!("no parameter is called {name}"))?;
    let value = plugin.parse(info.id, text).with_context(|| format!("{name} cannot be {text}"))?;
    Ok(plugin.set_value(info.id, value)?)
}

/// The demo songs, mono.
struct Songs {
    rate: u32,
    a: Vec<f32>,
    b: Vec<f32>,
}

fn songs(input: Option<&Path>, alone: bool) -> Result<Songs> {
    let demo = project::root().join("tests/fixtures/demo");
    let a = decode(input.unwrap_or(&demo.join("song_a.flac")))?;
    let rate = a.rate;
    let [a, _] = a.into_stereo();
    // Only the demo's own songs belong together.
    let b = if input.is_none() && !alone {
        decode(&demo.join("song_b.flac"))?.into_stereo()[0].clone()
    } else {
        Vec::new()
    };
    Ok(Songs { rate, a, b })
}

/// What goes into the plugin and comes out of it.
struct Buses {
    inputs: Vec<Bus>,
    outputs: Vec<Bus>,
}

impl Buses {
    /// Silence for all ports.
    fn of(plugin: &mut ClapPlugin) -> Self {
        let [inputs, outputs] =
            [true, false].map(|inputs| plugin.ports(inputs).iter().map(|port| port.silence(FRAMES)).collect());
        Self { inputs, outputs }
    }
}

/// How fast is played.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    Clock,
    Offline,
}

fn play(
    mut processor: ClapProcessor,
    songs: &Songs,
    Buses { mut inputs, mut outputs }: Buses,
    (seconds, tempo): (f64, f64),
    pace: Pace,
) -> Result<ClapProcessor> {
    let started = Instant::now();
    let end = (seconds * f64::from(songs.rate)) as usize;
    let mut events_out = Vec::new();
    for start in (0..end).step_by(FRAMES) {
        for (bus, song) in inputs.iter_mut().zip([&songs.a, &songs.b]) {
            for channel in bus {
                channel.fill(0.0);
                let samples = song.get(start..song.len().min(start + FRAMES)).unwrap_or_default();
                channel[..samples.len()].copy_from_slice(samples);
            }
        }
        let transport = Transport { position: start as u64, tempo, ..Transport::default() };
        processor.process(&mut Block {
            frames: FRAMES,
            inputs: &mut inputs,
            outputs: &mut outputs,
            events: &[],
            transport: Some(transport),
            events_out: &mut events_out,
        })?;
        events_out.clear();
        let due = Duration::from_secs_f64((start + FRAMES) as f64 / f64::from(songs.rate));
        if pace == Pace::Clock {
            sleep(due.saturating_sub(started.elapsed()));
        }
    }
    Ok(processor)
}

//! `cargo xtask stress`: the VST3 in a bare host that makes and destroys instances, opens and closes editors and moves
//! parameters all at once, each run in a process of its own. Counts the runs that die.

use crate::build::bundle;
use crate::display::Display;
use crate::threads;
use anyhow::{Context, Result, ensure};
use songweave_host::{
    Block, Event, EventKind, HostWindow, ParameterInfo, Vst3Editor, Vst3Plugin, Vst3Processor, Vst3Setup,
};
use songweave_score::random::Random;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

/// Frames in a block of the stressed plugin.
const FRAMES: usize = 256;
/// Instances a run makes one after the other, two of them alive at a time.
const INSTANCES: usize = 10;
/// Turns of the host's main loop that an instance lives.
const TURNS: usize = 24;

/// What the command takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Number of runs
    #[arg(long, default_value_t = 20)]
    runs: usize,
    /// The .vst3 to be stressed; without it target/bundled/Songweave.vst3
    #[arg(long)]
    bundle: Option<PathBuf>,
    /// Be one of the runs
    #[arg(long, hide = true)]
    child: Option<u64>,
}

/// Runs the stress test; fails when a run dies.
pub(crate) fn run(args: Args) -> Result<()> {
    let bundle = args.bundle.map_or_else(|| bundle::current().map(|bundles| bundles.vst3), Ok)?;
    match args.child {
        Some(seed) => child(&bundle, seed),
        None => parent(&bundle, args.runs),
    }
}

fn parent(bundle: &Path, runs: usize) -> Result<()> {
    let display = Display::start()?;
    let mut died = 0;
    for seed in 0..runs {
        let mut command = display.own_command()?;
        command.args(["stress", "--child", &seed.to_string(), "--bundle"]).arg(bundle);
        let output = command.stdout(Stdio::null()).stderr(Stdio::piped()).output().context("cannot run a child")?;
        if !output.status.success() {
            died += 1;
            let said = String::from_utf8_lossy(&output.stderr);
            let reason = said.lines().find(|line| line.contains("panicked") || line.contains("error")).unwrap_or("");
            println!("run {seed}: {} {reason}", output.status);
        }
    }
    println!("{died} of {runs} runs died");
    ensure!(died == 0, "{died} of {runs} runs of the VST3 stress test died");
    Ok(())
}

/// Threads of editors' windows that run in this process, with those that their OpenGL starts under the same name; on Linux
/// windows have threads of their own.
fn window_threads() -> usize {
    threads::all().filter(|thread| thread.name.starts_with("baseview-window") && !thread.exits).count()
}

/// One instance with its audio thread and its editor.
struct Stressed {
    editor: Option<Vst3Editor>,
    stop: Arc<AtomicBool>,
    audio: JoinHandle<Vst3Processor>,
    plugin: Vst3Plugin,
    parameters: Vec<ParameterInfo>,
    window: HostWindow,
    run_loop: bool,
}

fn child(bundle: &Path, seed: u64) -> Result<()> {
    let names = Vst3Plugin::list(bundle)?;
    let mut random = Random::new(seed);
    let mut alive: Vec<Stressed> = Vec::new();
    for instance in 0..INSTANCES {
        alive.push(Stressed::start(bundle, &names[instance % names.len()], instance % 3 != 2)?);
        for _ in 0..TURNS {
            for stressed in &mut alive {
                stressed.turn(&mut random)?;
            }
            let open = alive.iter().filter(|stressed| stressed.editor.is_some()).count();
            ensure!(open > 0 || window_threads() == 0, "the thread of a closed editor runs on");
            sleep(Duration::from_millis(5));
        }
        if alive.len() > 1 {
            alive.remove(0).end()?;
        }
    }
    alive.into_iter().try_for_each(Stressed::end)
}

impl Stressed {
    fn start(bundle: &Path, name: &str, run_loop: bool) -> Result<Self> {
        let mut plugin = Vst3Plugin::load(bundle, name)?;
        let parameters: Vec<_> = plugin.parameters().into_iter().filter(|parameter| parameter.automatable).collect();
        let processor = plugin.activate(&Vst3Setup { max_block: FRAMES as u32, ..Vst3Setup::default() })?;
        let stop = Arc::new(AtomicBool::new(false));
        let buses = (plugin.silence(true, FRAMES), plugin.silence(false, FRAMES));
        let ids = parameters.iter().map(|parameter| parameter.id).collect();
        let audio = spawn({
            let stop = stop.clone();
            move || play(processor, buses, ids, &stop)
        });
        let window = HostWindow::open(900, 700)?;
        let editor = Some(plugin.open_editor(window.id(), run_loop)?);
        Ok(Self { editor, stop, audio, plugin, parameters, window, run_loop })
    }

    /// One turn of the host's main loop.
    fn turn(&mut self, random: &mut Random) -> Result<()> {
        for parameter in &self.parameters {
            self.plugin.set_value(parameter.id, random.unit().into());
        }
        match &self.editor {
            Some(_) if random.unit() < 0.06 => self.editor = None,
            Some(editor) => editor.idle(),
            None if random.unit() < 0.2 => {
                self.editor = Some(self.plugin.open_editor(self.window.id(), self.run_loop)?);
            }
            None => {}
        }
        Ok(())
    }

    fn end(mut self) -> Result<()> {
        self.editor = None;
        self.stop.store(true, Ordering::Release);
        let processor = self.audio.join().ok().context("the audio thread panicked")?;
        self.plugin.deactivate(processor);
        // As hosts do: the controller is still moved after the audio has ended.
        for parameter in &self.parameters {
            self.plugin.set_value(parameter.id, parameter.default);
        }
        Ok(())
    }
}

type Buses = (Vec<songweave_host::Bus>, Vec<songweave_host::Bus>);

/// The audio thread: every parameter moves in every block.
fn play(mut processor: Vst3Processor, mut buses: Buses, ids: Vec<u32>, stop: &AtomicBool) -> Vst3Processor {
    let mut random = Random::new(1);
    while !stop.load(Ordering::Acquire) {
        let mut moved =
            |id: &u32| Event { time: 0, kind: EventKind::Parameter { id: *id, value: random.unit().into() } };
        let events: Vec<Event> = ids.iter().map(&mut moved).collect();
        let mut events_out = Vec::new();
        let mut block = Block {
            frames: FRAMES,
            inputs: &mut buses.0,
            outputs: &mut buses.1,
            events: &events,
            transport: None,
            events_out: &mut events_out,
        };
        // A refused block is no reason to stop; only a dead process counts.
        let _ = processor.process(&mut block);
        sleep(Duration::from_millis(1));
    }
    processor
}

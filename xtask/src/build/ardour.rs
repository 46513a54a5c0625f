//! `cargo xtask ardour`: a bounce of the VST3 with a side-chain in Ardour 7, compared with a render of our own, and the band's
//! notes as Ardour records them. Opt-in, since Ardour's exporter crashes now and then by itself.

mod midi;

use crate::build::{bundle, tools};
use crate::{files, project};
use anyhow::{Context, Result, bail, ensure};
use songweave_audio::decode::{Audio, decode};
use songweave_audio::write::write_wav;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Debian's folder of Ardour.
const LIBRARY: &str = "/usr/lib/ardour7";
/// Ardour counts time in this many ticks a second.
const TICKS: u64 = 282_240_000;
/// The exporter is started again at most so often.
const ATTEMPTS: usize = 5;
/// Hops fall at other places in Ardour than in the render, so the bounces are close, not equal. In dB.
const CLOSE: f64 = -20.0;

/// Bounces in Ardour and compares.
pub(crate) fn run() -> Result<()> {
    for program in ["ardour7-lua", "ardour7-export"] {
        tools::require(program, "ardour")?;
    }
    let bundles = bundle::current()?;
    let work = Work { folder: project::target().join("ardour") };
    work.prepare(&bundles.vst3)?;
    bounce(&work)?;
    midi::record(&work)
}

/// Bounces a mash and compares.
fn bounce(work: &Work) -> Result<()> {
    let songs = ["song_a.flac", "song_b.flac"].map(|name| project::root().join("tests/fixtures/demo").join(name));
    let [a, b] = [decode(&songs[0])?, decode(&songs[1])?];
    let latency = work.make_session("session.lua", "mash", &[("A", &a), ("B", &b)])?;
    let bounced = decode(&work.export("mash")?)?;
    let late = work.folder.join("b_late.wav");
    write_wav(&late, &delayed(&b, latency))?;
    let rendered = work.render(&songs[0], &late)?;
    let residual = residual(&bounced, &rendered);
    println!("latency {latency}; Ardour hands over the side-chain that much late");
    println!("Ardour's bounce against a render with such a side-chain: residual {residual:.1} dB");
    ensure!(residual < CLOSE, "Ardour's bounce is another one than the render");
    Ok(())
}

/// A folder with a home of its own for Ardour.
struct Work {
    folder: PathBuf,
}

impl Work {
    fn prepare(&self, vst3: &Path) -> Result<()> {
        if self.folder.exists() {
            std::fs::remove_dir_all(&self.folder).context("cannot empty the folder of an earlier bounce")?;
        }
        let installed = self.folder.join(".vst3").join(vst3.file_name().context("a bundle without a name")?);
        for file in files::below(vst3, &|_| true)? {
            files::copy_by_rename(&file, &installed.join(file.strip_prefix(vst3)?))?;
        }
        // Ardour takes a scan for outdated that is no younger than the plugin, in whole seconds.
        std::thread::sleep(Duration::from_secs(2));
        let mut scan = self.command(&format!("{LIBRARY}/ardour-vst3-scanner"));
        project::run(scan.args(["--force", "--quiet"]).arg(&installed))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("HOME", &self.folder).env("XDG_CONFIG_HOME", self.folder.join("config"));
        command.env("XDG_CACHE_HOME", self.folder.join(".cache"));
        command.env("LD_LIBRARY_PATH", LIBRARY).env("ARDOUR_DLL_PATH", LIBRARY);
        command.env("ARDOUR_DATA_PATH", "/usr/share/ardour7").env("ARDOUR_CONFIG_PATH", "/etc/ardour7");
        command
    }

    /// Makes a session, lays sounds on its tracks, and returns the latency that Ardour sees.
    fn make_session(&self, script: &str, name: &str, tracks: &[(&str, &Audio)]) -> Result<usize> {
        let rate = tracks.first().context("no track")?.1.rate;
        let folder = self.folder.join(name);
        let said = self.lua(script, name, &rate.to_string())?;
        let latency = said.lines().find_map(|line| line.strip_prefix("latency ")?.parse().ok());
        let latency = latency.with_context(|| format!("Ardour made no session: {}", said.trim()))?;
        let sounds = folder.join("interchange").join(name).join("audiofiles");
        std::fs::create_dir_all(&sounds)?;
        for (track, sound) in tracks {
            write_wav(&sounds.join(file(track)), sound)?;
        }
        let file = folder.join(format!("{name}.ardour"));
        let empty = std::fs::read_to_string(&file).context("Ardour saved no session")?;
        std::fs::write(&file, with_sounds(&empty, tracks)?)?;
        Ok(latency)
    }

    /// Runs a script on a session; returns what it said.
    fn lua(&self, script: &str, name: &str, argument: &str) -> Result<String> {
        let script = project::root().join("tests/ardour").join(script);
        let mut lua = self.command("ardour7-lua");
        let output = lua.arg(script).arg(self.folder.join(name)).args([name, argument]).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn export(&self, name: &str) -> Result<PathBuf> {
        let sound = self.folder.join("bounce.wav");
        for _ in 0..ATTEMPTS {
            let mut export = self.command("ardour7-export");
            export.args(["--bitdepth", "float", "--output"]).arg(&sound).arg(self.folder.join(name)).arg(name);
            // Judged by the file: the exporter may crash after it has written it.
            export.output().context("ardour7-export cannot be run")?;
            if sound.is_file() {
                return Ok(sound);
            }
        }
        bail!("Ardour's exporter wrote nothing in {ATTEMPTS} attempts")
    }

    fn render(&self, a: &Path, b: &Path) -> Result<Audio> {
        let output = self.folder.join("render.wav");
        let mut render = Command::new(std::env::current_exe()?);
        render.arg("render").arg("--input").arg(a).arg("--sidechain").arg(b).arg("--output").arg(&output);
        project::run(&mut render)?;
        Ok(decode(&output)?)
    }
}

/// The file of a track's sound.
fn file(track: &str) -> String {
    format!("{}.wav", track.to_lowercase())
}

/// The session with a sound on each track from its start on, heard by its first channel.
fn with_sounds(session: &str, tracks: &[(&str, &Audio)]) -> Result<String> {
    let length = |sound: &Audio| sound.samples() as u64 * TICKS / u64::from(sound.rate);
    let end = tracks.iter().map(|(_, sound)| length(sound)).max().unwrap_or(0);
    let mut session = session.to_owned();
    let mut replace = |find: &str, with: String| -> Result<()> {
        ensure!(session.matches(find).count() == 1, "Ardour writes sessions in another form: no single {find}");
        session = session.replace(find, &with);
        Ok(())
    };
    let range =
        format!("<Location id=\"9900\" name=\"session\" start=\"a0\" end=\"a{end}\" flags=\"IsSessionRange\"/>");
    replace("<Locations/>", format!("<Locations>{range}</Locations>"))?;
    let mut sources = String::new();
    for (number, (track, _)) in tracks.iter().enumerate() {
        let (source, file) = (9000 + number, file(track));
        sources += &format!(
            "<Source name=\"{file}\" type=\"audio\" flags=\"\" id=\"{source}\" channel=\"0\" origin=\"{file}\" gain=\"1\"/>"
        );
    }
    replace("<Sources/>", format!("<Sources>{sources}</Sources>"))?;
    for (number, (track, sound)) in tracks.iter().enumerate() {
        let line =
            session.lines().find(|line| line.contains("<Playlist ") && line.contains(&format!("name=\"{track}\"")));
        let line = line.with_context(|| format!("Ardour made no playlist for track {track}"))?.to_owned();
        let region = format!(
            "<Region name=\"{track}\" opaque=\"1\" start=\"a0\" length=\"a{length}@a0\" layering-index=\"0\" id=\"{}\" \
             type=\"audio\" source-0=\"{source}\" master-source-0=\"{source}\" channels=\"1\" fade-in-active=\"0\" \
             fade-out-active=\"0\" scale-amplitude=\"1\"/>",
            9100 + number,
            length = length(sound),
            source = 9000 + number,
        );
        session = session.replace(&line, &line.replace("/>", &format!(">{region}</Playlist>")));
    }
    Ok(session)
}

fn delayed(audio: &Audio, samples: usize) -> Audio {
    let late = |channel: &Vec<f32>| [vec![0.0; samples], channel.clone()].concat();
    Audio { rate: audio.rate, channels: audio.channels.iter().map(late).collect() }
}

/// What is left of the bounce's left channel when the render is taken from it, in dB of the bounce.
fn residual(bounced: &Audio, rendered: &Audio) -> f64 {
    let pairs = || bounced.channels[0].iter().zip(&rendered.channels[0]).map(|(b, r)| (f64::from(*b), f64::from(*r)));
    let rest: f64 = pairs().map(|(b, r)| (b - r).powi(2)).sum();
    let all: f64 = pairs().map(|(b, _)| b * b).sum();
    if all > 0.0 { 10.0 * (rest / all).log10() } else { 0.0 }
}

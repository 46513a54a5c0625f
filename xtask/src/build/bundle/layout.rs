//! What a plugin bundle looks like on each system.

use super::icon;
use crate::build::target::Target;
use crate::{files, project};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use toml::Table;

/// What hosts of VST3 may read in place of asking the plugin; a test holds it to what the plugin answers.
const MODULE_INFO: &str = include_str!("moduleinfo.json");

/// The icon of a bundle for macOS.
const APPLE_ICON: &str = "Songweave.icns";
/// What tells Windows which icon a folder has; it looks for it where the folder may not be written to.
const FOLDER_ICON: &str = "[.ShellClassInfo]\r\nIconResource=PlugIn.ico,0\r\n";

/// The two bundles of a build.
#[derive(Debug)]
pub(crate) struct Bundles {
    /// The CLAP: a file, on macOS a folder.
    pub(crate) clap: PathBuf,
    /// The VST3: a folder.
    pub(crate) vst3: PathBuf,
    target: Target,
}

impl Bundles {
    /// The bundles for a system in `folder`, whether they exist or not.
    pub(crate) fn at(folder: &Path, target: &Target) -> Result<Self> {
        let (name, target) = (name()?, target.clone());
        Ok(Self { clap: folder.join(format!("{name}.clap")), vst3: folder.join(format!("{name}.vst3")), target })
    }

    /// Writes both bundles around the dynamic library.
    pub(super) fn write(&self, library: &Path) -> Result<()> {
        for (bundle, inside) in [(&self.clap, self.clap_binary()), (&self.vst3, self.vst3_binary())] {
            // A host that has the old library open keeps it: the new one is another file.
            files::copy_by_rename(library, &inside?)?;
            if self.target.os == "macos" {
                write_plist(bundle)?;
                files::write_if_changed(&bundle.join("Contents/Resources").join(APPLE_ICON), &icon::icns()?)?;
            }
        }
        if self.target.os == "windows" {
            files::write_if_changed(&self.vst3.join("PlugIn.ico"), &icon::ico()?)?;
            files::write_if_changed(&self.vst3.join("desktop.ini"), FOLDER_ICON.as_bytes())?;
        }
        let about = MODULE_INFO.replace("{version}", env!("CARGO_PKG_VERSION"));
        files::write_if_changed(&self.vst3.join("Contents/Resources/moduleinfo.json"), about.as_bytes())
    }

    fn clap_binary(&self) -> Result<PathBuf> {
        Ok(if self.target.os == "macos" { macos_binary(&self.clap)? } else { self.clap.clone() })
    }

    fn vst3_binary(&self) -> Result<PathBuf> {
        let Target { os, arch, .. } = &self.target;
        let stem = self.vst3.file_stem().context("a bundle without a name")?;
        let contents = self.vst3.join("Contents");
        Ok(match *os {
            "macos" => macos_binary(&self.vst3)?,
            "windows" => contents.join(format!("{arch}-win")).join(stem).with_extension("vst3"),
            _ => contents.join(format!("{arch}-linux")).join(stem).with_extension("so"),
        })
    }
}

/// The bundles' name from `bundler.toml`.
fn name() -> Result<String> {
    let path = project::root().join("bundler.toml");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let table: Table = text.parse().with_context(|| format!("{} is damaged", path.display()))?;
    let name = table.get("songweave").and_then(|names| names.get("name")?.as_str());
    Ok(name.with_context(|| format!("{} has no songweave.name", path.display()))?.to_owned())
}

fn macos_binary(bundle: &Path) -> Result<PathBuf> {
    Ok(bundle.join("Contents/MacOS").join(bundle.file_stem().context("a bundle without a name")?))
}

/// The two files that make a folder a bundle for macOS.
fn write_plist(bundle: &Path) -> Result<()> {
    let name = bundle.file_stem().context("a bundle without a name")?.to_string_lossy();
    let version = env!("CARGO_PKG_VERSION");
    let entries = [
        ("CFBundleExecutable", name.as_ref()),
        ("CFBundleIconFile", APPLE_ICON),
        ("CFBundleIdentifier", "org.songweave.plugin"),
        ("CFBundleName", name.as_ref()),
        ("CFBundlePackageType", "BNDL"),
        ("CFBundleShortVersionString", version),
        ("CFBundleVersion", version),
        ("NSHighResolutionCapable", "true"),
    ];
    let entries: String =
        entries.iter().map(|(key, value)| format!("  <key>{key}</key><string>{value}</string>\n")).collect();
    let plist = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">\n<dict>\n{entries}</dict>\n</plist>\n"
    );
    std::fs::write(bundle.join("Contents/Info.plist"), plist)?;
    std::fs::write(bundle.join("Contents/PkgInfo"), "BNDL????")?;
    Ok(())
}

//! Where the plugin is that renders: beside the program, or where hosts look for plugins.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use songweave_cli::render::Installed;

/// The plugin's file.
const BUNDLE: &str = "Songweave.clap";

/// The plugin that is named, or the one that is installed.
///
/// # Errors
/// None is; says where one belongs.
pub(crate) fn installed(named: Option<&Path>) -> Result<Installed> {
    if let Some(clap) = named {
        return Ok(Installed { clap: clap.to_owned(), studio: None });
    }
    let folders = folders();
    let clap = folders.iter().map(|folder| folder.join(BUNDLE)).find(|bundle| bundle.exists());
    let shown = || folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ");
    let clap =
        clap.with_context(|| format!("{BUNDLE} is in none of {}; put it there or name it with --bundle", shown()))?;
    Ok(Installed { clap, studio: None })
}

/// Where it is looked, in order: the CLAP standard's places after the program's own.
fn folders() -> Vec<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let program = std::env::current_exe().ok().and_then(|path| path.parent().map(Path::to_owned));
    let named = std::env::var_os("CLAP_PATH").map(|paths| std::env::split_paths(&paths).collect::<Vec<_>>());
    let standard = match std::env::consts::OS {
        "macos" => [
            variable("HOME").map(|home| home.join("Library/Audio/Plug-Ins/CLAP")),
            Some("/Library/Audio/Plug-Ins/CLAP".into()),
        ],
        "windows" => [
            variable("LOCALAPPDATA").map(|folder| folder.join("Programs/Common/CLAP")),
            variable("COMMONPROGRAMFILES").map(|folder| folder.join("CLAP")),
        ],
        _ => [variable("HOME").map(|home| home.join(".clap")), Some("/usr/lib/clap".into())],
    };
    program.into_iter().chain(named.into_iter().flatten()).chain(standard.into_iter().flatten()).collect()
}

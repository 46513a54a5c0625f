//! An X server without a screen, for everything that opens the plugin's editor.

use crate::build::tools;
use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A running Xvfb without a window manager; ended when dropped.
pub(crate) struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// Starts an X server on a free display.
    pub(crate) fn start() -> Result<Self> {
        tools::require_display()?;
        // With no program left it would begin anew, and lose the one that connects just then.
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "2560x1600x24", "-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("Xvfb cannot be run")?;
        let output = server.stdout.take().context("Xvfb has no output")?;
        let mut number = String::new();
        BufReader::new(output).read_line(&mut number).context("Xvfb said nothing")?;
        ensure!(!number.trim().is_empty(), "Xvfb found no free display");
        Ok(Self { server, name: format!(":{}", number.trim()) })
    }

    /// This very program once more, on this display: the editor reads the display's name from its environment.
    pub(crate) fn own_command(&self) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe().context("this program cannot be found")?);
        self.show(&mut command);
        Ok(command)
    }

    /// What each window on this display shows: width, height, and 8-bit RGB rows from the top.
    #[cfg(target_os = "linux")]
    pub(crate) fn pictures(&self) -> Result<Vec<(u32, u32, Vec<u8>)>> {
        Ok(songweave_host::pictures(&self.name)?)
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn pictures(&self) -> Result<Vec<(u32, u32, Vec<u8>)>> {
        anyhow::bail!("only on Linux can be seen what programs show on {}", self.name)
    }

    /// Lets a program open its windows on this display.
    pub(crate) fn show(&self, command: &mut Command) {
        command.env("DISPLAY", &self.name).env("LIBGL_ALWAYS_SOFTWARE", "1");
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

//! The system's own dialogs for files, asked on a thread of their own: the editor draws on meanwhile.

use std::{
    path::{Path, PathBuf},
    sync::{
        Once,
        mpsc::{Receiver, TryRecvError, channel},
    },
    thread::Builder,
    time::{Duration, Instant},
};

use egui::Context;

/// How long an answer may lie before the editor looks for it.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Nobody closes a dialog as soon as this after it was asked for.
const SOONEST: Duration = Duration::from_millis(250);
/// What is told then.
pub const MISSING: &str = "The system opened no dialog for files; on Linux it takes xdg-desktop-portal or zenity.";

/// What comes back from a dialog, `None` when it was closed without a file.
type Answer = Option<Result<PathBuf, &'static str>>;

/// A file that the user is asked for, and what it is for.
#[derive(Debug)]
pub struct FileDialog<T> {
    /// What comes back from the dialog that is open.
    open: Option<(T, Receiver<Answer>)>,
}

impl<T> Default for FileDialog<T> {
    /// No dialog is open.
    fn default() -> Self {
        Self { open: None }
    }
}

/// A file to be written.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// What stands above the dialog.
    pub title: &'a str,
    /// The name that is offered.
    pub name: &'a str,
    /// The folder that the dialog begins in, where it is there.
    pub folder: Option<&'a Path>,
    /// What the files are, and how their names may end.
    pub kinds: &'a [(&'a str, &'a str)],
}

impl<T> FileDialog<T> {
    /// Asks for a file that is there, whose name ends so.
    pub fn open(&mut self, title: &str, (kind, ending): (&str, &str), purpose: T) {
        let dialog = rfd::FileDialog::new().set_title(title).add_filter(kind, &[ending]);
        self.ask(purpose, move || dialog.pick_file());
    }

    /// Asks for a file to be written.
    pub fn save(&mut self, wanted: &Wanted<'_>, purpose: T) {
        let mut dialog = rfd::FileDialog::new().set_title(wanted.title).set_file_name(wanted.name);
        for (kind, ending) in wanted.kinds {
            dialog = dialog.add_filter(*kind, &[ending]);
        }
        if let Some(folder) = wanted.folder.filter(|folder| folder.is_dir()) {
            dialog = dialog.set_directory(folder);
        }
        self.ask(purpose, move || dialog.save_file());
    }

    /// Asks on another thread, unless a question is open.
    pub(super) fn ask(&mut self, purpose: T, question: impl FnOnce() -> Option<PathBuf> + Send + 'static) {
        if self.open.is_some() {
            return;
        }
        stay_loaded();
        let (sender, receiver) = channel();
        let asked = Builder::new().name("songweave-dialog".to_owned()).spawn(move || {
            let begun = Instant::now();
            let failed = || (begun.elapsed() < SOONEST).then_some(Err(MISSING));
            // The editor may be gone by the time of the answer.
            _ = sender.send(question().map(Ok).or_else(failed));
        });
        if asked.is_ok() {
            self.open = Some((purpose, receiver));
        }
    }

    /// What the user has chosen and what for, or why there was nothing to choose, once; to be called for every picture.
    pub fn answer(&mut self, context: &Context) -> Option<(T, Result<PathBuf, &'static str>)> {
        let (_, receiver) = self.open.as_ref()?;
        let answer = match receiver.try_recv() {
            Err(TryRecvError::Empty) => {
                context.request_repaint_after(LOOK_EVERY);
                return None;
            }
            Ok(answer) => answer,
            Err(TryRecvError::Disconnected) => None,
        };
        let (purpose, _) = self.open.take()?;
        answer.map(|path| (purpose, path))
    }
}

/// Keeps this code in memory to the end of the host: a dialog may outlive the plugin that asked.
fn stay_loaded() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let Some(file) = songweave_device::own_file() else { return };
        // SAFETY: the library is loaded already, so nothing of it runs anew.
        if let Ok(library) = unsafe { libloading::Library::new(file) } {
            std::mem::forget(library);
        }
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What comes back, waited for.
    fn answer(dialog: &mut FileDialog<&'static str>) -> Option<(&'static str, Result<PathBuf, &'static str>)> {
        let thread = dialog.open.as_ref().map(|(_, receiver)| receiver.recv());
        let (sender, again) = channel();
        if let Some(Ok(said)) = thread {
            sender.send(said).unwrap();
        }
        drop(sender);
        dialog.open.as_mut().unwrap().1 = again;
        dialog.answer(&Context::default())
    }

    #[test]
    fn an_answer_comes_once_and_a_cancelled_dialog_can_be_opened_again() {
        let mut dialog = FileDialog::default();
        assert_eq!(dialog.answer(&Context::default()), None);
        let (go, wait) = channel::<()>();
        dialog.ask("sheet", move || {
            _ = wait.recv();
            Some("/song.pdf".into())
        });
        assert_eq!(dialog.answer(&Context::default()), None, "nobody waits for the user");
        dialog.ask("other", || Some("/other.pdf".into()));
        go.send(()).unwrap();
        assert_eq!(answer(&mut dialog), Some(("sheet", Ok("/song.pdf".into()))), "one question at a time");
        assert_eq!(dialog.answer(&Context::default()), None);
        dialog.ask("sheet", || {
            std::thread::sleep(2 * SOONEST);
            None
        });
        assert_eq!(answer(&mut dialog), None, "the user closed it");
        dialog.ask("sheet", || None);
        assert_eq!(answer(&mut dialog), Some(("sheet", Err(MISSING))), "there was none");
        dialog.ask("sheet", || panic!("a dialog that fails"));
        assert_eq!(answer(&mut dialog), None);
        dialog.ask("sheet", || Some("/song.txt".into()));
        assert_eq!(answer(&mut dialog), Some(("sheet", Ok("/song.txt".into()))));
    }
}

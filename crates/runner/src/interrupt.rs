//! Ctrl-C and SIGTERM. While a sweep runs, the first one asks it to stop: nothing new is begun, what runs is finished and
//! written. The second one ends the process at once; what is committed is on the disk already. At any other time
//! the first one ends the process at once.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// What stands before the number of a signal in an exit code, as shells have it.
const SIGNAL_EXIT: i32 = 128;

/// What the handlers of the signals set.
#[derive(Debug)]
struct Watch {
    /// Whether the next signal ends the process at once.
    at_once: Arc<AtomicBool>,
    /// The signal that came while it did not; 0 if none did.
    seen: Arc<AtomicUsize>,
}

/// Lasts as long as a signal is a request.
#[derive(Debug)]
pub struct Interrupt(&'static Watch);

impl Interrupt {
    /// From now on the first signal is a request.
    pub fn watch() -> io::Result<Self> {
        static WATCH: OnceLock<Watch> = OnceLock::new();
        let watch = if let Some(watch) = WATCH.get() {
            watch
        } else {
            let new = Watch::register()?;
            WATCH.get_or_init(|| new)
        };
        watch.at_once.store(false, Ordering::SeqCst);
        Ok(Self(watch))
    }

    /// The exit code that the signal asks for, once there was one.
    pub fn requested(&self) -> Option<u8> {
        let signal = i32::try_from(self.0.seen.load(Ordering::SeqCst)).unwrap_or(0);
        (signal != 0).then(|| u8::try_from(SIGNAL_EXIT + signal).unwrap_or(u8::MAX))
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.0.at_once.store(true, Ordering::SeqCst);
    }
}

impl Watch {
    fn register() -> io::Result<Self> {
        let watch = Self { at_once: Arc::new(AtomicBool::new(true)), seen: Arc::default() };
        for signal in [SIGINT, SIGTERM] {
            // Handlers run in the order of registration: this one looks at the flag before the next one sets it.
            flag::register_conditional_shutdown(signal, SIGNAL_EXIT + signal, Arc::clone(&watch.at_once))?;
            flag::register(signal, Arc::clone(&watch.at_once))?;
            flag::register_usize(signal, Arc::clone(&watch.seen), usize::try_from(signal).unwrap_or(0))?;
        }
        Ok(watch)
    }
}

//! Named steps at which a test kills its own process, or makes it panic, and a wall clock that a test can shift. All of
//! it is compiled only with the feature `failpoints`, which only the end-to-end tests turn on.

#[cfg(feature = "failpoints")]
pub use armed::{clock_shift_micros, failpoint, failpoint_on};

/// Marks a step between two effects. Does nothing.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub const fn failpoint(_step: &'static str) {}

/// Marks a step of one message. Does nothing.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub const fn failpoint_on(_step: &'static str, _id: &str) {}

/// What to add to the wall clock, in microseconds: nothing.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub const fn clock_shift_micros() -> i64 {
    0
}

#[cfg(feature = "failpoints")]
mod armed {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{LazyLock, Mutex, PoisonError};
    use std::time::{Duration, Instant};
    use std::{env, fs, process};

    /// `CHASQUI_ABORT_AT=worker.claimed:3`: the step, and at which passage of it the process ends. `CHASQUI_PANIC_AT`
    /// has the same form.
    static ABORT: LazyLock<Option<Armed>> = LazyLock::new(|| Armed::by("CHASQUI_ABORT_AT"));
    static PANIC: LazyLock<Option<Armed>> = LazyLock::new(|| Armed::by("CHASQUI_PANIC_AT"));

    /// `CHASQUI_ABORT_ON=consume.received:poison`: the step, and the id of the message that ends every process there.
    static ABORT_ON: LazyLock<Option<(String, String)>> = LazyLock::new(|| {
        let text = env::var("CHASQUI_ABORT_ON").ok()?;
        text.split_once(':').map(|(step, id)| (step.to_owned(), id.to_owned()))
    });

    struct Armed {
        step: String,
        passages_left: AtomicU32,
    }

    impl Armed {
        fn by(name: &str) -> Option<Self> {
            let text = env::var(name).ok()?;
            let (step, passage) = text.split_once(':')?;
            Some(Self { step: step.to_owned(), passages_left: passage.parse::<u32>().ok()?.into() })
        }

        fn is_reached(&self, step: &str) -> bool {
            self.step == step && self.passages_left.fetch_sub(1, Ordering::Relaxed) == 1
        }
    }

    /// Marks a step between two effects. Aborts the process, as a kill would, or panics, if a test has asked for that.
    pub fn failpoint(step: &'static str) {
        if ABORT.as_ref().is_some_and(|abort| abort.is_reached(step)) {
            eprintln!("aborting at {step}");
            process::abort();
        }
        assert!(!PANIC.as_ref().is_some_and(|panic| panic.is_reached(step)), "panicking at {step}");
    }

    /// Marks a step of one message. Aborts the process if a test has asked that this message end it.
    pub fn failpoint_on(step: &'static str, id: &str) {
        if ABORT_ON.as_ref().is_some_and(|(at, of)| at == step && of == id) {
            eprintln!("aborting at {step} on a message");
            process::abort();
        }
    }

    const READ_EVERY: Duration = Duration::from_millis(50);
    /// `CHASQUI_CLOCK_SHIFT=file`: the file holds the microseconds to add to the wall clock.
    static SHIFT: LazyLock<Option<PathBuf>> = LazyLock::new(|| env::var_os("CHASQUI_CLOCK_SHIFT").map(PathBuf::from));
    static READ: Mutex<Option<(Instant, i64)>> = Mutex::new(None);

    /// What to add to the wall clock, in microseconds.
    pub fn clock_shift_micros() -> i64 {
        let Some(file) = SHIFT.as_ref() else { return 0 };
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        match *read {
            Some((at, micros)) if at.elapsed() < READ_EVERY => micros,
            _ => {
                let text = fs::read_to_string(file).unwrap_or_default();
                let micros = text.trim().parse().unwrap_or(0);
                *read = Some((Instant::now(), micros));
                micros
            }
        }
    }
}

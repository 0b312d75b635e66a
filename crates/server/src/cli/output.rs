//! Standard output. A reader that has seen enough, such as `head`, is no failure.

use std::fmt::Display;
use std::io::{self, Write};

/// Writes a line of data.
///
/// # Errors
/// When standard output cannot be written.
pub fn line(text: impl Display) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{text}")?;
    Ok(())
}

/// Whether a failure only means that nobody reads any more.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

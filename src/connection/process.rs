//! A command on a host: its three streams and how it ended.

use std::future::Future;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::Error;

/// The command's standard input; shutting it down tells the command that no more comes.
pub type Writer = Box<dyn AsyncWrite + Send + Unpin>;

/// The command's standard output or error.
pub type Reader = Box<dyn AsyncRead + Send + Unpin>;

/// The size of a pseudo-terminal for commands that need one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pty {
    pub columns: u16,
    pub rows: u16,
}

impl Default for Pty {
    fn default() -> Self {
        Self { columns: 80, rows: 24 }
    }
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExitStatus {
    Code(i32),
    /// The signal's name without `SIG`.
    Signal(String),
}

impl ExitStatus {
    /// Returns true for exit code 0.
    pub fn success(&self) -> bool {
        matches!(self, Self::Code(0))
    }
}

/// A running command; dropping all its parts closes its channel.
pub struct Process {
    pub stdin: Writer,
    pub stdout: Reader,
    pub stderr: Reader,
    pub exit: Exit,
}

/// The end of a command, for whoever waits for it.
pub struct Exit(pub(super) Pin<Box<dyn Future<Output = Result<ExitStatus, Error>> + Send>>);

impl Exit {
    /// Waits until the command has ended or its connection is lost.
    pub async fn wait(self) -> Result<ExitStatus, Error> {
        self.0.await
    }
}

/// What a command left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Process {
    /// Gives the command its whole input, and waits for its end and output.
    pub async fn output(self, input: &[u8]) -> Result<Output, Error> {
        let Self { mut stdin, mut stdout, mut stderr, exit } = self;
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let write = async {
            // A command that ends before it has read everything closes its input: no error of ours.
            if stdin.write_all(input).await.is_ok() {
                let _ = stdin.shutdown().await;
            }
        };
        let (status, (), read_out, read_err) = tokio::join!(
            exit.wait(),
            write,
            stdout.read_to_end(&mut out),
            stderr.read_to_end(&mut err)
        );
        let status = status?;
        read_out.and(read_err).map_err(Error::lost)?;
        Ok(Output { status, stdout: out, stderr: err })
    }
}

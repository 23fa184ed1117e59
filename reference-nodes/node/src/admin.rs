//! The admin socket: a Unix socket that takes one JSON object a line and answers each with one, so that a shell script, a
//! test runner and `dmm status` speak to a node in the same way. [`Client`] is the other end.
//!
//! ```text
//! {"do":"attach","mobile":"mn1@example.org"}      {"done":{}}
//! {"do":"status"}                                 {"status":{"role":"maar", …}}
//! {"do":"fly"}                                    {"error":"unknown variant `fly`, expected one of …"}
//! ```

#![expect(clippy::disallowed_methods, reason = "the admin socket is this crate's")]

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::Ipv6Addr;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::StartError;
use crate::config::NodeConfig;
use crate::status::Status;

/// Sessions and PBUs that a status shows, where it is not asked for more.
pub const SHOWN: usize = 1000;
/// Connections at the same time.
const CONNECTIONS: usize = 32;
/// Octets of a request.
const LONGEST_REQUEST: u64 = 4096;
/// A status that is watched is sent no more often than this, however much happens.
const BREATH: Duration = Duration::from_millis(100);
/// And no less often, since its times run on.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// What a node can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// What it holds.
    Status {
        /// How many sessions and PBUs are shown at most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<usize>,
    },
    /// What it holds, now and whenever that changes.
    Watch {},
    /// What happens from now on.
    Events {},
    /// A mobile node has come to the access link.
    Attach {
        /// Its identifier or MAC address.
        mobile: String,
        /// Its link-local address; by default that of its MAC address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link_local: Option<Ipv6Addr>,
    },
    /// A mobile node has left the access link.
    Detach {
        /// Its identifier or MAC address.
        mobile: String,
    },
    /// Starts the state machine anew from its configuration, as if the process had been killed and started.
    Restart {},
    /// Everything: all sessions, what forwarding should hold, and what happened last.
    Dump {},
}

/// What a node answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// It was done.
    Done {},
    /// It was not, and why.
    Error(String),
    /// What it holds.
    Status(Box<Status>),
    /// Something happened.
    Event(Happened),
    /// Everything.
    Dump(Box<Dump>),
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    /// When, as nanoseconds since 1970.
    pub at: u64,
    /// `registered`, `handover_started`, …
    pub name: String,
    /// In words, with identities.
    pub text: String,
}

/// Everything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dump {
    /// What it holds, without a limit.
    pub status: Status,
    /// What forwarding should hold, an entry a line.
    pub plane: Vec<String>,
    /// What happened last, the oldest first.
    pub events: Vec<Happened>,
}

/// A request on its way to the loop.
pub(crate) struct Asked {
    pub(crate) request: Request,
    pub(crate) answer: oneshot::Sender<Response>,
}

/// What connections need of the loop.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) asked: mpsc::Sender<Asked>,
    pub(crate) changed: watch::Receiver<()>,
    pub(crate) events: broadcast::Sender<Happened>,
}

/// The listening socket; its file goes with it.
pub(crate) struct Socket {
    path: PathBuf,
}

impl Socket {
    /// Opens it for its owner and group, and answers whoever connects.
    pub(crate) fn open(path: &Path, desk: Desk) -> Result<Self, StartError> {
        let failed = |error: io::Error| {
            let advice =
                "set `admin: {socket: …}` to a place in a folder that exists and that this user may write to";
            StartError(format!("the admin socket {}: {error}; {advice}", path.display()))
        };
        // What a killed node has left is taken away; what answers is another node's.
        if path.symlink_metadata().is_ok_and(|file| file.file_type().is_socket()) {
            if UnixStream::connect(path).is_ok() {
                return Err(StartError(format!(
                    "another node answers at the admin socket {}",
                    path.display()
                )));
            }
            std::fs::remove_file(path).map_err(failed)?;
        }
        let listener = UnixListener::bind(path).map_err(failed)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660)).map_err(failed)?;
        tokio::spawn(serve(listener, desk));
        Ok(Self { path: path.to_owned() })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn serve(listener: UnixListener, desk: Desk) {
    let places = std::sync::Arc::new(tokio::sync::Semaphore::new(CONNECTIONS));
    while let Ok(place) = std::sync::Arc::clone(&places).acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let desk = desk.clone();
        tokio::spawn(async move {
            // Whoever hangs up has been served.
            let _ = converse(stream, desk).await;
            drop(place);
        });
    }
}

async fn converse(stream: tokio::net::UnixStream, desk: Desk) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut read = tokio::io::BufReader::new(read);
    loop {
        let mut line = Vec::new();
        (&mut read).take(LONGEST_REQUEST).read_until(b'\n', &mut line).await?;
        if line.is_empty() {
            return Ok(());
        }
        if line.last() != Some(&b'\n') && line.len() as u64 == LONGEST_REQUEST {
            return say(&mut write, &Response::Error("the request is too long".to_owned())).await;
        }
        match serde_json::from_slice(&line) {
            Err(error) => say(&mut write, &Response::Error(error.to_string())).await?,
            Ok(Request::Watch {}) => return watch(&desk, &mut read, &mut write).await,
            Ok(Request::Events {}) => return events(&desk, &mut read, &mut write).await,
            Ok(request) => say(&mut write, &ask(&desk, request).await).await?,
        }
    }
}

async fn ask(desk: &Desk, request: Request) -> Response {
    let (answer, answered) = oneshot::channel();
    let gone = || Response::Error("the node is stopping".to_owned());
    if desk.asked.send(Asked { request, answer }).await.is_err() {
        return gone();
    }
    answered.await.unwrap_or_else(|_| gone())
}

type Read = tokio::io::BufReader<tokio::net::unix::OwnedReadHalf>;
type Write = tokio::net::unix::OwnedWriteHalf;

async fn say(write: &mut Write, response: &Response) -> io::Result<()> {
    let mut line = serde_json::to_vec(response)?;
    line.push(b'\n');
    write.write_all(&line).await
}

async fn watch(desk: &Desk, read: &mut Read, write: &mut Write) -> io::Result<()> {
    let mut changed = desk.changed.clone();
    loop {
        changed.borrow_and_update();
        say(write, &ask(desk, Request::Status { limit: None }).await).await?;
        tokio::time::sleep(BREATH).await;
        let mut octet = [0];
        tokio::select! {
            // Nothing is said on a connection that watches: it ends.
            _ = read.read(&mut octet) => return Ok(()),
            news = tokio::time::timeout(HEARTBEAT, changed.changed()) => {
                if matches!(news, Ok(Err(_))) {
                    return Ok(());
                }
            }
        }
    }
}

async fn events(desk: &Desk, read: &mut Read, write: &mut Write) -> io::Result<()> {
    let mut events = desk.events.subscribe();
    // From here on nothing is missed.
    say(write, &Response::Done {}).await?;
    loop {
        let mut octet = [0];
        tokio::select! {
            _ = read.read(&mut octet) => return Ok(()),
            event = events.recv() => match event {
                Ok(event) => say(write, &Response::Event(event)).await?,
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    say(write, &Response::Error(format!("{missed} events came too fast to be told"))).await?;
                }
                Err(broadcast::error::RecvError::Closed) => return Ok(()),
            },
        }
    }
}

/// The other end of an admin socket.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<UnixStream>,
}

impl Client {
    /// Connects to a socket, or to that of the node that this configuration describes.
    pub fn connect(place: &Path) -> Result<Self, StartError> {
        let is_socket = place.metadata().is_ok_and(|file| file.file_type().is_socket());
        // A path that is not there is a socket's whose node does not run: configurations are there.
        let socket = if is_socket || !place.exists() {
            place.to_owned()
        } else {
            NodeConfig::load(place).map_err(|error| StartError(error.to_string()))?.common.admin.socket
        };
        let stream = UnixStream::connect(&socket).map_err(|error| {
            StartError(format!("no node answers at {}: {error}; is it running?", socket.display()))
        })?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// How long to wait for an answer; for ever unless this says otherwise.
    pub fn set_patience(&self, patience: Duration) -> io::Result<()> {
        self.stream.get_ref().set_read_timeout(Some(patience))
    }

    /// Sends a request.
    pub fn send(&mut self, request: &Request) -> io::Result<()> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        self.stream.get_mut().write_all(&line)
    }

    /// The next line that the node says.
    pub fn next_line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line)? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the node has closed the admin socket")),
            _ => Ok(line),
        }
    }

    /// The next thing that the node says.
    pub fn next_response(&mut self) -> io::Result<Response> {
        Ok(serde_json::from_str(&self.next_line()?)?)
    }

    /// Sends a request and waits for the answer.
    pub fn ask(&mut self, request: &Request) -> io::Result<Response> {
        self.send(request)?;
        self.next_response()
    }
}

//! As much of HTTP as Prometheus needs: `GET /metrics`, answered once a connection, on a loopback address.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::StartError;

const CONNECTIONS: usize = 4;
const PATIENCE: Duration = Duration::from_secs(5);
const LONGEST_REQUEST: u64 = 8192;

/// A wish for the metrics' text.
pub(crate) type Scrape = oneshot::Sender<String>;

/// Listens, and returns where.
pub(crate) async fn open(
    address: SocketAddr,
    scrapes: mpsc::Sender<Scrape>,
) -> Result<SocketAddr, StartError> {
    let failed = |error| StartError(format!("metrics at {address}: {error}"));
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    tokio::spawn(async move {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let scrapes = scrapes.clone();
            tokio::spawn(async move {
                // Whoever hangs up, or is slow, has been served.
                let _ = tokio::time::timeout(PATIENCE, answer(stream, scrapes)).await;
                drop(place);
            });
        }
    });
    Ok(bound)
}

async fn answer(stream: TcpStream, scrapes: mpsc::Sender<Scrape>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut limited = (&mut stream).take(LONGEST_REQUEST);
    let mut request = String::new();
    limited.read_line(&mut request).await?;
    // The rest of the header says nothing that matters, but has to be read.
    let mut line = String::new();
    while limited.read_line(&mut line).await? > 2 {
        line.clear();
    }
    let (status, kind, body) = match request.split_ascii_whitespace().take(2).collect::<Vec<_>>()[..] {
        ["GET", "/metrics"] => {
            let (scrape, scraped) = oneshot::channel();
            let _ = scrapes.send(scrape).await;
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ("200 OK", kind, scraped.await.unwrap_or_default())
        }
        ["GET", _] => ("404 Not Found", "text/plain", "only /metrics is here\n".to_owned()),
        _ => ("405 Method Not Allowed", "text/plain", "only GET is understood\n".to_owned()),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

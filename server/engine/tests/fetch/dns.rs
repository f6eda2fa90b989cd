//! A name server of the tests' own, on the loopback: it says what a test wants, or nothing. Answers too long for a datagram
//! are given over TCP, as the protocol has it (RFC 1035; RFC 7766).

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

/// Longest answer in a datagram.
const MAX_DATAGRAM: usize = 512;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    V4,
    V6,
    Other,
}

/// A name server on a port of the loopback.
pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    questions: Arc<AtomicUsize>,
}

impl NameServer {
    /// Answers each question, of which it tells the name and how many of its kind came before, with the addresses of that
    /// kind among these, to be believed for no time at all; with silence when there is nothing.
    pub(crate) async fn new(
        answer: impl Fn(&str, usize) -> Option<Vec<IpAddr>> + Send + Sync + 'static,
    ) -> Self {
        let (datagrams, streams) = loop {
            let datagrams = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
            // The same port, if nobody has it.
            if let Ok(streams) = TcpListener::bind(datagrams.local_addr().expect("bound")).await {
                break (datagrams, streams);
            }
        };
        let address = datagrams.local_addr().expect("bound");
        let (questions, answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(answer));
        let zone =
            Arc::new(Zone { counts: [const { AtomicUsize::new(0) }; 2], questions: questions.clone() });
        tokio::spawn({
            let (zone, answer) = (zone.clone(), answer.clone());
            async move {
                let mut question = [0; MAX_DATAGRAM];
                while let Ok((length, from)) = datagrams.recv_from(&mut question).await {
                    let Some(said) = zone.answer(&question[..length], &*answer, true) else { continue };
                    let _ = datagrams.send_to(&said, from).await;
                }
            }
        });
        tokio::spawn(async move {
            while let Ok((stream, _)) = streams.accept().await {
                let _ = zone.answer_over(stream, &*answer).await;
            }
        });
        Self { address, questions }
    }

    /// How many questions for addresses of IPv4 came in datagrams: one for each look-up.
    pub(crate) fn lookups(&self) -> usize {
        self.questions.load(Ordering::SeqCst)
    }
}

struct Zone {
    counts: [AtomicUsize; 2],
    questions: Arc<AtomicUsize>,
}

impl Zone {
    async fn answer_over(
        &self,
        mut stream: TcpStream,
        answer: &(impl Fn(&str, usize) -> Option<Vec<IpAddr>> + Sync),
    ) -> std::io::Result<()> {
        let mut question = vec![0; usize::from(stream.read_u16().await?)];
        stream.read_exact(&mut question).await?;
        let Some(said) = self.answer(&question, answer, false) else { return Ok(()) };
        stream.write_u16(u16::try_from(said.len()).expect("a test's answer fits")).await?;
        stream.write_all(&said).await
    }

    fn answer(
        &self,
        question: &[u8],
        answer: &impl Fn(&str, usize) -> Option<Vec<IpAddr>>,
        is_datagram: bool,
    ) -> Option<Vec<u8>> {
        let (name, asked, end) = read_question(question)?;
        let count = &self.counts[usize::from(asked == Asked::V6)];
        // Who asks again over TCP asks the same.
        let turn = count.fetch_add(usize::from(is_datagram), Ordering::SeqCst) - usize::from(!is_datagram);
        if is_datagram && asked == Asked::V4 {
            self.questions.fetch_add(1, Ordering::SeqCst);
        }
        let records: Vec<Vec<u8>> =
            answer(&name, turn)?.into_iter().filter_map(|address| record(address, asked)).collect();
        let is_cut = is_datagram && end + records.len() * 16 > MAX_DATAGRAM;
        let count = if is_cut { 0 } else { u16::try_from(records.len()).expect("a test's answer fits") };
        let mut said = question[..2].to_vec();
        // An answer; recursion was desired and is available; perhaps cut.
        said.extend([0x81 | u8::from(is_cut) << 1, 0x80, 0, 1]);
        said.extend(count.to_be_bytes());
        said.extend([0; 4]);
        said.extend(&question[12..end]);
        if !is_cut {
            said.extend(records.concat());
        }
        Some(said)
    }
}

/// The name, the kind, and where the question ends.
fn read_question(message: &[u8]) -> Option<(String, Asked, usize)> {
    let (mut labels, mut at) = (Vec::new(), 12);
    loop {
        let length = usize::from(*message.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(message.get(at..at + length)?).into_owned());
        at += length;
    }
    let asked = match message.get(at..at + 2)? {
        [0, 1] => Asked::V4,
        [0, 28] => Asked::V6,
        _ => Asked::Other,
    };
    Some((labels.join(".").to_ascii_lowercase(), asked, at + 4))
}

/// An address of the name in question, if it is of the kind asked for; it may be believed for no time.
fn record(address: IpAddr, asked: Asked) -> Option<Vec<u8>> {
    let (kind, bytes) = match (address, asked) {
        (IpAddr::V4(address), Asked::V4) => (1, address.octets().to_vec()),
        (IpAddr::V6(address), Asked::V6) => (28, address.octets().to_vec()),
        _ => return None,
    };
    let length = u8::try_from(bytes.len()).expect("sixteen at most");
    Some([&[0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 0, 0, length][..], &bytes].concat())
}

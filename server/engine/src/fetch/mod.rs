//! Fetching: the bytes of a share's source, from any origin, however hostile, and never from inside.
//!
//! [`Fetcher::source`] tells the story. What may be asked for is judged in `address`, where a connection may go in `guard`
//! and `connector`. `flights` makes one exchange of all who ask for one address at once, `cache` keeps whole pictures for
//! those who ask later, `exchange` talks to the origin, with a permit (`permits`) and counting the bytes (`body`), which
//! stay counted until nobody has them any more (`held`). `page` and `choose` find the picture in a page; `beside` reads the
//! page of a picture that was named by its own address.
//! Invariant: no credentials, no cookies, no referer and no proxy; platforms are called through another client.

mod address;
mod attempts;
mod beside;
mod body;
mod cache;
mod charset;
mod choose;
mod connection;
mod connector;
mod error;
mod exchange;
mod flights;
mod guard;
mod head_cap;
mod held;
mod host_port;
mod inline;
mod line;
mod network;
mod page;
mod parsing;
mod permits;
mod reservations;
mod retry_after;
mod server_guard;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cutline_model::Source;
use tokio::time::Instant;
use url::Url;

use self::address::AddressRules;
pub use self::beside::{PageBeside, SaidBeside};
use self::cache::Cache;
pub use self::cache::CacheSettings;
use self::choose::{Choice, choose};
use self::error::NamedBy;
pub use self::error::{AddressFault, AddressField, FetchError, Kind, NotFound, RedirectFault};
use self::exchange::{Answer, Exchange, Wanted};
use self::flights::{Flights, Reader};
use self::held::Room;
pub use self::host_port::{HostPort, HostPortError};
use self::line::Line;
pub use self::network::{Network, SharedNetwork, SystemNetwork};
use self::page::Turn;
pub use self::page::{
    Candidate, Descriptor, ImageType, Page, PageFacts, PagePicture, PictureKind, Place, Syntax,
};
use self::parsing::Parsing;
pub use self::server_guard::{ServerGuard, ServerRefused};
use crate::limits::FetchLimits;

/// How the fetcher behaves on this site.
#[derive(Clone, Debug)]
pub struct FetchSettings {
    /// Pairs let through the guard, whatever they lead to; none by default.
    pub allow: Vec<HostPort>,
    /// Host names of this site, its database and its object store, which are refused: its own pictures are read from its
    /// own store.
    pub own_hosts: Vec<String>,
    /// Ports taken of every host; 80 and 443.
    pub ports: Vec<u16>,
    /// Whether pictures that their owners reserve (`noimageindex`, TDM reservations) are refused; they are.
    pub respects_reservations: bool,
    /// What the fetcher calls itself: `Cutline/VERSION (+PUBLIC_URL/about/fetcher)`.
    pub user_agent: String,
    /// Caps on bytes, time, redirects and number.
    pub limits: FetchLimits,
    /// What resolves names and opens sockets; the operating system.
    pub network: SharedNetwork,
    /// How soon an address that cannot be reached is told at the earliest, counted for each hop; 250 ms. A name that leads
    /// inside is refused as soon as it is resolved, and one that does not exist takes its time: nobody is to tell them apart.
    pub unreachable_after: Duration,
    /// How long the failure of an origin is remembered and told again to whoever asks for the same; 5 s.
    pub failures_kept: Duration,
    /// Where whole pictures are kept for the next who asks; nowhere by default.
    pub cache: Option<CacheSettings>,
}

impl Default for FetchSettings {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            own_hosts: Vec::new(),
            ports: vec![80, 443],
            respects_reservations: true,
            user_agent: concat!("Cutline/", env!("CARGO_PKG_VERSION")).to_owned(),
            limits: FetchLimits::default(),
            network: Arc::new(SystemNetwork::default()),
            unreachable_after: Duration::from_millis(250),
            failures_kept: Duration::from_secs(5),
            cache: None,
        }
    }
}

/// A picture on its way, not yet known to be one. Its bytes are taken as they arrive, under the limits of the fetch;
/// dropping it ends the download, unless others wait for the same picture.
#[derive(Debug)]
pub struct FetchedPicture {
    /// The address that gives it, after redirects; the page's own for a picture that is written into the page.
    pub url: Url,
    bytes: PictureBytes,
}

#[derive(Debug)]
enum PictureBytes {
    Arriving(Reader<Url>),
    /// They were written into the page.
    There {
        bytes: Bytes,
        is_taken: bool,
    },
}

impl FetchedPicture {
    /// The next bytes, or the end. May be given up at any time and called again; an error is the last.
    pub async fn next(&mut self) -> Result<Option<Bytes>, FetchError> {
        match &mut self.bytes {
            PictureBytes::Arriving(reader) => reader.next().await,
            PictureBytes::There { bytes, is_taken } => {
                let is_new = !std::mem::replace(is_taken, true);
                Ok(Some(bytes.clone()).filter(|bytes| is_new && !bytes.is_empty()))
            }
        }
    }

    /// Lets bytes arrive without taking them, until there are `bytes` in all, or as many as there will be: they are held
    /// once for all who wait for this picture. May be given up at any time and called again.
    pub async fn arrive(&mut self, bytes: u64) {
        match &mut self.bytes {
            PictureBytes::Arriving(reader) => reader.arrive(bytes).await,
            PictureBytes::There { .. } => {}
        }
    }

    /// Gives all bytes once more from the start.
    pub fn rewind(&mut self) {
        match &mut self.bytes {
            PictureBytes::Arriving(reader) => reader.rewind(),
            PictureBytes::There { is_taken, .. } => *is_taken = false,
        }
    }

    /// All its bytes.
    pub async fn whole(mut self) -> Result<Bytes, FetchError> {
        // Once: woken for every piece, this would cost more than the pieces.
        self.arrive(u64::MAX).await;
        let mut pieces = Vec::new();
        while let Some(piece) = self.next().await? {
            pieces.push(piece);
        }
        Ok(if pieces.len() == 1 { pieces.remove(0) } else { pieces.concat().into() })
    }
}

/// A share's source, found and on its way.
#[derive(Debug)]
pub struct FetchedSource {
    /// The picture.
    pub picture: FetchedPicture,
    /// The page that it was found in; only where the picture was not named by its own address.
    pub page: Option<PageFacts>,
    /// The page that it is said to stand on, on its way; only where it was named by its own address.
    pub beside: Option<PageBeside>,
    /// Other addresses that the page gives for it, best first: for when this one turns out to be none, or of another shape
    /// than the visitor saw.
    pub others: Vec<Url>,
    /// When all fetches for this share must be over.
    pub deadline: Instant,
}

/// Gets pictures and pages from the public internet. Cheap to clone; clones share their permits.
#[derive(Clone, Debug)]
pub struct Fetcher {
    exchange: Exchange,
    room: Room,
    pictures: Flights<Url>,
    /// Parsed once for all who ask: a hostile page takes its two seconds to parse, more than its bytes take to fetch.
    pages: Flights<Arc<Page>>,
    parsing: Parsing,
    limits: FetchLimits,
    respects_reservations: bool,
}

impl Fetcher {
    /// A fetcher with these settings; needs a runtime. Errors: [`FetchError::Setup`], for settings that do not hold and for
    /// machines without certificates.
    pub fn new(settings: FetchSettings) -> Result<Self, FetchError> {
        let FetchSettings { allow, own_hosts, ports, user_agent, limits, network, unreachable_after, .. } =
            settings;
        let (respects_reservations, failures_kept) = (settings.respects_reservations, settings.failures_kept);
        let rules = Arc::new(AddressRules::new(allow, &own_hosts, ports)?);
        let room = Room::new(limits.max_concurrent_bytes);
        let open = |settings| Cache::open(settings, room.clone());
        let cache = settings.cache.map(open).transpose().map_err(|error| FetchError::Setup {
            detail: format!("the folder for fetched pictures cannot be used: {error}"),
        })?;
        let exchange =
            Exchange::new(rules, room.clone(), cache, network, &user_agent, &limits, respects_reservations)?
                .telling_unreachable_after(unreachable_after);
        Ok(Self {
            exchange,
            room,
            pictures: Flights::new(limits.total_timeout, failures_kept),
            pages: Flights::new(limits.total_timeout, failures_kept),
            parsing: Parsing::new(),
            limits,
            respects_reservations,
        })
    }

    /// Fetches a share's source: the picture by its address, or else the page and then the picture in it. All of it
    /// together takes at most the whole-fetch time limit.
    pub async fn source(&self, source: &Source) -> Result<FetchedSource, FetchError> {
        let deadline = self.deadline();
        if let Some(address) = source.image_url() {
            let url = parse(address, AddressField::ImageUrl)?;
            let mut beside = self.page_beside(&url, source)?;
            let picture = self.get_picture(url, NamedBy::Request(AddressField::ImageUrl), deadline).await;
            let picture = match (picture, beside) {
                (Err(reserved @ FetchError::Reserved { .. }), Some(beside)) => {
                    let said = beside.said().await?;
                    return Err(said.map_or(reserved.clone(), |said| reserved.on(&said.facts)));
                }
                (picture, page) => {
                    beside = page;
                    picture?
                }
            };
            return Ok(FetchedSource { picture, page: None, beside, others: Vec::new(), deadline });
        }
        // A `Source` has one of the two addresses.
        let url = parse(source.page_url().unwrap_or_default(), AddressField::PageUrl)?;
        let (page, waited) = self.get_page(url, deadline).await?;
        // The picture has the time that the page was kept here.
        let deadline = deadline + waited;
        let (facts, mut addresses) = self.find(&page, source)?;
        // It may be large, and its picture may be long in coming.
        drop(page);
        let picture =
            self.first_of(&mut addresses, &facts.url, deadline).await.map_err(|error| error.on(&facts))?;
        Ok(FetchedSource { picture, page: Some(facts), beside: None, others: addresses.into(), deadline })
    }

    /// What `page` says of the picture that `source` asks for, and its addresses, best first.
    fn find(&self, page: &Page, source: &Source) -> Result<(PageFacts, VecDeque<Url>), FetchError> {
        let choice = choose(page, source);
        let known = choice.as_ref().ok().map(|choice| choice.picture);
        let facts = page.facts_of(|url| known.is_some_and(|picture| picture.has_address(url)));
        if let Some(wish) = page.reserved.filter(|_| self.respects_reservations) {
            return Err(FetchError::reserved(wish).on(&facts));
        }
        let Choice { addresses, .. } = choice?;
        Ok((facts, addresses.into_iter().cloned().collect()))
    }

    /// Fetches from another address that the page `found` gave for the same picture, until the share's `deadline`.
    pub async fn other(
        &self,
        url: &Url,
        found: &PageFacts,
        deadline: Instant,
    ) -> Result<FetchedPicture, FetchError> {
        self.get_from_page(url, &found.url, deadline).await.map_err(|error| error.on(found))
    }

    /// Waits until nothing is under way any more: then all that is to be kept is kept.
    pub async fn settled(&self) {
        self.pictures.settled().await;
        self.pages.settled().await;
    }

    /// The picture from the first of these addresses that gives something; what is left of them was not tried.
    async fn first_of(
        &self,
        addresses: &mut VecDeque<Url>,
        page: &Url,
        deadline: Instant,
    ) -> Result<FetchedPicture, FetchError> {
        let mut failure = NotFound::NoAddress.into();
        while let Some(url) = addresses.pop_front() {
            match self.get_from_page(&url, page, deadline).await {
                Ok(picture) => return Ok(picture),
                // Its owner's word, at whatever address it is said.
                Err(error) if error.is_owners_word() => return Err(error),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    async fn get_from_page(
        &self,
        url: &Url,
        page: &Url,
        deadline: Instant,
    ) -> Result<FetchedPicture, FetchError> {
        if url.scheme() == "data" {
            let held = self.room.share();
            held.add(url.as_str().len() as u64)?;
            let bytes = held.with(inline::decode(url, self.limits.max_source_bytes)?);
            return Ok(FetchedPicture {
                url: page.clone(),
                bytes: PictureBytes::There { bytes, is_taken: false },
            });
        }
        self.get_picture(as_browsers_load(url, page), NamedBy::Page, deadline).await
    }

    /// Fetches the picture at `url`.
    pub async fn picture(&self, url: &Url) -> Result<FetchedPicture, FetchError> {
        self.get_picture(url.clone(), NamedBy::Request(AddressField::ImageUrl), self.deadline()).await
    }

    /// Fetches the page at `url` and lists its pictures.
    pub async fn page(&self, url: &Url) -> Result<Arc<Page>, FetchError> {
        self.get_page(url.clone(), self.deadline()).await.map(|(page, _)| page)
    }

    async fn get_picture(
        &self,
        mut url: Url,
        named_by: NamedBy,
        deadline: Instant,
    ) -> Result<FetchedPicture, FetchError> {
        // What is wrong with the address is told by the name that this asker has for it.
        self.exchange.vet_early(&mut url, named_by)?;
        let wanted =
            Wanted { what: Kind::Picture, max_bytes: self.limits.max_source_bytes, may_be_kept: true };
        let (exchange, first) = (self.exchange.clone(), url.clone());
        let mut reader = self.pictures.join(&url, deadline, |courier, deadline| async move {
            let Answer { url, mut body, keeping, .. } =
                exchange.get(first, named_by, wanted, &courier.line(), deadline).await?;
            courier.head(url);
            if let Some(held) = body.held() {
                courier.hold(held);
            }
            // Who has the last byte need not ask for the end.
            while !body.is_over() {
                courier.wanted().await;
                let Some(bytes) = body.next().await? else { break };
                courier.push(bytes);
            }
            drop(body);
            // Until it is kept, those who come take it from here.
            if let Some(keeping) = keeping {
                keeping.keep(courier.finish()).await;
            }
            Ok(())
        })?;
        Ok(FetchedPicture { url: reader.head().await?, bytes: PictureBytes::Arriving(reader) })
    }

    /// The page, and how long it had to wait here.
    async fn get_page(&self, url: Url, deadline: Instant) -> Result<(Arc<Page>, Duration), FetchError> {
        let mut reader = self.start_page(url, deadline)?;
        let page = reader.head().await?;
        if page.is_cut_off {
            return Err(FetchError::TooLarge { what: Kind::Page, limit: self.limits.max_page_bytes });
        }
        Ok((page, reader.waited()))
    }

    /// The page that `source` says `picture` is on, if it says one that can be asked for. An address with a password in it
    /// is refused, for it would be published with the share.
    fn page_beside(&self, picture: &Url, source: &Source) -> Result<Option<PageBeside>, FetchError> {
        let Some(page) = source.page_url() else { return Ok(None) };
        let page = parse(page, AddressField::PageUrl)?;
        let deadline = Instant::now() + self.limits.beside_timeout;
        match self.start_page(page, deadline) {
            Ok(reader) => Ok(Some(PageBeside::new(self, reader, picture.clone(), source.clone()))),
            Err(error) if beside::is_told(&error) => Err(error),
            Err(_) => Ok(None),
        }
    }

    fn start_page(&self, mut url: Url, deadline: Instant) -> Result<Reader<Arc<Page>>, FetchError> {
        self.exchange.vet_early(&mut url, NamedBy::Request(AddressField::PageUrl))?;
        let (this, first) = (self.clone(), url.clone());
        self.pages.join(&url, deadline, |courier, deadline| async move {
            courier.head(Arc::new(this.read_page(first, &courier.line(), deadline).await?));
            Ok(())
        })
    }

    async fn read_page(&self, url: Url, line: &Line, deadline: Instant) -> Result<Page, FetchError> {
        let wanted = Wanted { what: Kind::Page, max_bytes: self.limits.max_page_bytes, may_be_kept: false };
        let Answer { url, body, content_type, reserved, .. } =
            self.exchange.get(url, NamedBy::Request(AddressField::PageUrl), wanted, line, deadline).await?;
        content_type.expect_html()?;
        let peer = body.peer();
        let (bytes, is_cut_off) = body.beginning().await?;
        let max_pictures = self.limits.max_page_pictures;
        let parse = move |turn: &Turn| {
            let kind = (content_type.syntax(), content_type.charset());
            Page::parse(url.clone(), &bytes, kind, max_pictures, turn)
        };
        let mut page = self.parsing.parse(peer, line, deadline, parse).await?;
        page.is_cut_off = is_cut_off;
        page.reserved = page.reserved.or(reserved);
        Ok(page)
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.limits.total_timeout
    }
}

/// A picture's address as browsers ask for it on this page: on one that came safely, pictures do too, or not at all (Mixed
/// Content Level 2, section 4.1).
fn as_browsers_load(url: &Url, page: &Url) -> Url {
    let mut url = url.clone();
    if page.scheme() == "https" && url.scheme() == "http" {
        // Between these two it always can be set.
        let _ = url.set_scheme("https");
    }
    url
}

fn parse(address: &str, field: AddressField) -> Result<Url, FetchError> {
    Url::parse(address).map_err(|_| AddressFault::Unreadable.of(NamedBy::Request(field)))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A fetcher, and a source on a page that is answered like this.
    async fn beside(answer: &'static str) -> (Fetcher, Source) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let host = listener.local_addr().expect("an address").to_string();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _ = socket.read(&mut request).await;
                let picture = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
                let said = if request.starts_with(b"GET /page") { answer } else { picture };
                let _ = socket.write_all(said.as_bytes()).await;
            }
        });
        let mut settings =
            FetchSettings { allow: vec![host.parse().expect("host and port")], ..FetchSettings::default() };
        settings.limits.beside_timeout = Duration::from_millis(300);
        let source = Source::of_image(format!("http://{host}/a"))
            .and_then(|source| source.seen_on(format!("http://{host}/page"), None));
        (Fetcher::new(settings).expect("a fetcher"), source.expect("a source"))
    }

    async fn said(fetcher: &Fetcher, source: &Source) -> Result<Option<SaidBeside>, FetchError> {
        fetcher.source(source).await.expect("a picture").beside.expect("a page").said().await
    }

    #[tokio::test]
    async fn a_page_that_waits_for_its_turn_here_is_not_taken_for_silent() {
        let (fetcher, source) = beside("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n<img src=a>").await;
        let turns = fetcher.parsing.all_short_turns();
        assert_eq!(said(&fetcher, &source).await, Err(FetchError::Busy));
        drop(turns);
        assert!(matches!(said(&fetcher, &source).await, Ok(Some(_))));
    }

    #[tokio::test]
    async fn a_page_that_is_not_there_is_silent_however_busy_the_parser_is() {
        let (fetcher, source) = beside("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n").await;
        let _turns = fetcher.parsing.all_short_turns();
        assert_eq!(said(&fetcher, &source).await, Ok(None));
    }

    #[test]
    fn a_page_that_came_safely_has_no_pictures_that_do_not() {
        let loaded = |url: &str, page: &str| {
            as_browsers_load(&Url::parse(url).expect(url), &Url::parse(page).expect(page)).to_string()
        };
        assert_eq!(loaded("http://a.example/1.png", "https://b.example/"), "https://a.example/1.png");
        assert_eq!(loaded("http://a.example:8080/", "https://b.example/"), "https://a.example:8080/");
        assert_eq!(loaded("http://a.example/", "http://b.example/"), "http://a.example/");
        assert_eq!(loaded("https://a.example/", "http://b.example/"), "https://a.example/");
    }
}

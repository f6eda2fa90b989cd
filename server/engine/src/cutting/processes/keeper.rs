//! Keeps a number of decoders alive: starts them, notices when one dies, puts another in its place, ends them all.
//!
//! It is a thread of its own, for two reasons. A child dies with the thread that started it (PDEATHSIG), so that none
//! outlives the server whatever ends it; a thread of tokio's would end when it has nothing to do. And whoever waits for
//! children must know which are its own, or it takes away those of others. It sleeps until something happens.

use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedSender;

use super::line::Line;
use super::{ProcessSettings, wire};

/// A decoder that dies younger than this, and of no picture, may be one that cannot work here.
const INFANCY: Duration = Duration::from_millis(100);

/// So many that die young, one after the other, are not replaced by themselves: starting them would never end.
const MAX_INFANT_DEATHS: u32 = 10;

/// A decoder that is ready for a job, or why there is none.
pub(super) type Ready = io::Result<Line>;

/// What the keeper is told.
enum Order {
    /// End this decoder; another one takes its place.
    Replace(u32),
    /// Try again to start one that could not be started.
    Another,
}

/// The reins of the thread. Dropping them ends it and all decoders.
#[derive(Debug)]
pub(super) struct Keeper(Mutex<Option<Reins>>);

#[derive(Debug)]
struct Reins {
    orders: mpsc::Sender<Order>,
    /// A byte wakes the thread, the end of the line ends it.
    wake: UnixStream,
    thread: JoinHandle<()>,
}

impl Keeper {
    /// Starts `count` decoders, which come out of the other end of `ready`; as does one for each that dies.
    pub(super) fn start(
        settings: ProcessSettings,
        count: usize,
        ready: UnboundedSender<Ready>,
    ) -> io::Result<Self> {
        let (wake, woken) = UnixStream::pair()?;
        let (orders, ordered) = mpsc::channel();
        let runtime = Handle::current();
        let thread = std::thread::Builder::new().name("decoders".to_owned()).spawn(move || {
            // Lines are registered with the runtime that uses them.
            let _context = runtime.enter();
            let (alive, unwanted) = (Vec::new(), HashSet::new());
            let mut decoders = Decoders { settings, ready, alive, unwanted, infant_deaths: 0 };
            (0..count).for_each(|_| decoders.add());
            decoders.keep(woken, &ordered);
        })?;
        Ok(Self(Mutex::new(Some(Reins { orders, wake, thread }))))
    }

    /// Ends the decoder with this process id, if it still lives, and puts another in its place.
    pub(super) fn replace(&self, pid: u32) {
        self.order(Order::Replace(pid));
    }

    /// Tries once more to start a decoder in the place of one that could not be started.
    pub(super) fn another(&self) {
        self.order(Order::Another);
    }

    /// Ends all decoders and waits for their end.
    pub(super) async fn stop(&self) {
        let Some(Reins { orders, wake, thread }) = self.take() else { return };
        drop((orders, wake));
        // An error is a panic of the thread or the end of the runtime: there is nothing left to wait for.
        let _ = tokio::task::spawn_blocking(|| thread.join()).await;
    }

    fn order(&self, order: Order) {
        if let Some(reins) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            // A thread that has ended has no decoders left.
            let _ = reins.orders.send(order).map(|()| reins.wake.write_all(b"."));
        }
    }

    fn take(&self) -> Option<Reins> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What the thread holds.
struct Decoders {
    settings: ProcessSettings,
    ready: UnboundedSender<Ready>,
    alive: Vec<Alive>,
    /// Those that were told to end.
    unwanted: HashSet<u32>,
    /// How many died young since one did not.
    infant_deaths: u32,
}

struct Alive {
    process: Child,
    /// Becomes readable when the process ends.
    end: OwnedFd,
    since: Instant,
    /// Whether it was told anything: it may have died of that.
    is_used: Arc<AtomicBool>,
}

impl Decoders {
    fn keep(mut self, mut woken: UnixStream, orders: &mpsc::Receiver<Order>) {
        loop {
            let mut events: Vec<_> = std::iter::once(woken.as_fd())
                .chain(self.alive.iter().map(|alive| alive.end.as_fd()))
                .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
                .collect();
            if let Err(error) = poll(&mut events, None)
                && error != rustix::io::Errno::INTR
            {
                tracing::error!(%error, "decoders cannot be watched any more: they are ended");
                break;
            }
            let is_woken = !events[0].revents().is_empty();
            if is_woken && matches!(woken.read(&mut [0; 64]), Ok(0) | Err(_)) {
                break;
            }
            for order in orders.try_iter() {
                match order {
                    Order::Replace(pid) => self.end(pid),
                    Order::Another => self.add(),
                }
            }
            self.bury();
        }
        for Alive { mut process, .. } in self.alive {
            // It may have ended by itself.
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    fn end(&mut self, pid: u32) {
        if let Some(alive) = self.alive.iter_mut().find(|alive| alive.process.id() == pid) {
            self.unwanted.insert(pid);
            // It may have ended by itself; `bury` finds it either way.
            let _ = alive.process.kill();
        }
    }

    /// Takes away those that have ended, and puts others in their places.
    fn bury(&mut self) {
        let (mut index, mut dead, mut lost) = (0, Vec::new(), 0);
        while let Some(alive) = self.alive.get_mut(index) {
            match alive.process.try_wait() {
                Ok(None) => index += 1,
                Ok(Some(status)) => dead.push((self.alive.swap_remove(index), status)),
                Err(error) => {
                    // Where SIGCHLD is ignored, which is inherited, the system itself takes the dead away.
                    tracing::error!(%error, "a decoder cannot be waited for");
                    let gone = self.alive.swap_remove(index);
                    self.unwanted.remove(&gone.process.id());
                    lost += 1;
                }
            }
        }
        (0..lost).for_each(|_| self.add());
        for (Alive { process, since, is_used, .. }, status) in dead {
            // One that fell before it was ended is told too: its line closes before its end is seen.
            let was_ended = status.signal() == Some(Signal::KILL.as_raw()) || status.success();
            let is_unwanted = self.unwanted.remove(&process.id()) && was_ended;
            if !is_unwanted {
                tracing::warn!(pid = process.id(), %status, "a decoder has died");
            }
            let is_infant = !is_used.load(Ordering::Relaxed) && !is_unwanted && since.elapsed() < INFANCY;
            self.infant_deaths = if is_infant { self.infant_deaths + 1 } else { 0 };
            if self.infant_deaths < MAX_INFANT_DEATHS {
                self.add();
            } else {
                self.infant_deaths = 0;
                self.report(Err(io::Error::other(format!("a decoder ended at once, with {status}"))));
            }
        }
    }

    fn add(&mut self) {
        let added = self.spawn();
        self.report(added);
    }

    fn report(&self, ready: Ready) {
        // Nobody wants decoders any more: the next thing to happen is the end of this thread.
        let _ = self.ready.send(ready);
    }

    fn spawn(&mut self) -> Ready {
        let ProcessSettings { program, arguments, memory_bytes, .. } = &self.settings;
        let (ours, theirs) = wire::pair()?;
        let process = Command::new(program)
            .args(arguments)
            .arg(format!("--memory-bytes={memory_bytes}"))
            .arg(format!("--cpu-seconds={}", self.settings.cpu_seconds()))
            .env_clear()
            .current_dir("/")
            .stdin(theirs)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A Ctrl-C is meant for the server, which lets its decoders finish.
            .process_group(0)
            .spawn()?;
        let mut alive = Unfinished(Some(process));
        let pid = alive.pid();
        let end = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let end = pidfd_open(end.ok_or(io::ErrorKind::InvalidData)?, PidfdFlags::empty())?;
        let is_used = Arc::new(AtomicBool::new(false));
        let line = Line::new(pid, ours, Arc::clone(&is_used))?;
        let since = Instant::now();
        self.alive.extend(alive.0.take().map(|process| Alive { process, end, since, is_used }));
        Ok(line)
    }
}

/// A process that nobody watches yet: ended if it comes to nothing.
struct Unfinished(Option<Child>);

impl Unfinished {
    fn pid(&self) -> u32 {
        self.0.as_ref().map_or(0, Child::id)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(process) = &mut self.0 {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

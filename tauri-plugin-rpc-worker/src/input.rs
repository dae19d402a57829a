//! What goes to a worker's stdin: a queue with a limit, and one thread that writes.
//!
//! Each text is written as one piece, so that the lines of two windows never mix. Whoever writes
//! waits for room in the queue, without a thread: a worker that does not read blocks nobody.

use std::io::Write;
use std::sync::{mpsc, Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many bytes may wait for a worker to read them. A longer text waits until it is alone.
const ROOM: u32 = 16 << 20;

/// The queue's end that takes. All its clones are one.
#[derive(Clone)]
pub struct Input {
    queue: Arc<Mutex<Option<mpsc::Sender<Text>>>>,
    room: Arc<Semaphore>,
}

/// One text, and its place in the queue until it is written.
struct Text {
    bytes: Vec<u8>,
    _place: Option<OwnedSemaphorePermit>,
}

/// The worker's stdin is closed, or is being closed.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed;

impl Input {
    /// Starts the thread. It ends, and lets go of `stdin`, when the queue is closed and empty or the
    /// worker does not read any more.
    pub fn new(mut stdin: impl Write + Send + 'static) -> Self {
        let (queue, texts) = mpsc::channel::<Text>();
        let input = Self {
            queue: Arc::new(Mutex::new(Some(queue))),
            room: Arc::new(Semaphore::new(ROOM as usize)),
        };
        let room = Arc::clone(&input.room);
        thread::spawn(move || {
            for text in texts {
                if stdin
                    .write_all(&text.bytes)
                    .and_then(|()| stdin.flush())
                    .is_err()
                {
                    break;
                }
            }
            room.close();
        });
        input
    }

    /// Puts a text into the queue as soon as there is room.
    pub async fn write(&self, bytes: Vec<u8>) -> Result<(), Closed> {
        let size = u32::try_from(bytes.len()).unwrap_or(ROOM).min(ROOM);
        let place = Arc::clone(&self.room).acquire_many_owned(size).await;
        let place = Some(place.map_err(|_| Closed)?);
        self.put(Text {
            bytes,
            _place: place,
        })
    }

    /// Puts a line of our own into the queue, whether or not there is room: it is short, and its
    /// writer may be the main thread.
    pub fn write_now(&self, line: String) {
        // A worker that is going needs it no more.
        let _ = self.put(Text {
            bytes: line.into_bytes(),
            _place: None,
        });
    }

    /// Takes no more. The worker's stdin ends when what is in the queue is written.
    pub fn close(&self) {
        self.room.close();
        self.lock().take();
    }

    fn put(&self, text: Text) -> Result<(), Closed> {
        let queue = self.lock();
        queue.as_ref().ok_or(Closed)?.send(text).map_err(|_| Closed)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<mpsc::Sender<Text>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::mpsc::{channel, sync_channel, Receiver, SyncSender};

    use tauri::async_runtime::block_on;

    use super::{Closed, Input, ROOM};

    /// A stdin of which each write waits for its reader.
    struct Pipe(SyncSender<Vec<u8>>);

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
            self.0.send(bytes.to_vec()).map_err(gone)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn pipe() -> (Input, Receiver<Vec<u8>>) {
        let (pipe, written) = sync_channel(0);
        (Input::new(Pipe(pipe)), written)
    }

    #[test]
    fn each_text_is_one_write_in_order() {
        let (input, written) = pipe();
        for text in ["a\n", "b\nc\n"] {
            assert_eq!(block_on(input.write(text.into())), Ok(()));
        }
        input.write_now("d\n".into());
        input.close();
        let texts: Vec<Vec<u8>> = written.iter().collect();
        assert_eq!(texts, [&b"a\n"[..], b"b\nc\n", b"d\n"]);
    }

    #[test]
    fn a_full_queue_makes_wait_and_lets_our_own_lines_in() {
        let (input, written) = pipe();
        let much = vec![b'x'; ROOM as usize + 1];
        assert_eq!(block_on(input.write(much.clone())), Ok(()));
        let (done, is_done) = channel();
        let waiting = input.clone();
        tauri::async_runtime::spawn(async move {
            let _ = done.send(waiting.write(b"later\n".to_vec()).await);
        });
        input.write_now("ours\n".into());
        assert!(is_done.try_recv().is_err(), "the queue is full");
        assert_eq!(written.recv().expect("it is written"), much);
        assert_eq!(written.recv().expect("it is written"), b"ours\n");
        assert_eq!(written.recv().expect("it is written"), b"later\n");
        assert_eq!(is_done.recv(), Ok(Ok(())));
    }

    #[test]
    fn closing_refuses_who_waits_and_writes_what_was_taken() {
        let (input, written) = pipe();
        let much = vec![b'x'; ROOM as usize];
        assert_eq!(block_on(input.write(much)), Ok(()));
        let waiting = input.clone();
        let waiting =
            tauri::async_runtime::spawn(async move { waiting.write(b"a".to_vec()).await });
        input.close();
        assert_eq!(block_on(waiting).expect("it ends"), Err(Closed));
        assert_eq!(block_on(input.write(b"b".to_vec())), Err(Closed));
        assert_eq!(written.iter().count(), 1);
    }

    #[test]
    fn a_worker_that_reads_no_more_refuses() {
        let (input, written) = pipe();
        drop(written);
        // The first may be taken before the thread notices; then nothing is.
        let _ = block_on(input.write(b"a".to_vec()));
        let much = vec![b'x'; ROOM as usize];
        while block_on(input.write(much.clone())) == Ok(()) {}
    }
}

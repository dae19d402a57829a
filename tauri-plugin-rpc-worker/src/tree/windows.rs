//! All processes of one worker: a job, which the system ends with this process at the latest.
//!
//! UNTESTED: written from the documentation of Win32.

use std::io;
use std::os::windows::io::AsRawHandle;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, PoisonError};

use win32job::{ExtendedLimitInfo, Job};

pub struct Tree {
    /// None once its processes are killed.
    job: Mutex<Option<Job>>,
}

impl Tree {
    pub fn spawn(command: &mut Command, _mark: &str) -> io::Result<(Self, Child)> {
        let mut limits = ExtendedLimitInfo::new();
        limits.limit_kill_on_job_close();
        let job = Job::create_with_limit_info(&limits).map_err(io::Error::other)?;
        let mut child = command.spawn()?;
        if let Err(error) = job.assign_process(child.as_raw_handle() as isize) {
            let _ = child.kill();
            let _ = child.wait();
            return Err(io::Error::other(error));
        }
        let job = Mutex::new(Some(job));
        Ok((Self { job }, child))
    }

    /// Kills all: a job whose last handle is closed does.
    pub fn kill(&self) {
        self.job
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }

    /// Blocks until the root has ended, and ends what it left behind.
    pub fn wait(&self, child: &mut Child) -> io::Result<ExitStatus> {
        let status = child.wait();
        self.kill();
        status
    }
}

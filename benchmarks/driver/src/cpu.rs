//! Which CPU this process, and what it spawns, runs on.

#[cfg(target_os = "linux")]
mod linux {
    use std::mem::size_of;

    /// The kernel's bit set of CPUs: 1,024 of them, as in glibc and musl.
    type CpuSet = [u64; 16];

    extern "C" {
        fn sched_getaffinity(pid: i32, size: usize, set: *mut CpuSet) -> i32;
        fn sched_setaffinity(pid: i32, size: usize, set: *const CpuSet) -> i32;
    }

    pub fn allowed() -> Vec<usize> {
        let mut set: CpuSet = [0; 16];
        // SAFETY: the set is as large as we say, and the call only writes to it. 0 is this thread.
        unsafe { sched_getaffinity(0, size_of::<CpuSet>(), &mut set) };
        (0..1024)
            .filter(|cpu| set[cpu / 64] >> (cpu % 64) & 1 == 1)
            .collect()
    }

    pub fn pin(cpu: usize) {
        let mut set: CpuSet = [0; 16];
        set[cpu / 64] |= 1 << (cpu % 64);
        // SAFETY: the set is as large as we say, and the call only reads it. 0 is this thread.
        // A container may refuse; then nothing is pinned, and the figures only vary more.
        unsafe { sched_setaffinity(0, size_of::<CpuSet>(), &set) };
    }
}

#[cfg(not(target_os = "linux"))]
mod linux {
    pub fn allowed() -> Vec<usize> {
        Vec::new()
    }

    pub fn pin(_cpu: usize) {}
}

pub use linux::{allowed, pin};

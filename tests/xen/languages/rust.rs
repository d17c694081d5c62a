// SPDX-License-Identifier: MIT
// want: ret 4096 0 1152921504606846975 7 0 0 0 0
// A job in Rust without its standard library: sorts numbers in memory of its own, divides
// numbers of 128 bits, writes formatted lines into the log. ret: how many numbers, how
// many are out of order, a quotient, digits of a number as text. With an argument that is
// not 0 it reads behind an array, and panics: an exception.
#![no_std]

use core::arch::asm;
use core::fmt::{self, Write};
use core::panic::PanicInfo;

const SERVICE_LOG: u32 = 1;
const LOG_BYTES: usize = 1024;
const NUMBERS: usize = 4096;

// include/abi/job.h: struct job_services
#[repr(C)]
pub struct Services {
    abi_version: u32,
    stop: u32,
    tsc_khz: u64,
    arg: [u64; 4],
    ret: [u64; 8],
    memory_va: u64,
    memory_bytes: u64,
    vcpu_id: u32,
    node: u32,
    vnode: u32,
    nr_areas: u32,
    log_bytes: u32,
    run_flags: u32,
    shared_va: u64,
    shared_bytes: u64,
    nr_services: u32,
    reserved: [u32; 21],
    area: [[u64; 3]; 65],
    log: [u8; LOG_BYTES],
}

impl Services {
    fn flush(&mut self) {
        // SAFETY: it reads log_bytes and log, and sets log_bytes to 0
        unsafe { asm!("int 0x20", inout("eax") SERVICE_LOG => _, in("edi") 0) }
    }
}

impl Write for Services {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if self.log_bytes as usize >= LOG_BYTES {
                self.flush();
            }
            self.log[self.log_bytes as usize] = byte;
            self.log_bytes += 1;
            if byte == b'\n' {
                self.flush();
            }
        }
        Ok(())
    }
}

static mut MEMORY: [u64; NUMBERS] = [0; NUMBERS];

fn fill(numbers: &mut [u64]) {
    let mut x = 0x9e37_79b9_7f4a_7c15_u64;

    for n in numbers.iter_mut() {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        *n = x;
    }
}

struct Digits(u64);

impl Write for Digits {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.bytes().filter(u8::is_ascii_digit).count() as u64;
        Ok(())
    }
}

/// # Safety
/// The services block is the job's own, and it alone runs.
#[no_mangle]
pub unsafe extern "C" fn job_main(services: *mut Services) -> i32 {
    let s = &mut *services;
    let numbers = &mut *core::ptr::addr_of_mut!(MEMORY);
    let mut digits = Digits(0);

    fill(numbers);
    numbers.sort_unstable();
    s.ret[0] = numbers.len() as u64;
    s.ret[1] = numbers.windows(2).filter(|w| w[0] > w[1]).count() as u64;
    s.ret[2] = ((u128::MAX - u128::from(s.arg[0])) / (1_u128 << 68)) as u64;
    let _ = write!(digits, "{:.3}", 1234.5678_f64);
    s.ret[3] = digits.0;
    let at = s.arg[0] as usize;
    let middle = numbers[NUMBERS / 2 + at * NUMBERS];
    let _ = writeln!(s, "sorted, the middle one is {:#018x}", middle);
    0
}

// Named by libcore as it comes, which could unwind; nothing of that is in a job.
#[no_mangle]
pub extern "C" fn rust_eh_personality() {}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    // SAFETY: does not return
    unsafe { asm!("ud2", options(noreturn)) }
}

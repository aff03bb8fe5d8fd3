//! The allocator: lists of free blocks by size, and neighbours that are free become one.
//!
//! A block is a header and its contents. The header has the block's size and that of the block before
//! it, so that both neighbours can be found. Free blocks are in one of 256 lists, eight to a doubling
//! of the size; a bit for each list says whether it has any. A request takes the first block of its own
//! list that is large enough, of a few it looks at, or any block of the next list that has one, and
//! what it does not need is free again. New memory comes from the program break. All of it is a few
//! dozen instructions, and no memory that was freed is lost to other sizes. The design is that of
//! M. Masmano et al., "TLSF: a new dynamic memory allocator for real-time systems" (2004).

use crate::single::Single;
use crate::system::set_break;
use core::alloc::{GlobalAlloc, Layout};
use core::mem::size_of;
use core::ptr::{copy_nonoverlapping, null_mut};

/// What contents are aligned to without being asked.
const ALIGNMENT: usize = 16;

/// Before the contents.
#[repr(C)]
struct Header {
    /// The size of the block, header included; plus [`FREE`] if it is.
    size: usize,
    /// The size of the block before it, 0 if there is none.
    previous: usize,
}

const FREE: usize = 1;

const HEADER: usize = size_of::<Header>();

/// A free block.
#[repr(C)]
struct Free {
    header: Header,
    next: *mut Free,
    before: *mut Free,
}

const SMALLEST: usize = size_of::<Free>();

/// More than a guest can have, and of a list that there is.
const LARGEST: usize = 1 << 37;

const LISTS: usize = 256;

/// How many blocks of its own list a request looks at.
const LOOKS: usize = 8;

/// New memory is taken in multiples of this, or if there is not so much, of pages.
const GROWTH: usize = 128 << 10;
const PAGE: usize = 4096;

struct Heap {
    lists: [*mut Free; LISTS],
    /// Which lists have blocks.
    filled: [u64; LISTS / 64],
    /// The last block, which has no contents and is never free.
    end: *mut Header,
}

struct Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

static HEAP: Single<Heap> = Single::new(Heap {
    lists: [null_mut(); LISTS],
    filled: [0; LISTS / 64],
    end: null_mut(),
});

/// The list of free blocks of a size, a multiple of 16: of one size each up to 240, then of an eighth
/// of a doubling.
fn list_of(size: usize) -> usize {
    let units = size / ALIGNMENT;
    if units < 8 {
        units
    } else {
        let doublings = units.ilog2() as usize;
        (doublings - 2) * 8 + ((units >> (doublings - 3)) & 7)
    }
}

/// The size of the block for contents, or None if there cannot be so much.
fn block_size(size: usize) -> Option<usize> {
    (size <= LARGEST).then(|| (size + HEADER).next_multiple_of(ALIGNMENT).max(SMALLEST))
}

// All pointers below are to headers of blocks, in memory that the break has given to this heap. Each
// function says what it leaves of: the sizes in neighbouring headers agree, and the free blocks, no two
// of them neighbours, are those in the lists.

/// # Safety
///
/// It must be a block, and not the last.
unsafe fn next(block: *mut Header) -> *mut Header {
    // SAFETY: the block has a size, and one comes after it.
    unsafe { block.byte_add((*block).size & !FREE) }
}

/// # Safety
///
/// It must be a block.
unsafe fn is_free(block: *mut Header) -> bool {
    // SAFETY: the caller says so.
    unsafe { (*block).size & FREE != 0 }
}

impl Heap {
    /// Puts a block that is neither free nor used on its list.
    ///
    /// # Safety
    ///
    /// It must be a block, with no free neighbours.
    unsafe fn insert(&mut self, block: *mut Header) {
        // SAFETY: it is large enough for a free block's header, as all are; the list's are blocks.
        unsafe {
            let list = list_of((*block).size);
            let free = block.cast::<Free>();
            (*block).size |= FREE;
            (*free).next = self.lists[list];
            (*free).before = null_mut();
            if !self.lists[list].is_null() {
                (*self.lists[list]).before = free;
            }
            self.lists[list] = free;
            self.filled[list / 64] |= 1 << (list % 64);
        }
    }

    /// Takes a block from its list.
    ///
    /// # Safety
    ///
    /// It must be a free block.
    unsafe fn remove(&mut self, block: *mut Header) {
        // SAFETY: it is in a list, together with its neighbours there.
        unsafe {
            (*block).size &= !FREE;
            let list = list_of((*block).size);
            let free = block.cast::<Free>();
            if !(*free).next.is_null() {
                (*(*free).next).before = (*free).before;
            }
            if !(*free).before.is_null() {
                (*(*free).before).next = (*free).next;
            } else {
                self.lists[list] = (*free).next;
                if (*free).next.is_null() {
                    self.filled[list / 64] &= !(1 << (list % 64));
                }
            }
        }
    }

    /// A free block of at least this size; null if there is none.
    ///
    /// # Safety
    ///
    /// The heap must be in order.
    unsafe fn find(&self, size: usize, looks: usize) -> *mut Header {
        let list = list_of(size);
        let mut free = self.lists[list];
        for _ in 0..looks {
            if free.is_null() {
                break;
            }
            // SAFETY: it is in the list.
            unsafe {
                if (*free).header.size & !FREE >= size {
                    return free.cast();
                }
                free = (*free).next;
            }
        }
        // All blocks of later lists are large enough.
        let mut word = (list + 1) / 64;
        let mut bits = u64::MAX.checked_shl(((list + 1) % 64) as u32).unwrap_or(0);
        while word < self.filled.len() {
            let filled = self.filled[word] & bits;
            if filled != 0 {
                return self.lists[word * 64 + filled.trailing_zeros() as usize].cast();
            }
            word += 1;
            bits = u64::MAX;
        }
        null_mut()
    }

    /// Makes a used block of at most this size of a used one, and frees the rest if it is a block.
    ///
    /// # Safety
    ///
    /// It must be a used block of at least this size.
    unsafe fn trim(&mut self, block: *mut Header, size: usize) {
        // SAFETY: the rest is within the block.
        unsafe {
            let rest = (*block).size - size;
            if rest >= SMALLEST {
                self.split(block, size);
                self.free(next(block));
            }
        }
    }

    /// Makes two used blocks of one.
    ///
    /// # Safety
    ///
    /// It must be a used block, with room for another behind this size.
    unsafe fn split(&mut self, block: *mut Header, size: usize) {
        // SAFETY: the second is within the block.
        unsafe {
            let second = block.byte_add(size);
            (*second).size = (*block).size - size;
            (*second).previous = size;
            (*block).size = size;
            (*next(second)).previous = (*second).size;
        }
    }

    /// Joins a block, neither free nor used, with the free one behind it, if there is one.
    ///
    /// # Safety
    ///
    /// It must be a block.
    unsafe fn join_next(&mut self, block: *mut Header) {
        // SAFETY: the end is never free, so there is one behind a free block.
        unsafe {
            let second = next(block);
            if is_free(second) {
                self.remove(second);
                (*block).size += (*second).size;
                (*next(block)).previous = (*block).size;
            }
        }
    }

    /// Frees a used block.
    ///
    /// # Safety
    ///
    /// It must be one.
    unsafe fn free(&mut self, block: *mut Header) {
        // SAFETY: there is a block before it if it says so.
        unsafe {
            self.join_next(block);
            let mut first = block;
            if (*block).previous != 0 {
                let previous = block.byte_sub((*block).previous);
                if is_free(previous) {
                    self.remove(previous);
                    self.join_used(previous, block);
                    first = previous;
                }
            }
            self.insert(first);
        }
    }

    /// # Safety
    ///
    /// Both must be neighbours, in this order, neither of them in a list.
    unsafe fn join_used(&mut self, first: *mut Header, second: *mut Header) {
        // SAFETY: they are neighbours, and there is one behind them.
        unsafe {
            (*first).size += (*second).size;
            (*next(first)).previous = (*first).size;
        }
    }

    /// Adds free memory behind the last block, at least so much. Whether there was any.
    ///
    /// # Safety
    ///
    /// The heap must be in order.
    unsafe fn grow(&mut self, size: usize) -> bool {
        let start = set_break(0);
        if !self.end.is_null() && self.end as usize + HEADER == start {
            let Some(end) = extend(start, size) else {
                return false;
            };
            // SAFETY: the memory behind the end is new, so the end becomes a block, and the new end
            // is behind it.
            unsafe {
                let block = self.end;
                (*block).size = end - start;
                self.finish(block);
                self.free(block);
            }
        } else {
            // The first memory, or somebody else has moved the break too.
            let first = start.next_multiple_of(PAGE);
            let Some(end) = extend(first, size + HEADER) else {
                return false;
            };
            let block = first as *mut Header;
            // SAFETY: the memory is new.
            unsafe {
                (*block).size = end - first - HEADER;
                (*block).previous = 0;
                self.finish(block);
                self.free(block);
            }
        }
        true
    }

    /// Writes the end behind the last block.
    ///
    /// # Safety
    ///
    /// There must be room for it.
    unsafe fn finish(&mut self, block: *mut Header) {
        // SAFETY: the caller says so.
        unsafe {
            self.end = next(block);
            (*self.end).size = 0;
            (*self.end).previous = (*block).size;
        }
    }

    /// A used block of at least this size; null if there is no memory.
    ///
    /// # Safety
    ///
    /// The heap must be in order.
    unsafe fn take(&mut self, size: usize) -> *mut Header {
        // SAFETY: the heap is in order after each step.
        unsafe {
            let mut block = self.find(size, LOOKS);
            if block.is_null() {
                let missing = size.saturating_sub(self.free_at_end());
                if missing != 0 {
                    self.grow(missing);
                }
                // If there was no more memory, looking at all of its own list pays.
                block = self.find(size, usize::MAX);
            }
            if !block.is_null() {
                self.remove(block);
            }
            block
        }
    }

    /// How much of a request is there already, just before where new memory comes.
    ///
    /// # Safety
    ///
    /// The heap must be in order.
    unsafe fn free_at_end(&self) -> usize {
        if self.end.is_null() {
            return 0;
        }
        // SAFETY: there is a block before the end if it says so.
        unsafe {
            let last = self.end.byte_sub((*self.end).previous);
            if is_free(last) {
                (*last).size & !FREE
            } else {
                0
            }
        }
    }
}

/// Moves the break, by at least so much if it can. Where it is then.
fn extend(start: usize, size: usize) -> Option<usize> {
    [GROWTH, PAGE].into_iter().find_map(|unit| {
        let end = (start + size).next_multiple_of(unit);
        (set_break(end) == end).then_some(end)
    })
}

/// The block of contents.
///
/// # Safety
///
/// They must be of this heap.
unsafe fn block_of(contents: *mut u8) -> *mut Header {
    // SAFETY: the header is before them.
    unsafe { contents.sub(HEADER).cast() }
}

// SAFETY: a block is the caller's alone until it is freed, with at least the size and the alignment of
// its layout. Nothing here panics.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(size) = block_size(layout.size()) else {
            return null_mut();
        };
        // SAFETY: the heap is in order between calls, and no call is made during another.
        unsafe {
            let heap = HEAP.get();
            if layout.align() <= ALIGNMENT {
                let block = heap.take(size);
                if block.is_null() {
                    return null_mut();
                }
                heap.trim(block, size);
                return block.byte_add(HEADER).cast();
            }
            // Room for a block before it, which is free then.
            let align = layout.align();
            if align > LARGEST {
                return null_mut();
            }
            let mut block = heap.take(size + align + SMALLEST);
            if block.is_null() {
                return null_mut();
            }
            let contents = block as usize + HEADER;
            if contents % align != 0 {
                let aligned = (contents + SMALLEST).next_multiple_of(align);
                heap.split(block, aligned - contents);
                let before = block;
                block = next(before);
                heap.free(before);
            }
            heap.trim(block, size);
            block.byte_add(HEADER).cast()
        }
    }

    unsafe fn dealloc(&self, contents: *mut u8, _: Layout) {
        // SAFETY: the caller says that they are of this heap, and the heap is in order.
        unsafe { HEAP.get().free(block_of(contents)) };
    }

    unsafe fn realloc(&self, contents: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let Some(size) = block_size(new_size) else {
            return null_mut();
        };
        // SAFETY: the caller says that the contents are of this heap. Each reference to the heap
        // ends before another begins.
        unsafe {
            let block = block_of(contents);
            if (*block).size < size {
                let heap = HEAP.get();
                heap.join_next(block);
                if (*block).size < size && next(block) == heap.end {
                    heap.grow(size - (*block).size);
                    heap.join_next(block);
                }
            }
            if (*block).size >= size {
                HEAP.get().trim(block, size);
                return contents;
            }
            // The block is larger now than it was, which does no harm.
            let Ok(new_layout) = Layout::from_size_align(new_size, layout.align()) else {
                return null_mut();
            };
            let moved = self.alloc(new_layout);
            if !moved.is_null() {
                copy_nonoverlapping(contents, moved, layout.size().min(new_size));
                self.dealloc(contents, layout);
            }
            moved
        }
    }
}

//! The allocator. It has lists of free blocks by size, and joins neighbors that are both free.
//!
//! A block is a header and its contents. The header has the size of the block and that of the block
//! before it, so that both neighbors can be found. A free block is in one of 256 lists. There are
//! eight lists for each doubling of the size, and a bit for each list that says whether it is empty.
//!
//! A request looks at a few blocks of its own list, and takes the first that is large enough. If none
//! is, it takes any block of the next list that is not empty. The unneeded rest of the block becomes a
//! free block again. New memory comes from the program break.
//!
//! A request takes a few dozen instructions, and freed memory can be used again for any size. The
//! design is that of M. Masmano et al., "TLSF: a new dynamic memory allocator for real-time systems"
//! (2004).

use crate::single::Single;
use crate::system::set_break;
use core::alloc::{GlobalAlloc, Layout};
use core::mem::size_of;
use core::ptr::{copy_nonoverlapping, null_mut};

/// The alignment of all contents.
const ALIGNMENT: usize = 16;

/// The header of a block, which lies before the contents.
#[repr(C)]
struct Header {
    /// The size of the block with its header, plus [`FREE`] if the block is free.
    size: usize,
    /// The size of the block before this one, or 0 if there is none.
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

/// A size that is larger than the memory of any guest, and whose list exists.
const LARGEST: usize = 1 << 37;

const LISTS: usize = 256;

/// The number of blocks of its own list that a request looks at.
const LOOKS: usize = 8;

/// New memory is taken in multiples of this, or in multiples of pages if there is not so much.
const GROWTH: usize = 128 << 10;
const PAGE: usize = 4096;

struct Heap {
    lists: [*mut Free; LISTS],
    /// A bit for each list that has blocks.
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

/// Returns the list of free blocks of a size, which is a multiple of 16. Up to 240, each list has one
/// size. Above, each list has an eighth of a doubling.
fn list_of(size: usize) -> usize {
    let units = size / ALIGNMENT;
    if units < 8 {
        units
    } else {
        let doublings = units.ilog2() as usize;
        (doublings - 2) * 8 + ((units >> (doublings - 3)) & 7)
    }
}

/// Returns the size of the block for contents of a size, or None if no guest has so much memory.
fn block_size(size: usize) -> Option<usize> {
    (size <= LARGEST).then(|| (size + HEADER).next_multiple_of(ALIGNMENT).max(SMALLEST))
}

// All pointers below point to headers of blocks, in memory that this heap got by moving the break. A
// heap is in order if three things hold. The sizes in neighboring headers agree. The lists have
// exactly the free blocks. No two free blocks are neighbors. Each function says how it departs from
// this.

/// # Safety
///
/// The pointer must be to a block that is not the last.
unsafe fn next(block: *mut Header) -> *mut Header {
    // SAFETY: the block has a size, and one comes after it.
    unsafe { block.byte_add((*block).size & !FREE) }
}

/// # Safety
///
/// The pointer must be to a block.
unsafe fn is_free(block: *mut Header) -> bool {
    // SAFETY: the caller says that this is a block.
    unsafe { (*block).size & FREE != 0 }
}

impl Heap {
    /// Puts a block on its list. Before, the block is neither free nor used.
    ///
    /// # Safety
    ///
    /// The pointer must be to a block without free neighbors.
    unsafe fn insert(&mut self, block: *mut Header) {
        // SAFETY: every block is large enough for the header of a free block, and the list has blocks.
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
    /// The pointer must be to a free block.
    unsafe fn remove(&mut self, block: *mut Header) {
        // SAFETY: a free block is in a list, and so are the blocks that it links to.
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

    /// Returns a free block of at least a size, or null if there is none.
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
            // SAFETY: the block is in the list.
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

    /// Cuts a used block to a size, and frees the rest if it is large enough for a block.
    ///
    /// # Safety
    ///
    /// The pointer must be to a used block of at least this size.
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

    /// Splits a used block into two used blocks.
    ///
    /// # Safety
    ///
    /// The pointer must be to a used block, with room for another block after this size.
    unsafe fn split(&mut self, block: *mut Header, size: usize) {
        // SAFETY: the second block is within the first.
        unsafe {
            let second = block.byte_add(size);
            (*second).size = (*block).size - size;
            (*second).previous = size;
            (*block).size = size;
            (*next(second)).previous = (*second).size;
        }
    }

    /// Joins a block with the next block if that one is free. The block itself is neither free nor
    /// used.
    ///
    /// # Safety
    ///
    /// The pointer must be to a block.
    unsafe fn join_next(&mut self, block: *mut Header) {
        // SAFETY: the end is never free, so another block comes after a free block.
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
    /// The pointer must be to a used block.
    unsafe fn free(&mut self, block: *mut Header) {
        // SAFETY: if the block has a size of a previous block, that block exists.
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
    /// Both must be neighbors, in this order, and neither may be in a list.
    unsafe fn join_used(&mut self, first: *mut Header, second: *mut Header) {
        // SAFETY: the blocks are neighbors, and another block comes after them.
        unsafe {
            (*first).size += (*second).size;
            (*next(first)).previous = (*first).size;
        }
    }

    /// Adds free memory of at least a size after the last block. Returns whether there was so much.
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
            // SAFETY: the memory after the end is new. The end becomes a block, and the new end comes
            // after it.
            unsafe {
                let block = self.end;
                (*block).size = end - start;
                self.finish(block);
                self.free(block);
            }
        } else {
            // The heap has no memory yet, or other code has moved the break, too.
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

    /// Writes the end after the last block.
    ///
    /// # Safety
    ///
    /// There must be room for the end.
    unsafe fn finish(&mut self, block: *mut Header) {
        // SAFETY: the caller says that there is room.
        unsafe {
            self.end = next(block);
            (*self.end).size = 0;
            (*self.end).previous = (*block).size;
        }
    }

    /// Returns a used block of at least a size, or null if there is not enough memory.
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
                // If there is no more memory, a look at the whole list may find a block.
                block = self.find(size, usize::MAX);
            }
            if !block.is_null() {
                self.remove(block);
            }
            block
        }
    }

    /// Returns the size of the free block at the end of the heap, which new memory would extend.
    ///
    /// # Safety
    ///
    /// The heap must be in order.
    unsafe fn free_at_end(&self) -> usize {
        if self.end.is_null() {
            return 0;
        }
        // SAFETY: the end has the size of the block before it.
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

/// Moves the break up by at least a size. Returns its new place, or None if there is not so much
/// memory.
fn extend(start: usize, size: usize) -> Option<usize> {
    [GROWTH, PAGE].into_iter().find_map(|unit| {
        let end = (start + size).next_multiple_of(unit);
        (set_break(end) == end).then_some(end)
    })
}

/// Returns the block of contents.
///
/// # Safety
///
/// The contents must be of this heap.
unsafe fn block_of(contents: *mut u8) -> *mut Header {
    // SAFETY: the header is before the contents.
    unsafe { contents.sub(HEADER).cast() }
}

// SAFETY: a block belongs to the caller alone until it is freed. It has at least the size and the
// alignment of its layout. Nothing here panics.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(size) = block_size(layout.size()) else {
            return null_mut();
        };
        // SAFETY: the heap is in order between calls, and no call runs during another.
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
            // The block needs room for a free block before the aligned contents.
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
        // SAFETY: the caller says that the contents are of this heap, and the heap is in order.
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
            // The block may have grown in this attempt. That does no harm.
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

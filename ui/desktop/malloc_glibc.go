//go:build linux && cgo

package desktop

/*
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>

// A software OpenGL allocates and frees blocks as large as the window for each
// frame. By default glibc gives each back to the kernel and faults it in again.
static void keep_large_blocks(void) {
	mallopt(M_MMAP_THRESHOLD, 128 << 20);
	mallopt(M_TRIM_THRESHOLD, 512 << 20);
	mallopt(M_TOP_PAD, 16 << 20);
}
#else
static void keep_large_blocks(void) {}
#endif
*/
import "C"

// tuneAllocator saves 2 to 4 ms a frame where OpenGL is software.
func tuneAllocator() { C.keep_large_blocks() }

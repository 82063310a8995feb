#include "libav.h"

// A damaged file may ask for any amount of memory; no honest one asks for this much at once.
#define LARGEST_ALLOCATION (512u << 20)

static void say_nothing(void *who, int level, const char *format, va_list args) {}

void tally_quiet(void) {
    av_log_set_callback(say_nothing);
    av_max_alloc(LARGEST_ALLOCATION);
}

unsigned tally_codec_version(void) { return avcodec_version(); }

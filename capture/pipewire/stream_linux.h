// The C side of package pipewire. Every function returns 0 or more on success and a
// negative errno on failure, unless its comment says otherwise.
#ifndef TALLY_PIPEWIRE_H
#define TALLY_PIPEWIRE_H

#include <stdint.h>

typedef struct tally_stream tally_stream;

// What is known of a stream at one moment.
typedef struct {
    int fresh;         // there is a picture that was not taken
    int width, height; // of it, in pixels
    int red_first;     // RGBx; else BGRx
    int64_t came;      // when it did: nanoseconds of CLOCK_MONOTONIC
    int64_t drawn;     // when it was, as the compositor says; 0: not told
    int owed;          // no picture has come yet in the format that was agreed last
    int failure;       // a negative errno: the stream is over; -EPIPE: the server is gone
} tally_news;

// tally_pipewire_load finds the library. It may be called again, and from several
// threads.
int tally_pipewire_load(void);

// tally_stream_open connects to the node of the PipeWire server behind fd, which
// belongs to the stream from then on, also when this fails. The stream is NULL on
// failure, and why says what failed.
tally_stream *tally_stream_open(int fd, uint32_t node, int fps, int *why);
void tally_stream_close(tally_stream *s);

void tally_stream_look(tally_stream *s, tally_news *news);

// tally_stream_take copies the fresh picture into width × height × 4 bytes without
// padding, and gives its buffer back. It returns 1 if there is no picture of this
// size (any more).
int tally_stream_take(tally_stream *s, int width, int height, uint8_t *to);

#endif

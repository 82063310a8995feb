// The C side of package libav. Every function returns 0 or more on success and
// an AVERROR on failure, unless its comment says otherwise.
#ifndef TALLY_LIBAV_H
#define TALLY_LIBAV_H

#include <stdint.h>
#include <stdatomic.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/channel_layout.h>
#include <libavutil/dict.h>
#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <libavutil/hwcontext.h>
#include <libavutil/imgutils.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>

#define TALLY_LARGEST_PICTURE (8192 * 4608) // pixels; more is a damaged header
#define TALLY_UNSUPPORTED FFERRTAG('T', 'l', 'U', 's')
#define TALLY_HELD FFERRTAG('T', 'l', 'H', 'd')

void tally_quiet(void);
unsigned tally_codec_version(void);

// colour.c

typedef enum { TALLY_BT709, TALLY_BT601, TALLY_BT2020 } tally_matrix;

typedef struct {
    tally_matrix matrix;
    int full; // 0..255 instead of 16..235
} tally_colour;

typedef struct {
    int16_t yy, yu, yv, uu, uv, vu, vv; // 2.14 fixed point
    int from, to;                       // black, before and after
} tally_turn;

void tally_turn_make(tally_turn *t, tally_colour from, tally_colour to);
// tally_recolour turns w × h pixels of planar YUV into 4:2:0. rows is how many
// rows of chroma the source has for each row of the result's: 1 for 4:2:0, 2
// for 4:2:2. Source and destination may be the same with rows 1. line has room
// for 4 × (w + 1) values.
void tally_recolour(const tally_turn *t, int w, int h, int rows, const uint8_t *const src[], const int src_stride[],
                    uint8_t *const dst[], const int dst_stride[], int16_t *line);

typedef struct {
    int16_t yr, yg, yb, ur, ug, ub, vr, vg, vb; // 2.14 fixed point
    int black;
} tally_paint;

void tally_paint_make(tally_paint *p, tally_colour to);
// tally_paint_i420 turns w × h pixels of 4 bytes into 4:2:0. line has room for
// 6 × (w + 1) values.
void tally_paint_i420(const tally_paint *p, int red_first, int w, int h, const uint8_t *src, int src_stride, uint8_t *const dst[],
                      const int dst_stride[], int16_t *line);

// scale.c

typedef struct {
    enum AVPixelFormat format;
    tally_colour colour;
    int w, h;
    uint8_t *data[4];
    int stride[4];
    int padded; // may be read and written beyond the end of its rows
} tally_picture;

typedef struct tally_scaler tally_scaler;

tally_scaler *tally_scaler_new(void); // NULL when out of memory
void tally_scaler_free(tally_scaler *s);
int tally_scale(tally_scaler *s, int flags, const tally_picture *src, const tally_picture *dst);
int tally_scale_planes(tally_scaler *s, int flags, int sfmt, int smatrix, int sfull, int sw, int sh, uint8_t *s0, uint8_t *s1,
                       uint8_t *s2, int ss0, int ss1, int ss2, int dfmt, int dmatrix, int dfull, int dw, int dh,
                       uint8_t *d0, uint8_t *d1, uint8_t *d2, int ds0, int ds1, int ds2);
int tally_scale_jpeg(tally_scaler *s, int flags, const uint8_t *jpeg, int size, int dfmt, int dmatrix, int dfull, int dw,
                     int dh, uint8_t *d0, uint8_t *d1, uint8_t *d2, int ds0, int ds1, int ds2);
long long tally_conversions(void);
// tally_describe fills in what a decoded frame is.
void tally_describe(const AVFrame *f, tally_picture *p);

// resample.c

int tally_resampler_open(SwrContext **out, int in_format, AVChannelLayout *in_layout, int in_rate, int out_rate,
                         int out_channels);
int tally_resampler_open_float(SwrContext **out, int in_rate, int in_channels, int out_rate, int out_channels);
int tally_resample(SwrContext *s, float *out, int out_frames, const float *in, int in_frames);

// encode.c

typedef struct {
    AVCodecContext *ctx;
    AVFrame *frame;    // what is given to the encoder
    AVFrame *upload;   // the same in the memory of the graphics card
    AVBufferRef *loan; // makes borrowed planes look counted by reference
    AVPacket *pkt;
    int borrows; // the encoder is done with a picture when it returns
} tally_encoder;

int tally_video_open(tally_encoder **out, const char *name, int w, int h, int fps, int64_t bitrate, int64_t vbv, int gop,
                     int threads, int borrows, int device, const char *options);
int tally_audio_open(tally_encoder **out, const char *name, int rate, int channels, int64_t bitrate);
int tally_video_send(tally_encoder *e, uint8_t *y, uint8_t *u, uint8_t *v, int ys, int us, int vs, int64_t pts, int key);
int tally_audio_send(tally_encoder *e, const float *data, int frames, int64_t pts);
int tally_encoder_drain(tally_encoder *e);
// tally_receive returns 1 with a packet in e->pkt, and 0 when there is none.
int tally_receive(tally_encoder *e);
void tally_set_bitrate(tally_encoder *e, int64_t bitrate, int64_t vbv);
void tally_encoder_free(tally_encoder *e);

// input.c

typedef struct tally_input tally_input;

enum { TALLY_END, TALLY_VIDEO, TALLY_AUDIO };

typedef struct {
    int has_video, has_audio;
    int width, height;  // as shown: pixels square, turned upright
    double fps;         // 0 when unknown
    int rate, channels;
    int64_t duration;   // ns, 0 when unknown
    const char *video_codec, *audio_codec;
} tally_input_info;

tally_input *tally_input_new(void); // NULL when out of memory
int tally_input_open(tally_input *in, const char *path, int video, int audio, int rate, int channels, int threads);
void tally_input_info_get(tally_input *in, tally_input_info *info);
void tally_input_interrupt(tally_input *in); // from any thread
// tally_input_next decodes until there is a picture or sound, and returns which.
int tally_input_next(tally_input *in);
int64_t tally_input_pts(tally_input *in); // ns since the file's beginning; INT64_MIN when unknown
void tally_input_shape(tally_input *in, int *w, int *h, int *matrix, int *full);
int tally_input_picture(tally_input *in, tally_scaler *s, int dmatrix, int dfull, int dw, int dh, uint8_t *d0, uint8_t *d1,
                        uint8_t *d2, int ds0, int ds1, int ds2);
int tally_input_sound_max(tally_input *in); // frames that tally_input_sound may give
int tally_input_sound(tally_input *in, float *out, int frames);
int tally_input_seek(tally_input *in, int64_t ns); // ns since the beginning
void tally_input_free(tally_input *in);

// mux.c

typedef struct {
    AVFormatContext *fmt;
    AVIOContext *io;
    AVPacket *pkt;
    int header; // written
    AVStream *video, *audio;
} tally_muxer;

int tally_muxer_open(tally_muxer **out, uintptr_t handle, const char *format);
int tally_muxer_video(tally_muxer *m, enum AVCodecID codec, int w, int h, int fps, int64_t bitrate, const uint8_t *record, int size);
int tally_muxer_audio(tally_muxer *m, enum AVCodecID codec, int rate, int channels, int64_t bitrate, int frame_size, int priming,
                      const uint8_t *record, int size);
int tally_muxer_start(tally_muxer *m, const char *options);
int tally_muxer_write(tally_muxer *m, int video, uint8_t *data, int size, int64_t pts, int64_t dts, int64_t duration, int key);
int tally_muxer_flush(tally_muxer *m);
int tally_muxer_finish(tally_muxer *m);
// tally_muxer_chapter adds a chapter, in ns. It must come before tally_muxer_finish.
int tally_muxer_chapter(tally_muxer *m, int64_t start, int64_t end, const char *title);
int tally_muxer_has(const char *format, const char *option, const char *flag); // 1 or 0
void tally_muxer_free(tally_muxer *m);

// demux.c

typedef struct {
    AVFormatContext *fmt;
    AVPacket *pkt;
    int video, audio;           // indexes of streams, -1: none
    int64_t pts, dts, duration; // of pkt, ns; INT64_MIN when unknown
    atomic_int stop;
} tally_demuxer;

int tally_demuxer_open(tally_demuxer **out, const char *path);
int tally_demuxer_video(tally_demuxer *d, AVCodecParameters **par, int *fps); // 1 or 0
int tally_demuxer_audio(tally_demuxer *d, AVCodecParameters **par);           // 1 or 0
int tally_demuxer_chapter(tally_demuxer *d, int n, int64_t *start, int64_t *end, const char **title); // 1 or 0
int tally_demuxer_seek(tally_demuxer *d, int64_t ns);
// tally_demuxer_next reads into pkt and tells which track it is of.
int tally_demuxer_next(tally_demuxer *d);
void tally_demuxer_interrupt(tally_demuxer *d); // from any thread
void tally_demuxer_free(tally_demuxer *d);

#endif

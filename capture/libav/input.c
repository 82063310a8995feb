#include <limits.h>
#include <math.h>
#include <string.h>
#include <libavutil/display.h>
#include "libav.h"

#define ERRORS_IN_A_ROW 300 // then the rest of the file is not worth reading

typedef struct {
    int index; // of the stream, -1: none
    AVCodecContext *dec;
    int drained;
} track;

struct tally_input {
    AVFormatContext *fmt;
    track video, audio;
    AVPacket *pkt;
    AVFrame *frame;
    SwrContext *swr;
    AVFrame *shape; // of the sound that swr is made for
    AVFrame *lying; // a picture on its way to being turned upright
    int turns;      // clockwise, in quarters
    int rate, channels;
    int at_end, errors;
    int ready; // track whose decoder may still hold frames: TALLY_VIDEO, TALLY_AUDIO or 0
    AVRational base;
    int64_t next_sound; // ns, for frames without a stamp
    atomic_int stop;
};

static int stopped(void *opaque) { return atomic_load(&((tally_input *)opaque)->stop); }

tally_input *tally_input_new(void) {
    tally_input *in = av_mallocz(sizeof *in);
    if (!in) return NULL;
    in->video.index = in->audio.index = -1;
    in->pkt = av_packet_alloc();
    in->frame = av_frame_alloc();
    in->shape = av_frame_alloc();
    if (in->pkt && in->frame && in->shape) return in;
    tally_input_free(in);
    return NULL;
}

void tally_input_free(tally_input *in) {
    if (!in) return;
    avcodec_free_context(&in->video.dec);
    avcodec_free_context(&in->audio.dec);
    swr_free(&in->swr);
    avformat_close_input(&in->fmt);
    av_packet_free(&in->pkt);
    av_frame_free(&in->frame);
    av_frame_free(&in->shape);
    av_frame_free(&in->lying);
    av_free(in);
}

void tally_input_interrupt(tally_input *in) { atomic_store(&in->stop, 1); }

static int open_track(tally_input *in, track *t, enum AVMediaType type, int threads) {
    const AVCodec *c = NULL;
    int i = av_find_best_stream(in->fmt, type, -1, -1, &c, 0);
    if (i == AVERROR_STREAM_NOT_FOUND) return 0;
    if (i < 0) return i;
    if (!c) return AVERROR_DECODER_NOT_FOUND;
    t->dec = avcodec_alloc_context3(c);
    if (!t->dec) return AVERROR(ENOMEM);
    int err = avcodec_parameters_to_context(t->dec, in->fmt->streams[i]->codecpar);
    if (err < 0) return err;
    t->dec->pkt_timebase = in->fmt->streams[i]->time_base;
    t->dec->thread_count = threads;
    t->dec->max_pixels = TALLY_LARGEST_PICTURE;
    if ((err = avcodec_open2(t->dec, c, NULL)) < 0) return err;
    t->index = i;
    return 0;
}

// quarter_turns is how often a stream's pictures must be turned clockwise: phones
// film lying down, and note how they were held.
static int quarter_turns(AVStream *st) {
    const uint8_t *matrix = NULL;
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 100)
    const AVPacketSideData *d =
        av_packet_side_data_get(st->codecpar->coded_side_data, st->codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
    if (d && d->size >= 9 * sizeof(int32_t)) matrix = d->data;
#else
    size_t size;
    matrix = av_stream_get_side_data(st, AV_PKT_DATA_DISPLAYMATRIX, &size);
    if (matrix && size < 9 * sizeof(int32_t)) matrix = NULL;
#endif
    if (!matrix) return 0;
    double theta = av_display_rotation_get((const int32_t *)matrix);
    return isnan(theta) ? 0 : (int)lrint(-theta / 90) & 3;
}

int tally_input_open(tally_input *in, const char *path, int video, int audio, int rate, int channels, int threads) {
    in->fmt = avformat_alloc_context();
    if (!in->fmt) return AVERROR(ENOMEM);
    in->fmt->interrupt_callback = (AVIOInterruptCB){stopped, in};
    in->rate = rate;
    in->channels = channels;
    // A playlist is a file too, but what it names may be anywhere.
    AVDictionary *opt = NULL;
    av_dict_set(&opt, "protocol_whitelist", "file", 0);
    int err = avformat_open_input(&in->fmt, path, NULL, &opt);
    av_dict_free(&opt);
    if (err < 0) return err;
    if ((err = avformat_find_stream_info(in->fmt, NULL)) < 0) return err;
    int v = video ? open_track(in, &in->video, AVMEDIA_TYPE_VIDEO, threads) : 0;
    int a = audio ? open_track(in, &in->audio, AVMEDIA_TYPE_AUDIO, 1) : 0;
    if (in->video.index < 0 && in->audio.index < 0) return v < 0 ? v : a < 0 ? a : AVERROR_STREAM_NOT_FOUND;
    if (in->video.index >= 0) in->turns = quarter_turns(in->fmt->streams[in->video.index]);
    for (unsigned i = 0; i < in->fmt->nb_streams; i++)
        if ((int)i != in->video.index && (int)i != in->audio.index) in->fmt->streams[i]->discard = AVDISCARD_ALL;
    return 0;
}

// shown_size stretches pixels that are not square, and turns.
static void shown_size(int turns, int w, int h, AVRational sar, int *sw, int *sh) {
    *sw = w;
    *sh = h;
    if (sar.num > 0 && sar.den > 0 && sar.num != sar.den) {
        double r = av_q2d(sar);
        if (r > 1. / 8 && r < 8) {
            if (r > 1) *sw = (int)lrint(w * r / 2) * 2;
            else *sh = (int)lrint(h / r / 2) * 2;
        }
    }
    if (turns % 2) FFSWAP(int, *sw, *sh);
}

void tally_input_info_get(tally_input *in, tally_input_info *info) {
    *info = (tally_input_info){0};
    if (in->fmt->duration > 0) info->duration = in->fmt->duration * 1000;
    if (in->video.index >= 0) {
        AVStream *st = in->fmt->streams[in->video.index];
        info->has_video = 1;
        shown_size(in->turns, in->video.dec->width, in->video.dec->height, av_guess_sample_aspect_ratio(in->fmt, st, NULL),
                   &info->width, &info->height);
        AVRational r = av_guess_frame_rate(in->fmt, st, NULL);
        if (r.num > 0 && r.den > 0) info->fps = av_q2d(r);
        info->video_codec = avcodec_get_name(in->video.dec->codec_id);
    }
    if (in->audio.index >= 0) {
        info->has_audio = 1;
        info->rate = in->audio.dec->sample_rate;
        info->channels = in->audio.dec->ch_layout.nb_channels;
        info->audio_codec = avcodec_get_name(in->audio.dec->codec_id);
    }
}

// receive is 1 with a frame, 0 without one, negative when the decoder is broken.
static int receive(tally_input *in, track *t) {
    if (!t->dec || t->drained) return 0;
    int err = avcodec_receive_frame(t->dec, in->frame);
    if (err == AVERROR(EAGAIN)) return 0;
    if (err == AVERROR_EOF) {
        t->drained = 1;
        return 0;
    }
    if (err == AVERROR(ENOMEM)) return err;
    if (err < 0) return ++in->errors > ERRORS_IN_A_ROW ? AVERROR_INVALIDDATA : 0;
    in->errors = 0;
    return 1;
}

static int fits(tally_input *in, track *t) {
    if (t == &in->video) return in->frame->width > 0 && in->frame->height > 0;
    return in->frame->nb_samples > 0 && in->frame->sample_rate > 0 && in->frame->ch_layout.nb_channels > 0;
}

int tally_input_next(tally_input *in) {
    for (;;) {
        if (stopped(in)) return AVERROR_EXIT;
        while (in->ready) {
            track *t = in->ready == TALLY_VIDEO ? &in->video : &in->audio;
            av_frame_unref(in->frame);
            int got = receive(in, t);
            if (got < 0) return got;
            if (got && fits(in, t)) {
                in->base = in->fmt->streams[t->index]->time_base;
                return in->ready;
            }
            if (got) continue;
            if (!in->at_end || in->ready == TALLY_AUDIO) in->ready = 0;
            else in->ready = TALLY_AUDIO; // at the end both are emptied, one after the other
        }
        if (in->at_end) return TALLY_END;

        int err = av_read_frame(in->fmt, in->pkt);
        if (err == AVERROR_EXIT) return err;
        if (err == AVERROR(EAGAIN)) continue;
        if (err < 0) {
            if (err != AVERROR_EOF && in->errors++ < ERRORS_IN_A_ROW && !avio_feof(in->fmt->pb)) continue;
            in->at_end = 1;
            if (in->video.dec) avcodec_send_packet(in->video.dec, NULL);
            if (in->audio.dec) avcodec_send_packet(in->audio.dec, NULL);
            in->ready = TALLY_VIDEO;
            continue;
        }
        track *t = in->pkt->stream_index == in->video.index   ? &in->video
                   : in->pkt->stream_index == in->audio.index ? &in->audio
                                                              : NULL;
        if (t) {
            err = avcodec_send_packet(t->dec, in->pkt);
            if (err < 0 && ++in->errors > ERRORS_IN_A_ROW) err = AVERROR_INVALIDDATA;
            else err = 0;
            in->ready = t == &in->video ? TALLY_VIDEO : TALLY_AUDIO;
        }
        av_packet_unref(in->pkt);
        if (t && err < 0) return err;
    }
}

int64_t tally_input_pts(tally_input *in) {
    int64_t t = in->frame->best_effort_timestamp;
    if (t == AV_NOPTS_VALUE) return INT64_MIN;
    int64_t ns = av_rescale_q(t, in->base, (AVRational){1, 1000000000});
    if (in->fmt->start_time != AV_NOPTS_VALUE) ns -= in->fmt->start_time * 1000;
    return ns;
}

void tally_input_shape(tally_input *in, int *w, int *h, int *matrix, int *full) {
    AVStream *st = in->fmt->streams[in->video.index];
    tally_picture p;
    tally_describe(in->frame, &p);
    shown_size(in->turns, p.w, p.h, av_guess_sample_aspect_ratio(in->fmt, st, in->frame), w, h);
    int plain = p.format == AV_PIX_FMT_YUV420P || p.format == AV_PIX_FMT_YUVJ420P || p.format == AV_PIX_FMT_YUV422P ||
                p.format == AV_PIX_FMT_YUVJ422P;
    // Colours that a frame cannot name are converted here, the others once, later.
    if (!plain || p.colour.matrix == TALLY_BT2020) p.colour = (tally_colour){TALLY_BT709, 0};
    *matrix = p.colour.matrix;
    *full = p.colour.full;
}

// turn copies a plane of sw × sh bytes, turned clockwise by quarters.
static void turn(int turns, const uint8_t *src, int src_stride, int sw, int sh, uint8_t *dst, int dst_stride) {
    for (int y = 0; y < sh; y++) {
        const uint8_t *row = src + (ptrdiff_t)y * src_stride;
        if (turns == 2) {
            uint8_t *to = dst + (ptrdiff_t)(sh - 1 - y) * dst_stride;
            for (int x = 0; x < sw; x++) to[sw - 1 - x] = row[x];
        } else if (turns == 1) {
            for (int x = 0; x < sw; x++) dst[(ptrdiff_t)x * dst_stride + sh - 1 - y] = row[x];
        } else {
            for (int x = 0; x < sw; x++) dst[(ptrdiff_t)(sw - 1 - x) * dst_stride + y] = row[x];
        }
    }
}

// one_field leaves every second row of an interlaced picture out. Its rows were
// filmed at two moments, and whatever moves would have combs.
static void one_field(const AVFrame *f, tally_picture *p) {
#ifdef AV_FRAME_FLAG_INTERLACED
    int interlaced = f->flags & AV_FRAME_FLAG_INTERLACED;
#else
    int interlaced = f->interlaced_frame;
#endif
    if (!interlaced || p->h < 4) return;
    p->h /= 2;
    for (int i = 0; i < 3; i++) p->stride[i] *= 2;
}

int tally_input_picture(tally_input *in, tally_scaler *s, int dmatrix, int dfull, int dw, int dh, uint8_t *d0, uint8_t *d1,
                        uint8_t *d2, int ds0, int ds1, int ds2) {
    tally_picture src, dst = {AV_PIX_FMT_YUV420P, {dmatrix, dfull}, dw, dh, {d0, d1, d2}, {ds0, ds1, ds2}};
    tally_describe(in->frame, &src);
    one_field(in->frame, &src);
    if (!in->turns) return tally_scale(s, SWS_BILINEAR, &src, &dst);

    int w = in->turns % 2 ? dh : dw, h = in->turns % 2 ? dw : dh;
    if (!in->lying || in->lying->width != w || in->lying->height != h) {
        av_frame_free(&in->lying);
        in->lying = av_frame_alloc();
        if (!in->lying) return AVERROR(ENOMEM);
        in->lying->format = AV_PIX_FMT_YUV420P;
        in->lying->width = w;
        in->lying->height = h;
        int err = av_frame_get_buffer(in->lying, 0);
        if (err < 0) {
            av_frame_free(&in->lying);
            return err;
        }
    }
    tally_picture lying = {.format = AV_PIX_FMT_YUV420P, .colour = dst.colour, .w = w, .h = h, .padded = 1};
    memcpy(lying.data, in->lying->data, sizeof lying.data);
    memcpy(lying.stride, in->lying->linesize, sizeof lying.stride);
    int err = tally_scale(s, SWS_BILINEAR, &src, &lying);
    if (err < 0) return err;
    for (int i = 0; i < 3; i++)
        turn(in->turns, lying.data[i], lying.stride[i], i ? (w + 1) / 2 : w, i ? (h + 1) / 2 : h, dst.data[i], dst.stride[i]);
    return 0;
}

// follow makes the resampler fit the sound at hand, which may change in mid-file.
static int follow(tally_input *in) {
    AVFrame *f = in->frame, *s = in->shape;
    if (in->swr && s->format == f->format && s->sample_rate == f->sample_rate &&
        !av_channel_layout_compare(&s->ch_layout, &f->ch_layout))
        return 0;
    swr_free(&in->swr);
    s->format = f->format;
    s->sample_rate = f->sample_rate;
    int err = av_channel_layout_copy(&s->ch_layout, &f->ch_layout);
    if (err < 0) return err;
    AVChannelLayout from = f->ch_layout, named = {0};
    if (from.order == AV_CHANNEL_ORDER_UNSPEC) { // a number only: mixing needs names
        av_channel_layout_default(&named, from.nb_channels);
        from = named;
    }
    err = tally_resampler_open(&in->swr, f->format, &from, f->sample_rate, in->rate, in->channels);
    av_channel_layout_uninit(&named);
    return err;
}

int tally_input_sound_max(tally_input *in) {
    int err = follow(in);
    return err < 0 ? err : swr_get_out_samples(in->swr, in->frame->nb_samples);
}

int tally_input_sound(tally_input *in, float *out, int frames) {
    uint8_t *to[1] = {(uint8_t *)out};
    return swr_convert(in->swr, to, frames, (const uint8_t **)in->frame->extended_data, in->frame->nb_samples);
}

int tally_input_seek(tally_input *in, int64_t ns) {
    int64_t to = ns / 1000 + (in->fmt->start_time == AV_NOPTS_VALUE ? 0 : in->fmt->start_time);
    int err = avformat_seek_file(in->fmt, -1, INT64_MIN, to, to, 0);
    if (err < 0 && ns == 0) err = av_seek_frame(in->fmt, -1, 0, AVSEEK_FLAG_BYTE);
    if (err < 0) return err;
    track *tracks[] = {&in->video, &in->audio};
    for (int i = 0; i < 2; i++) {
        if (tracks[i]->dec) avcodec_flush_buffers(tracks[i]->dec);
        tracks[i]->drained = 0;
    }
    av_frame_unref(in->frame);
    in->at_end = in->errors = in->ready = 0;
    return 0;
}

#include <string.h>
#include "libav.h"

static void keep(void *opaque, uint8_t *data) {}

static int allocate(tally_encoder **out, const char *name) {
    const AVCodec *c = avcodec_find_encoder_by_name(name);
    if (!c) return AVERROR_ENCODER_NOT_FOUND;
    tally_encoder *e = av_mallocz(sizeof *e);
    if (!e) return AVERROR(ENOMEM);
    *out = e;
    e->ctx = avcodec_alloc_context3(c);
    e->frame = av_frame_alloc();
    e->pkt = av_packet_alloc();
    return e->ctx && e->frame && e->pkt ? 0 : AVERROR(ENOMEM);
}

void tally_encoder_free(tally_encoder *e) {
    if (!e) return;
    avcodec_free_context(&e->ctx);
    av_frame_free(&e->frame);
    av_frame_free(&e->upload);
    av_buffer_unref(&e->loan);
    av_packet_free(&e->pkt);
    av_free(e);
}

// on_card gives the encoder a pool of pictures in the memory of its device.
static int on_card(AVCodecContext *ctx, enum AVHWDeviceType type, enum AVPixelFormat format) {
    AVBufferRef *device = NULL;
    int err = av_hwdevice_ctx_create(&device, type, NULL, NULL, 0);
    if (err < 0) return err;
    AVBufferRef *frames = av_hwframe_ctx_alloc(device);
    av_buffer_unref(&device);
    if (!frames) return AVERROR(ENOMEM);
    AVHWFramesContext *f = (AVHWFramesContext *)frames->data;
    f->format = format;
    f->sw_format = AV_PIX_FMT_NV12;
    f->width = ctx->width;
    f->height = ctx->height;
    f->initial_pool_size = 20;
    err = av_hwframe_ctx_init(frames);
    if (err < 0) {
        av_buffer_unref(&frames);
        return err;
    }
    ctx->pix_fmt = format;
    ctx->hw_frames_ctx = frames;
    return 0;
}

int tally_video_open(tally_encoder **out, const char *name, int w, int h, int fps, int64_t bitrate, int64_t vbv, int gop,
                     int threads, int borrows, int device, const char *options) {
    int err = allocate(out, name);
    if (err < 0) return err;
    tally_encoder *e = *out;
    AVCodecContext *c = e->ctx;
    c->width = w;
    c->height = h;
    c->time_base = (AVRational){1, 1000000000}; // stamps pass through unchanged
    c->framerate = (AVRational){fps, 1};
    c->sample_aspect_ratio = (AVRational){1, 1};
    c->bit_rate = c->rc_max_rate = bitrate;
    c->rc_buffer_size = (int)vbv;
    c->gop_size = gop;
    c->thread_count = threads;
    c->color_primaries = AVCOL_PRI_BT709;
    c->color_trc = AVCOL_TRC_BT709;
    c->colorspace = AVCOL_SPC_BT709;
    c->color_range = AVCOL_RANGE_MPEG;
    c->chroma_sample_location = AVCHROMA_LOC_LEFT;
    c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_CLOSED_GOP;
    e->borrows = borrows;

    c->pix_fmt = e->frame->format = borrows ? AV_PIX_FMT_YUV420P : AV_PIX_FMT_NV12;
    if (device == AV_HWDEVICE_TYPE_VAAPI) {
        if ((err = on_card(c, AV_HWDEVICE_TYPE_VAAPI, AV_PIX_FMT_VAAPI)) < 0) return err;
        if (!(e->upload = av_frame_alloc())) return AVERROR(ENOMEM);
    }
    e->frame->width = w;
    e->frame->height = h;
    e->frame->color_primaries = c->color_primaries;
    e->frame->color_trc = c->color_trc;
    e->frame->colorspace = c->colorspace;
    e->frame->color_range = c->color_range;
    if (borrows) {
        e->loan = av_buffer_create((uint8_t *)e, 1, keep, NULL, 0);
        if (!e->loan) return AVERROR(ENOMEM);
        e->frame->buf[0] = av_buffer_ref(e->loan);
        if (!e->frame->buf[0]) return AVERROR(ENOMEM);
    } else if ((err = av_frame_get_buffer(e->frame, 0)) < 0) {
        return err;
    }

    AVDictionary *dict = NULL;
    err = av_dict_parse_string(&dict, options, "=", "\n", 0);
    if (err >= 0) err = avcodec_open2(c, c->codec, &dict);
    if (err >= 0 && av_dict_count(dict)) err = AVERROR_OPTION_NOT_FOUND;
    av_dict_free(&dict);
    return err;
}

// sample_format prefers planar floats, and takes floats that are interleaved.
static enum AVSampleFormat sample_format(const AVCodec *c) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 13, 100)
    const void *list = NULL;
    if (avcodec_get_supported_config(NULL, c, AV_CODEC_CONFIG_SAMPLE_FORMAT, 0, &list, NULL) < 0) return AV_SAMPLE_FMT_NONE;
    const enum AVSampleFormat *f = list;
#else
    const enum AVSampleFormat *f = c->sample_fmts;
#endif
    enum AVSampleFormat best = AV_SAMPLE_FMT_NONE;
    for (; f && *f != AV_SAMPLE_FMT_NONE; f++) {
        if (*f == AV_SAMPLE_FMT_FLTP) return *f;
        if (*f == AV_SAMPLE_FMT_FLT) best = *f;
    }
    return best;
}

int tally_audio_open(tally_encoder **out, const char *name, int rate, int channels, int64_t bitrate) {
    int err = allocate(out, name);
    if (err < 0) return err;
    AVCodecContext *c = (*out)->ctx;
    c->sample_rate = rate;
    c->sample_fmt = sample_format(c->codec);
    c->bit_rate = bitrate;
    c->time_base = (AVRational){1, rate};
    c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    av_channel_layout_default(&c->ch_layout, channels);
    if ((err = avcodec_open2(c, c->codec, NULL)) < 0) return err;
    AVFrame *f = (*out)->frame;
    f->format = c->sample_fmt;
    f->sample_rate = rate;
    f->nb_samples = c->frame_size;
    if ((err = av_channel_layout_copy(&f->ch_layout, &c->ch_layout)) < 0) return err;
    return av_frame_get_buffer(f, 0);
}

static void rows(uint8_t *to, int to_stride, const uint8_t *from, int from_stride, int bytes, int n) {
    for (; n > 0; n--, to += to_stride, from += from_stride) memcpy(to, from, bytes);
}

static void interleave(AVFrame *f, const uint8_t *u, const uint8_t *v, int us, int vs) {
    for (int y = 0; y < (f->height + 1) / 2; y++) {
        uint8_t *to = f->data[1] + (ptrdiff_t)y * f->linesize[1];
        const uint8_t *a = u + (ptrdiff_t)y * us, *b = v + (ptrdiff_t)y * vs;
        for (int x = 0; x < (f->width + 1) / 2; x++) {
            to[2 * x] = a[x];
            to[2 * x + 1] = b[x];
        }
    }
}

int tally_video_send(tally_encoder *e, uint8_t *y, uint8_t *u, uint8_t *v, int ys, int us, int vs, int64_t pts, int key) {
    AVFrame *f = e->frame;
    int err;
    if (e->borrows) {
        uint8_t *planes[] = {y, u, v};
        int strides[] = {ys, us, vs};
        memcpy(f->data, planes, sizeof planes);
        memcpy(f->linesize, strides, sizeof strides);
    } else {
        if ((err = av_frame_make_writable(f)) < 0) return err;
        rows(f->data[0], f->linesize[0], y, ys, f->width, f->height);
        interleave(f, u, v, us, vs);
    }
    f->pts = pts;
    f->pict_type = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    if (e->upload) {
        av_frame_unref(e->upload);
        if ((err = av_hwframe_get_buffer(e->ctx->hw_frames_ctx, e->upload, 0)) < 0) return err;
        if ((err = av_hwframe_transfer_data(e->upload, f, 0)) < 0) return err;
        if ((err = av_frame_copy_props(e->upload, f)) < 0) return err;
        f = e->upload;
    }
    err = avcodec_send_frame(e->ctx, f);
    if (e->borrows) {
        memset(f->data, 0, sizeof f->data);
        // One reference is ours, one the frame's. A third means that the encoder
        // will read the planes after they were given back.
        if (av_buffer_get_ref_count(e->loan) > 2) return TALLY_HELD;
    }
    return err;
}

int tally_audio_send(tally_encoder *e, const float *data, int frames, int64_t pts) {
    AVFrame *f = e->frame;
    if (frames > e->ctx->frame_size) return AVERROR(EINVAL);
    f->nb_samples = e->ctx->frame_size; // so that a copy has room for all
    int err = av_frame_make_writable(f);
    if (err < 0) return err;
    int n = e->ctx->ch_layout.nb_channels;
    if (f->format == AV_SAMPLE_FMT_FLT) memcpy(f->data[0], data, sizeof *data * n * frames);
    else for (int c = 0; c < n; c++) {
        float *to = (float *)f->extended_data[c];
        for (int i = 0; i < frames; i++) to[i] = data[i * n + c];
    }
    f->nb_samples = frames;
    f->pts = pts;
    return avcodec_send_frame(e->ctx, f);
}

int tally_encoder_drain(tally_encoder *e) { return avcodec_send_frame(e->ctx, NULL); }

int tally_receive(tally_encoder *e) {
    av_packet_unref(e->pkt);
    int err = avcodec_receive_packet(e->ctx, e->pkt);
    if (err == AVERROR(EAGAIN) || err == AVERROR_EOF) return 0;
    return err < 0 ? err : 1;
}

void tally_set_bitrate(tally_encoder *e, int64_t bitrate, int64_t vbv) {
    e->ctx->bit_rate = e->ctx->rc_max_rate = bitrate;
    e->ctx->rc_buffer_size = (int)vbv;
}

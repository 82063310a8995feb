#include <limits.h>
#include <string.h>
#include "libav.h"

// A step is one use of swscale, with what it is made for; of the pictures only the
// shapes.
typedef struct {
    struct SwsContext *sws;
    tally_picture from, to;
    int flags;
} step;

struct tally_scaler {
    step shape, colour; // the second only where one step would be dear; see to_rgb

    AVFrame *in, *out; // padded copies of pictures that are not
    AVFrame *painted, *planes;
    int16_t *line;
    unsigned line_size;

    AVCodecContext *jpeg;
    AVPacket *pkt;
    AVFrame *decoded;
    AVBufferRef *bytes; // of the JPEG image, padded
};

tally_scaler *tally_scaler_new(void) { return av_mallocz(sizeof(tally_scaler)); }

void tally_scaler_free(tally_scaler *s) {
    if (!s) return;
    sws_freeContext(s->shape.sws);
    sws_freeContext(s->colour.sws);
    av_frame_free(&s->in);
    av_frame_free(&s->out);
    av_frame_free(&s->painted);
    av_frame_free(&s->planes);
    av_free(s->line);
    avcodec_free_context(&s->jpeg);
    av_packet_free(&s->pkt);
    av_frame_free(&s->decoded);
    av_buffer_unref(&s->bytes);
    av_free(s);
}

static int is_rgb(enum AVPixelFormat f) {
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(f);
    return d && (d->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL));
}

static int same_colour(tally_colour a, tally_colour b) { return a.matrix == b.matrix && a.full == b.full; }

static int same_shape(const tally_picture *a, const tally_picture *b) {
    return a->format == b->format && a->w == b->w && a->h == b->h && same_colour(a->colour, b->colour);
}

// without_range takes yuvj420p for yuv420p: the range is in tally_picture.colour.
static enum AVPixelFormat without_range(enum AVPixelFormat f) {
    switch (f) {
    case AV_PIX_FMT_YUVJ420P: return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P: return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ440P: return AV_PIX_FMT_YUV440P;
    case AV_PIX_FMT_YUVJ444P: return AV_PIX_FMT_YUV444P;
    case AV_PIX_FMT_YUVJ411P: return AV_PIX_FMT_YUV411P;
    default: return f;
    }
}

static const int *coefficients(tally_matrix m) {
    return sws_getCoefficients(m == TALLY_BT709 ? SWS_CS_ITU709 : m == TALLY_BT2020 ? SWS_CS_BT2020 : SWS_CS_ITU601);
}

static int prepare(step *s, int flags, const tally_picture *src, const tally_picture *dst) {
    if (s->sws && s->flags == flags && same_shape(&s->from, src) && same_shape(&s->to, dst)) return 0;
    sws_freeContext(s->sws);
    s->sws = NULL;
    if (!sws_isSupportedInput(src->format) || !sws_isSupportedOutput(dst->format)) return TALLY_UNSUPPORTED;
    s->sws = sws_getContext(src->w, src->h, src->format, dst->w, dst->h, dst->format, flags, NULL, NULL, NULL);
    if (!s->sws) return TALLY_UNSUPPORTED;
    // Between two RGB formats there is nothing to set, and swscale says so with an error.
    sws_setColorspaceDetails(s->sws, coefficients(src->colour.matrix), src->colour.full, coefficients(dst->colour.matrix),
                             dst->colour.full, 0, 1 << 16, 1 << 16);
    s->from = *src;
    s->to = *dst;
    s->flags = flags;
    return 0;
}

// unaligned tells whether swscale's vector code would step over the ends of the
// rows, into a neighbour or out of the buffer, or would fault on an address.
static int unaligned(const tally_picture *p) {
    if (p->padded) return 0;
    uintptr_t bits = p->w;
    for (int i = 0; i < 3; i++) bits |= (uintptr_t)p->data[i] | (uintptr_t)p->stride[i];
    return bits % 32 != 0;
}

// scratch lays p into *f, which is made anew where it is not of p's shape.
static int scratch(AVFrame **f, tally_picture *p) {
    if (!*f || (*f)->format != p->format || (*f)->width != p->w || (*f)->height != p->h) {
        av_frame_free(f);
        *f = av_frame_alloc();
        if (!*f) return AVERROR(ENOMEM);
        (*f)->format = p->format;
        (*f)->width = p->w;
        (*f)->height = p->h;
        int err = av_frame_get_buffer(*f, 0);
        if (err < 0) {
            av_frame_free(f);
            return err;
        }
    }
    memcpy(p->data, (*f)->data, sizeof p->data);
    memcpy(p->stride, (*f)->linesize, sizeof p->stride);
    p->padded = 1;
    return 0;
}

static void copy(const tally_picture *src, uint8_t *const data[4], const int stride[4]) {
    av_image_copy((uint8_t **)data, (int *)stride, (const uint8_t **)src->data, src->stride, src->format, src->w, src->h);
}

static int sws(tally_scaler *s, step *with, int flags, const tally_picture *src, const tally_picture *dst) {
    int err = prepare(with, flags, src, dst);
    if (err < 0) return err;
    tally_picture a = *src, b = *dst;
    if (unaligned(src)) {
        if ((err = scratch(&s->in, &a)) < 0) return err;
        copy(src, a.data, a.stride);
    }
    if (unaligned(dst) && (err = scratch(&s->out, &b)) < 0) return err;
    err = sws_scale(with->sws, (const uint8_t *const *)a.data, a.stride, 0, a.h, b.data, b.stride);
    if (err >= 0 && b.data[0] != dst->data[0]) copy(&b, dst->data, dst->stride);
    return err < 0 ? err : 0;
}

static int lines(tally_scaler *s, int n, int w) {
    av_fast_malloc(&s->line, &s->line_size, n * (w + 1) * sizeof *s->line);
    return s->line ? 0 : AVERROR(ENOMEM);
}

// paint makes I420 of packed RGB, and changes its size afterwards: both steps
// together are cheaper than swscale's one.
static int paint(tally_scaler *s, int flags, const tally_picture *src, const tally_picture *dst) {
    int err = lines(s, 6, src->w);
    if (err < 0) return err;
    tally_paint p;
    tally_paint_make(&p, dst->colour);
    tally_picture whole = *dst;
    if (src->w != dst->w || src->h != dst->h) {
        whole = (tally_picture){AV_PIX_FMT_YUV420P, dst->colour, src->w, src->h};
        if ((err = scratch(&s->painted, &whole)) < 0) return err;
    }
    tally_paint_i420(&p, src->format == AV_PIX_FMT_RGBA || src->format == AV_PIX_FMT_RGB0, src->w, src->h, src->data[0], src->stride[0],
                     whole.data, whole.stride, s->line);
    return whole.data[0] == dst->data[0] ? 0 : sws(s, &s->shape, flags, &whole, dst);
}

// to_rgb changes the size of planes first and makes RGB of them afterwards. In one
// step swscale takes twice as long, and seven times where the width is odd, for
// which it has no vector code. The second step has that for whole blocks only, so it
// is done on padded pictures, of which the part that is wanted is copied.
static int to_rgb(tally_scaler *s, int flags, const tally_picture *src, const tally_picture *dst) {
    tally_colour none = {src->colour.matrix, 0}; // on both sides: swscale is to leave it alone
    tally_picture from = *src, planes = {AV_PIX_FMT_YUV420P, none, FFALIGN(dst->w, 32), FFALIGN(dst->h, 2)};
    tally_picture rgb = {dst->format, src->colour, planes.w, planes.h};
    int err;
    if ((err = scratch(&s->planes, &planes)) < 0 || (err = scratch(&s->out, &rgb)) < 0) return err;
    tally_picture part = planes;
    part.w = dst->w;
    part.h = dst->h;
    from.colour = none;
    if ((err = sws(s, &s->shape, flags, &from, &part)) < 0) return err;
    planes.colour = src->colour;
    if ((err = sws(s, &s->colour, SWS_POINT, &planes, &rgb)) < 0) return err;
    rgb.w = dst->w;
    rgb.h = dst->h;
    copy(&rgb, dst->data, dst->stride);
    return 0;
}

static int recolour(tally_scaler *s, int rows, const tally_picture *src, const tally_picture *dst) {
    int err = lines(s, 4, dst->w);
    if (err < 0) return err;
    tally_turn turn;
    tally_turn_make(&turn, src->colour, dst->colour);
    tally_recolour(&turn, dst->w, dst->h, rows, (const uint8_t *const *)src->data, src->stride, dst->data, dst->stride, s->line);
    return 0;
}

static atomic_llong conversions;

long long tally_conversions(void) { return atomic_load_explicit(&conversions, memory_order_relaxed); }

int tally_scale(tally_scaler *s, int flags, const tally_picture *source, const tally_picture *dst) {
    tally_picture src = *source;
    src.format = without_range(src.format);
    if (src.w <= 0 || src.h <= 0 || dst->w <= 0 || dst->h <= 0) return AVERROR_INVALIDDATA;
    int same_size = src.w == dst->w && src.h == dst->h;

    if (is_rgb(src.format)) src.colour = dst->colour; // it has none of its own
    if (src.format == dst->format && same_size && same_colour(src.colour, dst->colour)) {
        copy(&src, dst->data, dst->stride);
        return 0;
    }
    atomic_fetch_add_explicit(&conversions, 1, memory_order_relaxed);
    if (is_rgb(dst->format) || is_rgb(src.format)) {
        if (dst->format == AV_PIX_FMT_YUV420P && (src.format == AV_PIX_FMT_BGR0 || src.format == AV_PIX_FMT_BGRA ||
                                                  src.format == AV_PIX_FMT_RGB0 || src.format == AV_PIX_FMT_RGBA))
            return paint(s, flags, &src, dst);
        if (!is_rgb(src.format) && !same_size && (dst->format == AV_PIX_FMT_BGR0 || dst->format == AV_PIX_FMT_RGBA))
            return to_rgb(s, flags, &src, dst);
        tally_picture to = *dst;
        if (is_rgb(dst->format)) to.colour = src.colour;
        return sws(s, &s->shape, flags, &src, &to);
    }
    if (dst->format != AV_PIX_FMT_YUV420P) {
        if (!same_colour(src.colour, dst->colour)) return TALLY_UNSUPPORTED;
        return sws(s, &s->shape, flags, &src, dst);
    }
    if (same_size && (src.format == AV_PIX_FMT_YUV420P || src.format == AV_PIX_FMT_YUV422P))
        return recolour(s, src.format == AV_PIX_FMT_YUV422P ? 2 : 1, &src, dst);

    // Shape first, then colour in place on what may be fewer pixels. swscale is
    // told that both colours are the same, so that it leaves them alone.
    tally_picture middle = *dst;
    middle.colour = src.colour = (tally_colour){source->colour.matrix, 0};
    int err = sws(s, &s->shape, flags, &src, &middle);
    middle.colour = source->colour;
    if (err < 0 || same_colour(middle.colour, dst->colour)) return err;
    return recolour(s, 1, &middle, dst);
}

int tally_scale_planes(tally_scaler *s, int flags, int sfmt, int smatrix, int sfull, int sw, int sh, uint8_t *s0, uint8_t *s1,
                       uint8_t *s2, int ss0, int ss1, int ss2, int dfmt, int dmatrix, int dfull, int dw, int dh,
                       uint8_t *d0, uint8_t *d1, uint8_t *d2, int ds0, int ds1, int ds2) {
    tally_picture src = {sfmt, {smatrix, sfull}, sw, sh, {s0, s1, s2}, {ss0, ss1, ss2}};
    tally_picture dst = {dfmt, {dmatrix, dfull}, dw, dh, {d0, d1, d2}, {ds0, ds1, ds2}};
    return tally_scale(s, flags, &src, &dst);
}

void tally_describe(const AVFrame *f, tally_picture *p) {
    *p = (tally_picture){.format = f->format, .w = f->width, .h = f->height, .padded = 1};
    memcpy(p->data, f->data, sizeof p->data);
    memcpy(p->stride, f->linesize, sizeof p->stride);
    switch (f->colorspace) {
    case AVCOL_SPC_BT709: p->colour.matrix = TALLY_BT709; break;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL: p->colour.matrix = TALLY_BT2020; break;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
    case AVCOL_SPC_FCC: p->colour.matrix = TALLY_BT601; break;
    default: p->colour.matrix = f->height > 576 ? TALLY_BT709 : TALLY_BT601; // what players assume
    }
    p->colour.full = f->color_range == AVCOL_RANGE_JPEG || without_range(f->format) != f->format;
}

static int open_jpeg(tally_scaler *s) {
    const AVCodec *c = avcodec_find_decoder(AV_CODEC_ID_MJPEG);
    if (!c) return AVERROR_DECODER_NOT_FOUND;
    s->jpeg = avcodec_alloc_context3(c);
    if (!s->pkt) s->pkt = av_packet_alloc();
    if (!s->decoded) s->decoded = av_frame_alloc();
    if (!s->jpeg || !s->pkt || !s->decoded) {
        avcodec_free_context(&s->jpeg);
        return AVERROR(ENOMEM);
    }
    s->jpeg->thread_count = 1; // more would keep pictures back
    s->jpeg->max_pixels = TALLY_LARGEST_PICTURE;
    int err = avcodec_open2(s->jpeg, c, NULL);
    if (err < 0) avcodec_free_context(&s->jpeg);
    return err;
}

int tally_scale_jpeg(tally_scaler *s, int flags, const uint8_t *jpeg, int size, int dfmt, int dmatrix, int dfull, int dw,
                     int dh, uint8_t *d0, uint8_t *d1, uint8_t *d2, int ds0, int ds1, int ds2) {
    int err;
    if (!s->jpeg && (err = open_jpeg(s)) < 0) return err;
    // The decoder reads a little beyond the end.
    if (!s->bytes || s->bytes->size < (size_t)size + AV_INPUT_BUFFER_PADDING_SIZE || !av_buffer_is_writable(s->bytes)) {
        av_buffer_unref(&s->bytes);
        s->bytes = av_buffer_alloc((size_t)size + size / 4 + AV_INPUT_BUFFER_PADDING_SIZE);
        if (!s->bytes) return AVERROR(ENOMEM);
    }
    memcpy(s->bytes->data, jpeg, size);
    memset(s->bytes->data + size, 0, AV_INPUT_BUFFER_PADDING_SIZE);
    s->pkt->buf = av_buffer_ref(s->bytes);
    if (!s->pkt->buf) return AVERROR(ENOMEM);
    s->pkt->data = s->bytes->data;
    s->pkt->size = size;
    s->pkt->flags = AV_PKT_FLAG_KEY;
    err = avcodec_send_packet(s->jpeg, s->pkt);
    av_packet_unref(s->pkt);
    if (err >= 0) err = avcodec_receive_frame(s->jpeg, s->decoded);
    if (err < 0) {
        avcodec_flush_buffers(s->jpeg);
        return err == AVERROR(ENOMEM) ? err : AVERROR_INVALIDDATA;
    }
    tally_picture src, dst = {dfmt, {dmatrix, dfull}, dw, dh, {d0, d1, d2}, {ds0, ds1, ds2}};
    tally_describe(s->decoded, &src);
    src.colour.matrix = TALLY_BT601; // JFIF 1.02: the only one there is
    err = tally_scale(s, flags, &src, &dst);
    av_frame_unref(s->decoded);
    return err;
}

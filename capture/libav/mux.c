#include <string.h>
#include "libav.h"
#include "_cgo_export.h"

// A cluster or fragment reaches the file in one call, so that a killed program
// hardly ever leaves half of one.
#define BUFFER (1 << 20)

// libavformat 61 made the bytes constant.
#if LIBAVFORMAT_VERSION_MAJOR >= 61
static int write_bytes(void *opaque, const uint8_t *buf, int n) {
#else
static int write_bytes(void *opaque, uint8_t *buf, int n) {
#endif
    return tallyWrite((uintptr_t)opaque, (uint8_t *)buf, n);
}

static int64_t seek_to(void *opaque, int64_t offset, int whence) {
    if (whence & AVSEEK_SIZE) return AVERROR(ENOSYS);
    return tallySeek((uintptr_t)opaque, offset, whence & ~AVSEEK_FORCE);
}

int tally_muxer_open(tally_muxer **out, uintptr_t handle, const char *format) {
    tally_muxer *m = *out = av_mallocz(sizeof *m);
    if (!m) return AVERROR(ENOMEM);
    int err = avformat_alloc_output_context2(&m->fmt, NULL, format, NULL);
    if (err < 0) return err == AVERROR(EINVAL) ? AVERROR_MUXER_NOT_FOUND : err;
    uint8_t *buf = av_malloc(BUFFER);
    if (!buf) return AVERROR(ENOMEM);
    m->io = avio_alloc_context(buf, BUFFER, 1, (void *)handle, NULL, write_bytes, seek_to);
    if (!m->io) {
        av_free(buf);
        return AVERROR(ENOMEM);
    }
    m->fmt->pb = m->io;
    m->fmt->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_FLUSH_PACKETS;
    // A track that falls silent holds the other one back for no longer than this.
    m->fmt->max_interleave_delta = 1000000; // µs
    m->pkt = av_packet_alloc();
    return m->pkt ? 0 : AVERROR(ENOMEM);
}

static int add(tally_muxer *m, AVStream **st, enum AVMediaType type, enum AVCodecID id, int64_t bitrate, const uint8_t *record, int size) {
    *st = avformat_new_stream(m->fmt, NULL);
    if (!*st) return AVERROR(ENOMEM);
    AVCodecParameters *p = (*st)->codecpar;
    p->codec_type = type;
    p->codec_id = id;
    p->bit_rate = bitrate;
    p->extradata = av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!p->extradata) return AVERROR(ENOMEM);
    memcpy(p->extradata, record, size);
    p->extradata_size = size;
    return 0;
}

int tally_muxer_video(tally_muxer *m, enum AVCodecID codec, int w, int h, int fps, int64_t bitrate, const uint8_t *record, int size) {
    int err = add(m, &m->video, AVMEDIA_TYPE_VIDEO, codec, bitrate, record, size);
    if (err < 0) return err;
    AVCodecParameters *p = m->video->codecpar;
    // Parameter sets are in the head and nowhere else, which Apple's players insist on.
    if (codec == AV_CODEC_ID_HEVC && !strcmp(m->fmt->oformat->name, "mp4")) p->codec_tag = MKTAG('h', 'v', 'c', '1');
    p->format = AV_PIX_FMT_YUV420P;
    p->width = w;
    p->height = h;
    p->color_primaries = AVCOL_PRI_BT709;
    p->color_trc = AVCOL_TRC_BT709;
    p->color_space = AVCOL_SPC_BT709;
    p->color_range = AVCOL_RANGE_MPEG;
    p->chroma_location = AVCHROMA_LOC_LEFT;
    m->video->time_base = (AVRational){1, 90000};
    m->video->avg_frame_rate = (AVRational){fps, 1};
    return 0;
}

int tally_muxer_audio(tally_muxer *m, enum AVCodecID codec, int rate, int channels, int64_t bitrate, int frame_size, int priming,
                      const uint8_t *record, int size) {
    int err = add(m, &m->audio, AVMEDIA_TYPE_AUDIO, codec, bitrate, record, size);
    if (err < 0) return err;
    AVCodecParameters *p = m->audio->codecpar;
    p->format = AV_SAMPLE_FMT_FLTP;
    p->sample_rate = rate;
    p->frame_size = frame_size;
    if (codec == AV_CODEC_ID_OPUS) {
        p->initial_padding = priming;
        p->seek_preroll = rate * 80 / 1000; // RFC 7845, 4.6
    }
    av_channel_layout_default(&p->ch_layout, channels);
    m->audio->time_base = (AVRational){1, rate};
    return 0;
}

int tally_muxer_start(tally_muxer *m, const char *options) {
    AVDictionary *dict = NULL;
    int err = av_dict_parse_string(&dict, options, "=", "\n", 0);
    if (err >= 0) err = avformat_write_header(m->fmt, &dict);
    if (err >= 0) m->header = 1;
    if (err >= 0 && av_dict_count(dict)) err = AVERROR_OPTION_NOT_FOUND;
    av_dict_free(&dict);
    return err;
}

int tally_muxer_write(tally_muxer *m, int video, uint8_t *data, int size, int64_t pts, int64_t dts, int64_t duration, int key) {
    AVStream *st = video ? m->video : m->audio;
    if (!st || !m->header) return AVERROR(EINVAL);
    AVPacket *p = m->pkt;
    p->data = data;
    p->size = size;
    p->pts = pts;
    p->dts = dts;
    p->duration = duration;
    p->stream_index = st->index;
    p->flags = key ? AV_PKT_FLAG_KEY : 0;
    av_packet_rescale_ts(p, (AVRational){1, 1000000000}, st->time_base);
    int err = av_interleaved_write_frame(m->fmt, p); // copies the bytes: they are not counted by reference
    av_packet_unref(p);
    return err < 0 ? err : m->io->error;
}

int tally_muxer_flush(tally_muxer *m) {
    if (!m->header) return 0;
    avio_flush(m->io);
    return m->io->error;
}

int tally_muxer_chapter(tally_muxer *m, int64_t start, int64_t end, const char *title) {
    AVFormatContext *f = m->fmt;
    AVChapter **all = av_realloc_array(f->chapters, f->nb_chapters + 1, sizeof *all);
    if (!all) return AVERROR(ENOMEM);
    f->chapters = all;
    AVChapter *c = av_mallocz(sizeof *c);
    if (!c) return AVERROR(ENOMEM);
    c->id = f->nb_chapters + 1;
    c->time_base = (AVRational){1, 1000000};
    c->start = start / 1000;
    c->end = end / 1000;
    all[f->nb_chapters++] = c; // freed with the context
    return av_dict_set(&c->metadata, "title", title, 0);
}

int tally_muxer_finish(tally_muxer *m) {
    if (!m->header) return 0;
    m->header = 0;
    int err = av_write_trailer(m->fmt);
    avio_flush(m->io);
    return err < 0 ? err : m->io->error;
}

void tally_muxer_free(tally_muxer *m) {
    if (!m) return;
    if (m->fmt) {
        m->fmt->pb = NULL;
        avformat_free_context(m->fmt);
    }
    if (m->io) av_freep(&m->io->buffer);
    avio_context_free(&m->io);
    av_packet_free(&m->pkt);
    av_free(m);
}

int tally_muxer_has(const char *format, const char *option, const char *flag) {
    const AVOutputFormat *f = av_guess_format(format, NULL, NULL);
    if (!f || !f->priv_class) return 0;
    const AVClass *class = f->priv_class; // stands for an object of the class
    const AVOption *o = av_opt_find(&class, option, NULL, 0, AV_OPT_SEARCH_FAKE_OBJ);
    return o && o->unit && av_opt_find(&class, flag, o->unit, 0, AV_OPT_SEARCH_FAKE_OBJ) != NULL;
}

#include <limits.h>
#include <string.h>
#include "libav.h"

static int stopped(void *opaque) { return atomic_load(&((tally_demuxer *)opaque)->stop); }

int tally_demuxer_open(tally_demuxer **out, const char *path) {
    tally_demuxer *d = *out = av_mallocz(sizeof *d);
    if (!d) return AVERROR(ENOMEM);
    d->video = d->audio = -1;
    d->pkt = av_packet_alloc();
    d->fmt = avformat_alloc_context();
    if (!d->pkt || !d->fmt) return AVERROR(ENOMEM);
    d->fmt->interrupt_callback = (AVIOInterruptCB){stopped, d};
    // A playlist is a file too, but what it names may be anywhere.
    AVDictionary *opt = NULL;
    av_dict_set(&opt, "protocol_whitelist", "file", 0);
    int err = avformat_open_input(&d->fmt, path, NULL, &opt);
    av_dict_free(&opt);
    if (err < 0) return err;
    if ((err = avformat_find_stream_info(d->fmt, NULL)) < 0) return err;
    for (unsigned i = 0; i < d->fmt->nb_streams; i++) {
        AVStream *st = d->fmt->streams[i];
        AVCodecParameters *p = st->codecpar;
        int video = p->codec_id == AV_CODEC_ID_H264 || p->codec_id == AV_CODEC_ID_HEVC || p->codec_id == AV_CODEC_ID_AV1;
        int audio = p->codec_id == AV_CODEC_ID_AAC || p->codec_id == AV_CODEC_ID_OPUS;
        if (video && d->video < 0 && p->extradata_size > 0) d->video = (int)i;
        else if (audio && d->audio < 0 && p->extradata_size > 0) d->audio = (int)i;
        else st->discard = AVDISCARD_ALL;
    }
    return d->video < 0 && d->audio < 0 ? AVERROR_STREAM_NOT_FOUND : 0;
}

int tally_demuxer_video(tally_demuxer *d, AVCodecParameters **par, int *fps) {
    if (d->video < 0) return 0;
    AVStream *st = d->fmt->streams[d->video];
    *par = st->codecpar;
    AVRational r = av_guess_frame_rate(d->fmt, st, NULL);
    *fps = r.num > 0 && r.den > 0 ? (int)(av_q2d(r) + .5) : 30;
    return 1;
}

int tally_demuxer_audio(tally_demuxer *d, AVCodecParameters **par) {
    if (d->audio < 0) return 0;
    *par = d->fmt->streams[d->audio]->codecpar;
    return 1;
}

int tally_demuxer_next(tally_demuxer *d) {
    for (;;) {
        av_packet_unref(d->pkt);
        int err = av_read_frame(d->fmt, d->pkt);
        if (err == AVERROR(EAGAIN)) continue;
        if (err == AVERROR_EXIT) return err;
        // What follows damage cannot be trusted, nor decoded.
        if (err < 0 || d->pkt->flags & AV_PKT_FLAG_CORRUPT) return TALLY_END;
        if (d->pkt->size <= 0) continue;
        AVRational ns = {1, 1000000000};
        int i = d->pkt->stream_index;
        if (i != d->video && i != d->audio) continue;
        AVRational base = d->fmt->streams[i]->time_base;
        d->pts = d->pkt->pts == AV_NOPTS_VALUE ? INT64_MIN : av_rescale_q(d->pkt->pts, base, ns);
        d->dts = d->pkt->dts == AV_NOPTS_VALUE ? INT64_MIN : av_rescale_q(d->pkt->dts, base, ns);
        d->duration = av_rescale_q(d->pkt->duration, base, ns);
        return i == d->video ? TALLY_VIDEO : TALLY_AUDIO;
    }
}

int tally_demuxer_seek(tally_demuxer *d, int64_t ns) {
    int i = d->video >= 0 ? d->video : d->audio;
    AVRational base = d->fmt->streams[i]->time_base;
    return av_seek_frame(d->fmt, i, av_rescale_q(ns, (AVRational){1, 1000000000}, base), AVSEEK_FLAG_BACKWARD);
}

int tally_demuxer_chapter(tally_demuxer *d, int n, int64_t *start, int64_t *end, const char **title) {
    if (n < 0 || n >= (int)d->fmt->nb_chapters) return 0;
    AVChapter *c = d->fmt->chapters[n];
    AVRational ns = {1, 1000000000};
    *start = av_rescale_q(c->start, c->time_base, ns);
    *end = c->end == AV_NOPTS_VALUE ? *start : av_rescale_q(c->end, c->time_base, ns);
    AVDictionaryEntry *e = av_dict_get(c->metadata, "title", NULL, 0);
    *title = e ? e->value : "";
    return 1;
}

void tally_demuxer_interrupt(tally_demuxer *d) { atomic_store(&d->stop, 1); }

void tally_demuxer_free(tally_demuxer *d) {
    if (!d) return;
    avformat_close_input(&d->fmt);
    av_packet_free(&d->pkt);
    av_free(d);
}
